// hmacSha1() for JavaScript. See src/packet-io/hmac-sha1.ts.
#include "bindings.h"

namespace manifold {

namespace {

/** hmacSha1(digest, key, head, bytes, start, end): over `head` and then bytes[start … end). */
napi_value hmacSha1(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  uint8_t* digest;
  uint8_t* key;
  uint8_t* head;
  uint8_t* bytes;
  size_t digestSize;
  size_t keySize;
  size_t headSize;
  size_t size;
  int32_t start;
  int32_t end;
  if (!call.bytes(0, &digest, &digestSize) || !call.bytes(1, &key, &keySize) || !call.bytes(2, &head, &headSize) ||
      !call.bytes(3, &bytes, &size) || !call.integer(4, &start) || !call.integer(5, &end)) {
    return nullptr;
  }
  if (digestSize != kSha1Bytes || start < 0 || end < start || static_cast<size_t>(end) > size) {
    return throwError(env, "ERR_OUT_OF_RANGE", "hmacSha1() is asked for bytes that are not there.");
  }
  void* data = nullptr;
  if (napi_get_instance_data(env, &data) != napi_ok || data == nullptr) {
    return throwError(env, nullptr, "The addon has no instance data.");
  }
  HmacSha1& hmac = static_cast<Addon*>(data)->hmac;
  const uint8_t none = 0;
  if (!hmac.setKey(keySize > 0 ? key : &none, keySize) ||
      !hmac.authenticate({head, headSize}, {bytes + start, static_cast<size_t>(end - start)}, digest)) {
    return throwError(env, nullptr, "OpenSSL refuses HMAC-SHA1.");
  }
  return nullptr;
}

}  // namespace

napi_value makeHmacSha1(napi_env env) {
  napi_value function = nullptr;
  napi_create_function(env, "hmacSha1", NAPI_AUTO_LENGTH, hmacSha1, nullptr, &function);
  return function;
}

}  // namespace manifold
