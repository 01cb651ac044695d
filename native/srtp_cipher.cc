#include "srtp_cipher.h"

#include <openssl/crypto.h>

#include <cstring>

namespace manifold {

namespace {

// RFC 3711 section 4.3.1; SRTCP's labels are three higher (section 4.3.2).
constexpr uint8_t kLabelEncryption = 0;
constexpr uint8_t kLabelAuthentication = 1;
constexpr uint8_t kLabelSalt = 2;
constexpr uint8_t kLabelRtcpOffset = 3;

}  // namespace

/**
 * AES-CM as a key derivation function with a key derivation rate of 0. The salt of the GCM profiles is 12 bytes
 * and stands to the left of its 14-byte field (RFC 7714 section 11).
 */
bool deriveSrtpKey(SrtpProfile profile, const SrtpMasterKeys& master, uint8_t label, uint8_t* out, size_t size) {
  const SrtpProfileFacts& facts = factsOf(profile);
  uint8_t counter[16] = {};
  memcpy(counter, master.salt, facts.saltBytes);
  counter[7] ^= label;
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  if (context == nullptr) return false;
  int written = 0;
  const EVP_CIPHER* cipher = facts.keyBytes == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
  memset(out, 0, size);
  const bool ok = EVP_EncryptInit_ex(context, cipher, nullptr, master.key, counter) == 1 &&
                  EVP_EncryptUpdate(context, out, &written, out, static_cast<int>(size)) == 1;
  EVP_CIPHER_CTX_free(context);
  return ok;
}

bool deriveSrtpSessionKeys(SrtpProfile profile, const SrtpMasterKeys& master, SrtpKind kind, SrtpSessionKeys* keys) {
  const SrtpProfileFacts& facts = factsOf(profile);
  const uint8_t offset = kind == SrtpKind::Rtcp ? kLabelRtcpOffset : 0;
  return deriveSrtpKey(profile, master, kLabelEncryption + offset, keys->key, facts.keyBytes) &&
         deriveSrtpKey(profile, master, kLabelSalt + offset, keys->salt, facts.saltBytes) &&
         deriveSrtpKey(profile, master, kLabelAuthentication + offset, keys->authenticationKey,
                       sizeof keys->authenticationKey);
}

SrtpCipher::~SrtpCipher() {
  EVP_CIPHER_CTX_free(cipher_);
  OPENSSL_cleanse(salt_, sizeof salt_);
}

bool SrtpCipher::init(SrtpProfile profile, const SrtpSessionKeys& keys, SrtpKind kind, Direction direction) {
  const SrtpProfileFacts& facts = factsOf(profile);
  const bool counterMode = !isAead(profile);
  const bool longKey = facts.keyBytes == 32;
  const EVP_CIPHER* cipher = counterMode ? (longKey ? EVP_aes_256_ctr() : EVP_aes_128_ctr())
                                         : (longKey ? EVP_aes_256_gcm() : EVP_aes_128_gcm());
  tagBytes_ = kind == SrtpKind::Rtcp ? facts.rtcpTagBytes : facts.tagBytes;
  memcpy(salt_, keys.salt, facts.saltBytes);
  if (counterMode && !mac_.setKey(keys.authenticationKey, sizeof keys.authenticationKey)) return false;
  cipher_ = EVP_CIPHER_CTX_new();
  const int encrypt = counterMode || direction == Direction::Protect ? 1 : 0;
  return cipher_ != nullptr && EVP_CipherInit_ex(cipher_, cipher, nullptr, keys.key, nullptr, encrypt) == 1;
}

bool SrtpCipher::init(SrtpProfile profile, const SrtpMasterKeys& master, SrtpKind kind, Direction direction) {
  SrtpSessionKeys keys;
  const bool ok = deriveSrtpSessionKeys(profile, master, kind, &keys) && init(profile, keys, kind, direction);
  OPENSSL_cleanse(&keys, sizeof keys);
  return ok;
}

bool SrtpCipher::setNonce(uint32_t ssrc, uint64_t index) {
  // GCM (RFC 7714 section 8.1): 12 bytes of salt XOR { 0 0 ssrc index(6) }.
  // Counter mode (RFC 3711 section 4.1.1): 14 bytes of salt XOR { 0 0 0 0 ssrc index(6) }, then the block counter.
  uint8_t nonce[16] = {};
  memcpy(nonce, salt_, sizeof salt_);
  uint8_t* at = nonce + (aead() ? 2 : 4);
  for (int i = 0; i < 4; i++) at[i] ^= static_cast<uint8_t>(ssrc >> (24 - 8 * i));
  for (int i = 0; i < 6; i++) at[4 + i] ^= static_cast<uint8_t>(index >> (40 - 8 * i));
  // A length of -1 sets the whole nonce, as OpenSSH does it, without the questions that OpenSSL 3.0 asks its provider by
  // name at each initialisation: a sixth of what a packet of 1000 bytes takes to encrypt.
  if (aead()) return EVP_CIPHER_CTX_ctrl(cipher_, EVP_CTRL_AEAD_SET_IV_FIXED, -1, nonce) == 1;
  return EVP_CipherInit_ex(cipher_, nullptr, nullptr, nullptr, nonce, -1) == 1;
}

bool SrtpCipher::seal(uint32_t ssrc, uint64_t index, Bytes aad, Bytes moreAad, const uint8_t* in, size_t size,
                      uint8_t* out, uint8_t* tag) {
  int written = 0;
  uint8_t rest[16];
  if (!setNonce(ssrc, index)) return false;
  if (EVP_EncryptUpdate(cipher_, nullptr, &written, aad.data, static_cast<int>(aad.size)) != 1) return false;
  if (moreAad.size > 0 &&
      EVP_EncryptUpdate(cipher_, nullptr, &written, moreAad.data, static_cast<int>(moreAad.size)) != 1) {
    return false;
  }
  if (size > 0 && EVP_EncryptUpdate(cipher_, out, &written, in, static_cast<int>(size)) != 1) return false;
  return EVP_EncryptFinal_ex(cipher_, rest, &written) == 1 &&
         EVP_CIPHER_CTX_ctrl(cipher_, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tagBytes_), tag) == 1;
}

