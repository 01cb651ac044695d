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

bool findProfile(const std::string& name, SrtpProfile* profile) {
  for (int i = 0; i < kSrtpProfileCount; i++) {
    if (name == kSrtpProfiles[i].name) {
      *profile = static_cast<SrtpProfile>(i);
      return true;
    }
  }
  return false;
}

/** new SrtpContext(profile, masterKey, masterSalt): protects and unprotects with the same keys. */
napi_value construct(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  std::string name;
  uint8_t* key;
  uint8_t* salt;
  size_t keyBytes;
  size_t saltBytes;
  if (!call.text(0, &name) || !call.bytes(1, &key, &keyBytes) || !call.bytes(2, &salt, &saltBytes)) return nullptr;
  SrtpProfile profile;
  if (!findProfile(name, &profile)) return throwError(env, nullptr, "unknown SRTP profile " + name);
  if (keyBytes != factsOf(profile).keyBytes || saltBytes != factsOf(profile).saltBytes) {
    return throwError(env, nullptr, "wrong length of master key or salt for " + name);
  }
  SrtpMasterKeys master = {};
  memcpy(master.key, key, keyBytes);
  memcpy(master.salt, salt, saltBytes);
  SrtpContext* context = new SrtpContext();
  if (!context->inbound.init(profile, master) || !context->outbound.init(profile, master) ||
      napi_wrap(env, call.self(), context, finalize, nullptr, nullptr) != napi_ok) {
    delete context;
    return throwError(env, nullptr, "OpenSSL refuses " + name);
  }
  return call.self();
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

}  // namespace manifold
