#include "hmac_sha1.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

namespace manifold {

HmacSha1::~HmacSha1() { EVP_MAC_CTX_free(context_); }

bool HmacSha1::setKey(const uint8_t* key, size_t size) {
  if (context_ != nullptr) return EVP_MAC_init(context_, key, size, nullptr) == 1;
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  if (mac == nullptr) return false;
  context_ = EVP_MAC_CTX_new(mac);
  EVP_MAC_free(mac);
  char digest[] = "SHA1";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                               OSSL_PARAM_construct_end()};
  if (context_ != nullptr && EVP_MAC_init(context_, key, size, params) == 1) return true;
  EVP_MAC_CTX_free(context_);
  context_ = nullptr;
  return false;
}

bool HmacSha1::authenticate(Bytes data, Bytes more, uint8_t* digest) {
  size_t written = 0;
  // Initialising without a key keeps the one already scheduled.
  return EVP_MAC_init(context_, nullptr, 0, nullptr) == 1 && EVP_MAC_update(context_, data.data, data.size) == 1 &&
         EVP_MAC_update(context_, more.data, more.size) == 1 &&
         EVP_MAC_final(context_, digest, &written, kSha1Bytes) == 1;
}

}  // namespace manifold
