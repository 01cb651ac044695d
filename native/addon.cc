// The module: checks what it runs in, then exports its classes and the numbers of the shared layout.
#include <dlfcn.h>
#include <openssl/crypto.h>
#include <openssl/opensslv.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "bindings.h"
#include "counters.h"
#include "layout.h"

namespace manifold {

namespace {

/**
 * OpenSSL comes from the node executable. Symbols are bound lazily, so a Node.js without OpenSSL would end the
 * process at the first call; asking beforehand gives an error to read instead.
 */
bool checkOpenssl(napi_env env) {
  for (const char* symbol : {"OpenSSL_version_num", "SSL_CTX_set_tlsext_use_srtp", "SSL_export_keying_material",
                             "DTLS_method", "EVP_MAC_fetch", "EVP_EncryptUpdate", "SSL_free_buffers"}) {
    if (dlsym(RTLD_DEFAULT, symbol) != nullptr) continue;
    throwError(env, "ERR_NO_OPENSSL",
               std::string("This Node.js does not export OpenSSL's ") + symbol +
                   ". Manifold needs an official build of Node.js 20 or later, which contains OpenSSL 3.");
    return false;
  }
  // Within one major version OpenSSL adds and does not take away.
  const long running = static_cast<long>(OpenSSL_version_num());
  const long built = OPENSSL_VERSION_NUMBER;
  if (running >> 28 == built >> 28 && running >> 20 >= built >> 20) return true;
  throwError(env, "ERR_OPENSSL_VERSION",
             std::string("The addon was built for OpenSSL ") + OPENSSL_VERSION_STR + " but this Node.js contains " +
                 OpenSSL_version(OPENSSL_VERSION_STRING) + ". Run `npm rebuild` with this Node.js.");
  return false;
}

void set(napi_env env, napi_value object, const char* name, int value) {
  napi_set_named_property(env, object, name, makeInteger(env, value));
}

napi_value makeLayout(napi_env env) {
  napi_value layout = nullptr;
  napi_create_object(env, &layout);
  set(env, layout, "slotBytes", kSlotBytes);
  set(env, layout, "batchSize", kBatchSize);
  set(env, layout, "inboxStride", kInboxStride);
  set(env, layout, "inboxOffset", kInboxOffset);
  set(env, layout, "inboxLength", kInboxLength);
  set(env, layout, "inboxKind", kInboxKind);
  set(env, layout, "inboxTransport", kInboxTransport);
  set(env, layout, "inboxSocket", kInboxSocket);
  set(env, layout, "inboxPacketNumber", kInboxPacketNumber);
  set(env, layout, "inboxNewSource", kInboxNewSource);
  set(env, layout, "addressStride", kAddressStride);
  set(env, layout, "outboxStride", kOutboxStride);
  set(env, layout, "outboxTransport", kOutboxTransport);
  set(env, layout, "outboxKind", kOutboxKind);
  set(env, layout, "outboxPrefixOffset", kOutboxPrefixOffset);
  set(env, layout, "outboxPrefixLength", kOutboxPrefixLength);
  set(env, layout, "outboxBodyOffset", kOutboxBodyOffset);
  set(env, layout, "outboxBodyLength", kOutboxBodyLength);
  set(env, layout, "outboxCapacity", kOutboxCapacity);
  set(env, layout, "prefixArenaBytes", kPrefixArenaBytes);
  set(env, layout, "maxPrefixBytes", kMaxPrefixBytes);
  set(env, layout, "stun", static_cast<int>(PacketKind::Stun));
  set(env, layout, "dtls", static_cast<int>(PacketKind::Dtls));
  set(env, layout, "rtp", static_cast<int>(PacketKind::Rtp));
  set(env, layout, "rtcp", static_cast<int>(PacketKind::Rtcp));
  return layout;
}

napi_value makeCounterNames(napi_env env) {
  napi_value names = nullptr;
  napi_create_array(env, &names);
  uint32_t i = 0;
  for (const char* name : {
#define MANIFOLD_COUNTER_NAME(name) #name,
           MANIFOLD_COUNTERS(MANIFOLD_COUNTER_NAME)
#undef MANIFOLD_COUNTER_NAME
       }) {
    napi_set_element(env, names, i++, makeText(env, std::string(name)));
  }
  return names;
}

/**
 * Each join uses and frees large buffers (DTLS handshakes, descriptions). By default glibc then raises its threshold
 * for giving memory back, and keeps megabytes of it; naming the threshold it begins with makes it stay there.
 */
void keepFreeMemorySmall() {
#ifdef __GLIBC__
  mallopt(M_TRIM_THRESHOLD, 128 * 1024);
#endif
}

void deleteAddon(napi_env, void* addon, void*) { delete static_cast<Addon*>(addon); }

napi_value init(napi_env env, napi_value exports) {
  if (!checkOpenssl(env)) return nullptr;
  keepFreeMemorySmall();
  Addon* addon = new Addon();
  if (napi_set_instance_data(env, addon, deleteAddon, nullptr) != napi_ok) {
    delete addon;
    return throwError(env, nullptr, "Node-API refuses instance data.");
  }
  const napi_value dtlsSession = defineDtlsSession(env);
  napi_create_reference(env, dtlsSession, 1, &addon->dtlsSession);
  napi_set_named_property(env, exports, "PacketIo", definePacketIo(env));
  napi_set_named_property(env, exports, "SrtpContext", defineSrtpContext(env));
  napi_set_named_property(env, exports, "deriveSrtpKey", makeDeriveSrtpKey(env));
  napi_set_named_property(env, exports, "hmacSha1", makeHmacSha1(env));
  napi_set_named_property(env, exports, "layout", makeLayout(env));
  napi_set_named_property(env, exports, "counterNames", makeCounterNames(env));
  return exports;
}

}  // namespace

}  // namespace manifold

NAPI_MODULE_INIT() { return manifold::init(env, exports); }
