// The protection profiles spoken, in order of preference (RFC 7714, RFC 3711, RFC 5764).
#pragma once

#include <cstddef>
#include <cstdint>

namespace manifold {

enum class SrtpProfile { AeadAes128Gcm, AeadAes256Gcm, AesCm128HmacSha1_80 };

struct SrtpProfileFacts {
  const char* name;         // as in src/packet-io/packet-io.ts
  const char* opensslName;  // as in SSL_CTX_set_tlsext_use_srtp
  uint16_t dtlsId;          // RFC 5764 section 4.1.2, RFC 7714 section 14.2
  size_t keyBytes;
  size_t saltBytes;
  size_t tagBytes;
};

constexpr SrtpProfileFacts kSrtpProfiles[] = {
    {"AEAD_AES_128_GCM", "SRTP_AEAD_AES_128_GCM", 0x0007, 16, 12, 16},
    {"AEAD_AES_256_GCM", "SRTP_AEAD_AES_256_GCM", 0x0008, 32, 12, 16},
    {"AES_CM_128_HMAC_SHA1_80", "SRTP_AES128_CM_SHA1_80", 0x0001, 16, 14, 10},
};
constexpr int kSrtpProfileCount = 3;

constexpr size_t kMaxSrtpKeyBytes = 32;
constexpr size_t kMaxSrtpSaltBytes = 14;

/** Most bytes that protection adds: SRTCP has its tag and the index word. */
constexpr size_t kMaxSrtpTrailerBytes = 20;

inline const SrtpProfileFacts& factsOf(SrtpProfile profile) { return kSrtpProfiles[static_cast<int>(profile)]; }

}  // namespace manifold
