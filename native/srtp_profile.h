// The protection profiles spoken: those of DTLS in order of preference (RFC 7714, RFC 3711, RFC 5764), then those
// that only come with keys given in a description (RFC 4568, RFC 6188).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace manifold {

enum class SrtpProfile {
  AeadAes128Gcm,
  AeadAes256Gcm,
  AesCm128HmacSha1_80,
  AesCm128HmacSha1_32,
  Aes256CmHmacSha1_80,
  Aes256CmHmacSha1_32
};

struct SrtpProfileFacts {
  const char* name;         // as in src/packet-io/packet-io.ts
  const char* opensslName;  // as in SSL_CTX_set_tlsext_use_srtp; null where DTLS is not to agree on it
  uint16_t dtlsId;          // RFC 5764 section 4.1.2, RFC 7714 section 14.2
  size_t keyBytes;
  size_t saltBytes;
  size_t tagBytes;
  size_t rtcpTagBytes;  // a short tag is for RTP alone (RFC 3711 section 5.2)
};

constexpr SrtpProfileFacts kSrtpProfiles[] = {
    {"AEAD_AES_128_GCM", "SRTP_AEAD_AES_128_GCM", 0x0007, 16, 12, 16, 16},
    {"AEAD_AES_256_GCM", "SRTP_AEAD_AES_256_GCM", 0x0008, 32, 12, 16, 16},
    {"AES_CM_128_HMAC_SHA1_80", "SRTP_AES128_CM_SHA1_80", 0x0001, 16, 14, 10, 10},
    {"AES_CM_128_HMAC_SHA1_32", nullptr, 0, 16, 14, 4, 10},
    {"AES_256_CM_HMAC_SHA1_80", nullptr, 0, 32, 14, 10, 10},
    {"AES_256_CM_HMAC_SHA1_32", nullptr, 0, 32, 14, 4, 10},
};
constexpr int kSrtpProfileCount = 6;

constexpr size_t kMaxSrtpKeyBytes = 32;
constexpr size_t kMaxSrtpSaltBytes = 14;

/** Most bytes that protection adds: SRTCP has its tag and the index word. */
constexpr size_t kMaxSrtpTrailerBytes = 20;

inline const SrtpProfileFacts& factsOf(SrtpProfile profile) { return kSrtpProfiles[static_cast<int>(profile)]; }

inline bool isAead(SrtpProfile profile) {
  return profile == SrtpProfile::AeadAes128Gcm || profile == SrtpProfile::AeadAes256Gcm;
}

inline bool findSrtpProfile(const std::string& name, SrtpProfile* profile) {
  for (int i = 0; i < kSrtpProfileCount; i++) {
    if (name != kSrtpProfiles[i].name) continue;
    *profile = static_cast<SrtpProfile>(i);
    return true;
  }
  return false;
}

}  // namespace manifold