bool SrtpCipher::open(uint32_t ssrc, uint64_t index, Bytes aad, Bytes moreAad, const uint8_t* in, size_t size,
                      uint8_t* out, const uint8_t* tag) {
  int written = 0;
  uint8_t rest[16];
  if (!setNonce(ssrc, index)) return false;
  if (EVP_CIPHER_CTX_ctrl(cipher_, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tagBytes_),
                          const_cast<uint8_t*>(tag)) != 1 ||
      EVP_DecryptUpdate(cipher_, nullptr, &written, aad.data, static_cast<int>(aad.size)) != 1) {
    return false;
  }
  if (moreAad.size > 0 &&
      EVP_DecryptUpdate(cipher_, nullptr, &written, moreAad.data, static_cast<int>(moreAad.size)) != 1) {
    return false;
  }
  if (size > 0 && EVP_DecryptUpdate(cipher_, out, &written, in, static_cast<int>(size)) != 1) return false;
  return EVP_DecryptFinal_ex(cipher_, rest, &written) == 1;
}

bool SrtpCipher::applyKeystream(uint32_t ssrc, uint64_t index, const uint8_t* in, size_t size, uint8_t* out) {
  int written = 0;
  if (size == 0) return true;
  return setNonce(ssrc, index) && EVP_EncryptUpdate(cipher_, out, &written, in, static_cast<int>(size)) == 1;
}

bool SrtpCipher::authenticate(Bytes data, Bytes more, uint8_t* tag) {
  uint8_t digest[kSha1Bytes];
  if (!mac_.authenticate(data, more, digest)) return false;
  memcpy(tag, digest, tagBytes_);
  return true;
}

}  // namespace manifold
