// DtlsSession for JavaScript. See DtlsSession in src/packet-io/packet-io.ts for what each member means.
#include "bindings.h"
#include "dtls_session.h"

namespace manifold {

namespace {

/** What the JavaScript object wraps; the session is gone after free(). */
struct Holder {
  std::unique_ptr<DtlsSession> session;
};

void finalize(napi_env, void* holder, void*) { delete static_cast<Holder*>(holder); }

/** Called with an external holding the native session; JavaScript has none, so it cannot construct by itself. */
napi_value construct(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  void* session = nullptr;
  if (napi_get_value_external(env, call.at(0), &session) != napi_ok) {
    return throwError(env, nullptr, "A DtlsSession is made by PacketIo.createDtls().");
  }
  Holder* holder = new Holder{std::unique_ptr<DtlsSession>(static_cast<DtlsSession*>(session))};
  if (napi_wrap(env, call.self(), holder, finalize, nullptr, nullptr) != napi_ok) {
    delete holder;
    return throwError(env, nullptr, "The DTLS session cannot be wrapped.");
  }
  napi_type_tag_object(env, call.self(), &kDtlsSessionTag);
  return call.self();
}

DtlsSession* sessionOf(const Call& call) {
  Holder* holder = call.unwrap<Holder>();
  if (holder != nullptr && holder->session) return holder->session.get();
  throwError(call.env(), nullptr, "The DTLS session is freed.");
  return nullptr;
}

napi_value start(napi_env env, napi_callback_info info) {
  DtlsSession* session = sessionOf(Call(env, info));
  if (session != nullptr) session->start();
  return nullptr;
}

napi_value receive(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  DtlsSession* session = sessionOf(call);
  uint8_t* data;
  size_t size;
  if (session != nullptr && call.bytes(0, &data, &size)) session->receive(data, size);
  return nullptr;
}

napi_value makeBuffer(napi_env env, const std::vector<uint8_t>& bytes) {
  napi_value result = nullptr;
  void* copy = nullptr;
  napi_create_buffer_copy(env, bytes.size(), bytes.data(), &copy, &result);
  return result;
}

napi_value takeDatagram(napi_env env, napi_callback_info info) {
  DtlsSession* session = sessionOf(Call(env, info));
  if (session == nullptr) return nullptr;
  std::vector<uint8_t> datagram;
  return session->takeDatagram(&datagram) ? makeBuffer(env, datagram) : makeNull(env);
}

napi_value sendApplicationData(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  DtlsSession* session = sessionOf(call);
  uint8_t* data;
  size_t size;
  if (session == nullptr || !call.bytes(0, &data, &size)) return nullptr;
  return makeBoolean(env, session->sendApplicationData(data, size));
}

napi_value takeApplicationData(napi_env env, napi_callback_info info) {
  DtlsSession* session = sessionOf(Call(env, info));
  if (session == nullptr) return nullptr;
  std::vector<uint8_t> data;
  return session->takeApplicationData(&data) ? makeBuffer(env, data) : makeNull(env);
}

napi_value nextTimeoutMs(napi_env env, napi_callback_info info) {
  DtlsSession* session = sessionOf(Call(env, info));
  return session == nullptr ? nullptr : makeInteger(env, session->nextTimeoutMs());
}

napi_value handleTimeout(napi_env env, napi_callback_info info) {
  DtlsSession* session = sessionOf(Call(env, info));
  if (session != nullptr) session->handleTimeout();
  return nullptr;
}

napi_value state(napi_env env, napi_callback_info info) {
  DtlsSession* session = sessionOf(Call(env, info));
  if (session == nullptr) return nullptr;
  switch (session->state()) {
    case DtlsSession::State::Connecting:
      return makeText(env, std::string("connecting"));
    case DtlsSession::State::Connected:
      return makeText(env, std::string("connected"));
    case DtlsSession::State::Closed:
      return makeText(env, std::string("closed"));
    default:
      return makeText(env, std::string("failed"));
  }
}

napi_value failure(napi_env env, napi_callback_info info) {
  DtlsSession* session = sessionOf(Call(env, info));
  return session == nullptr ? nullptr : makeText(env, session->failure());
}

napi_value srtpProfile(napi_env env, napi_callback_info info) {
  DtlsSession* session = sessionOf(Call(env, info));
  if (session == nullptr) return nullptr;
  SrtpProfile profile;
  return session->srtpProfile(&profile) ? makeText(env, factsOf(profile).name) : makeNull(env);
}

napi_value peerFingerprint(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  DtlsSession* session = sessionOf(call);
  std::string hash;
  if (session == nullptr || !call.text(0, &hash)) return nullptr;
  const std::string fingerprint = session->peerFingerprint(hash.c_str());
  return fingerprint.empty() ? makeNull(env) : makeText(env, fingerprint);
}

napi_value close(napi_env env, napi_callback_info info) {
  DtlsSession* session = sessionOf(Call(env, info));
  if (session != nullptr) session->close();
  return nullptr;
}

napi_value freeSession(napi_env env, napi_callback_info info) {
  Holder* holder = Call(env, info).unwrap<Holder>();
  if (holder != nullptr) holder->session.reset();
  return nullptr;
}

}  // namespace

napi_value defineDtlsSession(napi_env env) {
  return defineClass(env, "DtlsSession", construct,
                     {{"start", start},
                      {"receive", receive},
                      {"takeDatagram", takeDatagram},
                      {"sendApplicationData", sendApplicationData},
                      {"takeApplicationData", takeApplicationData},
                      {"nextTimeoutMs", nextTimeoutMs},
                      {"handleTimeout", handleTimeout},
                      {"state", state, true},
                      {"failure", failure, true},
                      {"srtpProfile", srtpProfile, true},
                      {"peerFingerprint", peerFingerprint},
                      {"close", close},
                      {"free", freeSession}});
}

napi_value wrapDtlsSession(napi_env env, DtlsSession* session) {
  std::unique_ptr<DtlsSession> owned(session);
  Addon* addon = nullptr;
  napi_value constructor = nullptr;
  napi_value external = nullptr;
  napi_value result = nullptr;
  if (napi_get_instance_data(env, reinterpret_cast<void**>(&addon)) != napi_ok || addon == nullptr ||
      napi_get_reference_value(env, addon->dtlsSession, &constructor) != napi_ok ||
      napi_create_external(env, session, nullptr, nullptr, &external) != napi_ok ||
      napi_new_instance(env, constructor, 1, &external, &result) != napi_ok) {
    return nullptr;
  }
  owned.release();
  return result;
}

DtlsSession* unwrapDtlsSession(napi_env env, napi_value value) {
  bool tagged = false;
  void* holder = nullptr;
  if (napi_check_object_type_tag(env, value, &kDtlsSessionTag, &tagged) != napi_ok || !tagged ||
      napi_unwrap(env, value, &holder) != napi_ok) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "not a DtlsSession");
    return nullptr;
  }
  DtlsSession* session = static_cast<Holder*>(holder)->session.get();
  if (session == nullptr) throwError(env, nullptr, "The DTLS session is freed.");
  return session;
}

}  // namespace manifold
