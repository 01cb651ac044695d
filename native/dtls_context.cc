#include "dtls_context.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include <cstring>

#include "srtp_profile.h"

namespace manifold {

namespace {

// Forward secrecy and AEAD only (RFC 8827 section 6.5), the cheapest for the common hardware first.
constexpr char kCiphers[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr char kGroups[] = "X25519:P-256";
// Longest certificate chain taken from a peer: WebRTC certificates are self-signed and below 2 kB.
constexpr long kMaxCertificateListBytes = 32 << 10;
// Peers compare the fingerprint and not the dates, which are therefore wide.
constexpr long kSecondsPerDay = 86400;
constexpr long kValidDays = 3650;

int acceptAnyCertificate(X509_STORE_CTX*, void*) { return 1; }

bool fillCertificate(X509* certificate, EVP_PKEY* key) {
  uint8_t serial[8];
  if (RAND_bytes(serial, sizeof serial) != 1) return false;
  serial[0] &= 0x7f;
  uint64_t number = 0;
  for (uint8_t byte : serial) number = number << 8 | byte;
  X509_NAME* name = X509_get_subject_name(certificate);
  const uint8_t commonName[] = "manifold";
  return X509_set_version(certificate, 2) == 1 &&
         ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), number) == 1 &&
         X509_gmtime_adj(X509_getm_notBefore(certificate), -kSecondsPerDay) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), kValidDays * kSecondsPerDay) != nullptr &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, commonName, -1, -1, 0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1 &&
         X509_sign(certificate, key, EVP_sha256()) > 0;
}

bool configure(SSL_CTX* context, X509* certificate, EVP_PKEY* key) {
  std::string profiles;
  for (const SrtpProfileFacts& facts : kSrtpProfiles) {
    if (facts.opensslName == nullptr) continue;
    if (!profiles.empty()) profiles += ':';
    profiles += facts.opensslName;
  }
  SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                   SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context, acceptAnyCertificate, nullptr);
  SSL_CTX_set_max_cert_list(context, kMaxCertificateListBytes);
  SSL_CTX_set_read_ahead(context, 1);
  return SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, kCiphers) == 1 && SSL_CTX_set1_groups_list(context, kGroups) == 1 &&
         SSL_CTX_use_certificate(context, certificate) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1 &&
         SSL_CTX_set_tlsext_use_srtp(context, profiles.c_str()) == 0;  // 0 is success in this one
}

}  // namespace

std::shared_ptr<DtlsContext> DtlsContext::create(std::string* error) {
  ERR_clear_error();
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  SSL_CTX* context = SSL_CTX_new(DTLS_method());
  const bool ok = key != nullptr && certificate != nullptr && context != nullptr &&
                  fillCertificate(certificate, key) && configure(context, certificate, key);
  EVP_PKEY_free(key);
  if (!ok) {
    *error = "OpenSSL cannot set up DTLS: " + takeOpensslError();
    X509_free(certificate);
    SSL_CTX_free(context);
    return nullptr;
  }
  ERR_clear_error();
  return std::shared_ptr<DtlsContext>(new DtlsContext(context, certificate));
}

DtlsContext::~DtlsContext() {
  X509_free(certificate_);
  SSL_CTX_free(context_);
}

std::string DtlsContext::fingerprint(const char* hash) const { return certificateFingerprint(certificate_, hash); }

std::string certificateFingerprint(X509* certificate, const char* hash) {
  const EVP_MD* digest = strcmp(hash, "sha-256") == 0   ? EVP_sha256()
                         : strcmp(hash, "sha-384") == 0 ? EVP_sha384()
                         : strcmp(hash, "sha-512") == 0 ? EVP_sha512()
                                                        : nullptr;
  uint8_t bytes[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (digest == nullptr || X509_digest(certificate, digest, bytes, &size) != 1) return "";
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string text;
  for (unsigned int i = 0; i < size; i++) {
    if (i > 0) text += ':';
    text += kHex[bytes[i] >> 4];
    text += kHex[bytes[i] & 15];
  }
  return text;
}

std::string takeOpensslError() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0) return "no reason given";
  const char* reason = ERR_reason_error_string(code);
  if (reason != nullptr) return reason;
  char text[256];
  ERR_error_string_n(code, text, sizeof text);
  return text;
}

}  // namespace manifold
