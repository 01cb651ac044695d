// SrtpContext: one direction of SRTP with given master keys. The server has no use for it; tests check published
// vectors and random packets with it.
#include "bindings.h"
#include "srtp.h"

namespace manifold {

namespace {

struct SrtpContext {
  SrtpInbound inbound;
  SrtpOutbound outbound;
};

void finalize(napi_env, void* context, void*) { delete static_cast<SrtpContext*>(context); }

/** Reads (profile, key, salt) as both functions take them; false with an exception pending. */
bool readKeys(const Call& call, SrtpProfile* profile, SrtpMasterKeys* keys) {
  std::string name;
  uint8_t* key;
  uint8_t* salt;
  size_t keyBytes;
  size_t saltBytes;
  if (!call.text(0, &name) || !call.bytes(1, &key, &keyBytes) || !call.bytes(2, &salt, &saltBytes)) return false;
  if (!findSrtpProfile(name, profile)) {
    throwError(call.env(), nullptr, "unknown SRTP profile " + name);
    return false;
  }
  if (keyBytes != factsOf(*profile).keyBytes || saltBytes != factsOf(*profile).saltBytes) {
    throwError(call.env(), nullptr, "wrong length of key or salt for " + name);
    return false;
  }
  *keys = {};
  memcpy(keys->key, key, keyBytes);
  memcpy(keys->salt, salt, saltBytes);
  return true;
}

/**
 * new SrtpContext(profile, key, salt, derive): protects and unprotects with the same keys, which are master keys,
 * or where `derive` is false session keys (an HMAC key is then all zeros).
 */
napi_value construct(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  SrtpProfile profile;
  SrtpMasterKeys keys;
  bool derive;
  if (!readKeys(call, &profile, &keys) || !call.boolean(3, &derive)) return nullptr;
  std::unique_ptr<SrtpContext> context = std::make_unique<SrtpContext>();
  bool ok;
  if (derive) {
    ok = context->inbound.init(profile, keys) && context->outbound.init(profile, keys);
  } else {
    SrtpSessionKeys session = {};
    memcpy(session.key, keys.key, sizeof session.key);
    memcpy(session.salt, keys.salt, sizeof session.salt);
    ok = context->inbound.init(profile, session) && context->outbound.init(profile, session);
  }
  if (!ok || napi_wrap(env, call.self(), context.get(), finalize, nullptr, nullptr) != napi_ok) {
    return throwError(env, nullptr, "OpenSSL refuses the SRTP keys.");
  }
  context.release();
  return call.self();
}

/** deriveSrtpKey(profile, masterKey, masterSalt, label, bytes) → Buffer */
napi_value deriveKey(napi_env env, napi_callback_info info) {
  constexpr int32_t kMostBytes = 1024;
  const Call call(env, info);
  SrtpProfile profile;
  SrtpMasterKeys keys;
  int32_t label;
  int32_t size;
  if (!readKeys(call, &profile, &keys) || !call.integer(3, &label) || !call.integer(4, &size)) return nullptr;
  uint8_t derived[kMostBytes];
  if (size < 0 || size > kMostBytes ||
      !deriveSrtpKey(profile, keys, static_cast<uint8_t>(label), derived, static_cast<size_t>(size))) {
    return throwError(env, nullptr, "OpenSSL refuses to derive the key.");
  }
  napi_value buffer = nullptr;
  void* copy = nullptr;
  napi_create_buffer_copy(env, static_cast<size_t>(size), derived, &copy, &buffer);
  return buffer;
}

const char* nameOf(SrtpResult result) {
  switch (result) {
    case SrtpResult::Ok:
      return "ok";
    case SrtpResult::Malformed:
      return "malformed";
    case SrtpResult::Authentication:
      return "authentication";
    case SrtpResult::Replay:
      return "replay";
    case SrtpResult::SsrcLimit:
      return "ssrc-limit";
    default:
      return "failed";
  }
}

/** The outcome of one transform: a Buffer, or the reason as a string. */
napi_value finish(napi_env env, SrtpResult result, const uint8_t* data, size_t size) {
  if (result != SrtpResult::Ok) return makeText(env, std::string(nameOf(result)));
  napi_value buffer = nullptr;
  void* copy = nullptr;
  napi_create_buffer_copy(env, size, data, &copy, &buffer);
  return buffer;
}

template <bool rtp>
napi_value protect(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  uint8_t* data;
  size_t size;
  if (!call.bytes(0, &data, &size)) return nullptr;
  // Exactly as large as promised, so that a sanitizer sees a byte too many.
  std::unique_ptr<uint8_t[]> packet(new uint8_t[size + kMaxSrtpTrailerBytes]);
  if (size > 0) memcpy(packet.get(), data, size);
  SrtpOutbound& outbound = call.unwrap<SrtpContext>()->outbound;
  size_t written = 0;
  const SrtpResult result = rtp ? outbound.protectRtp(packet.get(), size, &written)
                                : outbound.protectRtcp(packet.get(), size, &written);
  return finish(env, result, packet.get(), written);
}

template <bool rtp>
napi_value unprotect(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  uint8_t* data;
  size_t size;
  if (!call.bytes(0, &data, &size)) return nullptr;
  std::unique_ptr<uint8_t[]> in(new uint8_t[size]);
  std::unique_ptr<uint8_t[]> out(new uint8_t[size]);
  if (size > 0) memcpy(in.get(), data, size);
  SrtpInbound& inbound = call.unwrap<SrtpContext>()->inbound;
  size_t written = 0;
  const SrtpResult result = rtp ? inbound.unprotectRtp(in.get(), size, out.get(), &written)
                                : inbound.unprotectRtcp(in.get(), size, out.get(), &written);
  return finish(env, result, out.get(), written);
}

/** setRolloverCounter(ssrc, rolloverCounter, sequenceNumber): the next packet is near this one. */
napi_value setRolloverCounter(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  double ssrc;
  double rolloverCounter;
  int32_t sequenceNumber;
  if (!call.number(0, &ssrc) || !call.number(1, &rolloverCounter) || !call.integer(2, &sequenceNumber)) return nullptr;
  SrtpContext* context = call.unwrap<SrtpContext>();
  context->inbound.setRolloverCounter(static_cast<uint32_t>(ssrc), static_cast<uint32_t>(rolloverCounter),
                                      static_cast<uint16_t>(sequenceNumber));
  context->outbound.setRolloverCounter(static_cast<uint32_t>(ssrc), static_cast<uint32_t>(rolloverCounter),
                                       static_cast<uint16_t>(sequenceNumber));
  return nullptr;
}

napi_value setRtcpIndex(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  double index;
  if (call.number(0, &index)) call.unwrap<SrtpContext>()->outbound.setRtcpIndex(static_cast<uint32_t>(index));
  return nullptr;
}

}  // namespace

napi_value defineSrtpContext(napi_env env) {
  return defineClass(env, "SrtpContext", construct,
                     {{"protectRtp", protect<true>},
                      {"protectRtcp", protect<false>},
                      {"unprotectRtp", unprotect<true>},
                      {"unprotectRtcp", unprotect<false>},
                      {"setRolloverCounter", setRolloverCounter},
                      {"setRtcpIndex", setRtcpIndex}});
}

napi_value makeDeriveSrtpKey(napi_env env) {
  napi_value function = nullptr;
  napi_create_function(env, "deriveSrtpKey", NAPI_AUTO_LENGTH, deriveKey, nullptr, &function);
  return function;
}

}  // namespace manifold
