// The session keys of one direction and one kind (RTP or RTCP) of an SRTP session, and the two transforms over
// them. Contexts are keyed once; a packet only sets its nonce.
#pragma once

#include <openssl/evp.h>

#include "hmac_sha1.h"
#include "srtp_profile.h"

namespace manifold {

struct SrtpMasterKeys {
  uint8_t key[kMaxSrtpKeyBytes];
  uint8_t salt[kMaxSrtpSaltBytes];
};

constexpr size_t kAuthenticationKeyBytes = 20;

struct SrtpSessionKeys {
  uint8_t key[kMaxSrtpKeyBytes];
  uint8_t salt[kMaxSrtpSaltBytes];
  uint8_t authenticationKey[kAuthenticationKeyBytes];  // unused with GCM
};

enum class SrtpKind { Rtp, Rtcp };

/** Derives `size` bytes for a label (RFC 3711 section 4.3, RFC 7714 section 11). False where OpenSSL refuses. */
bool deriveSrtpKey(SrtpProfile profile, const SrtpMasterKeys& master, uint8_t label, uint8_t* out, size_t size);

/** Derives all session keys of one kind. */
bool deriveSrtpSessionKeys(SrtpProfile profile, const SrtpMasterKeys& master, SrtpKind kind, SrtpSessionKeys* keys);

class SrtpCipher {
 public:
  enum class Direction { Protect, Unprotect };

  using Bytes = HmacSha1::Bytes;

  SrtpCipher() = default;
  ~SrtpCipher();
  SrtpCipher(const SrtpCipher&) = delete;
  SrtpCipher& operator=(const SrtpCipher&) = delete;

  /** Schedules the keys. False where OpenSSL refuses. */
  bool init(SrtpProfile profile, const SrtpSessionKeys& keys, SrtpKind kind, Direction direction);
  /** The same with keys derived from these. */
  bool init(SrtpProfile profile, const SrtpMasterKeys& master, SrtpKind kind, Direction direction);

  bool aead() const { return !mac_.hasKey(); }
  size_t tagBytes() const { return tagBytes_; }

  /**
   * GCM: encrypts `size` bytes from `in` to `out` (may be the same) and writes the tag. `index` is the 48-bit
   * packet index of SRTP or the 31-bit one of SRTCP: the nonces of both have the same form.
   */
  bool seal(uint32_t ssrc, uint64_t index, Bytes aad, Bytes moreAad, const uint8_t* in, size_t size, uint8_t* out,
            uint8_t* tag);

  /** GCM: decrypts and checks the tag. `out` holds rubbish after a failure. */
  bool open(uint32_t ssrc, uint64_t index, Bytes aad, Bytes moreAad, const uint8_t* in, size_t size, uint8_t* out,
            const uint8_t* tag);

  /** Counter mode: encrypts or decrypts, which is the same. */
  bool applyKeystream(uint32_t ssrc, uint64_t index, const uint8_t* in, size_t size, uint8_t* out);

  /** HMAC-SHA1 over two pieces, shortened to the tag. */
  bool authenticate(Bytes data, Bytes more, uint8_t* tag);

 private:
  bool setNonce(uint32_t ssrc, uint64_t index);

  EVP_CIPHER_CTX* cipher_ = nullptr;
  HmacSha1 mac_;
  size_t tagBytes_ = 0;
  uint8_t salt_[kMaxSrtpSaltBytes] = {};
};

}  // namespace manifold
