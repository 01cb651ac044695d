// HMAC-SHA1 (RFC 2104). The context is kept from message to message: to look the algorithm up again, as one-shot
// functions do, takes longer than a packet does.
#pragma once

#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>

namespace manifold {

constexpr size_t kSha1Bytes = 20;

class HmacSha1 {
 public:
  struct Bytes {
    const uint8_t* data;
    size_t size;
  };

  HmacSha1() = default;
  ~HmacSha1();
  HmacSha1(const HmacSha1&) = delete;
  HmacSha1& operator=(const HmacSha1&) = delete;

  /** The key of what is authenticated from now on. False where OpenSSL refuses. */
  bool setKey(const uint8_t* key, size_t size);
  bool hasKey() const { return context_ != nullptr; }

  /** Over two pieces, into `kSha1Bytes` of `digest`. False where OpenSSL refuses. */
  bool authenticate(Bytes data, Bytes more, uint8_t* digest);

 private:
  EVP_MAC_CTX* context_ = nullptr;
};

}  // namespace manifold
