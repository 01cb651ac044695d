// Our certificate and the OpenSSL settings, shared by all DTLS sessions of a PacketIo.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace manifold {

class DtlsContext {
 public:
  /** Makes a self-signed ECDSA P-256 certificate. Null, and the reason in `*error`, where OpenSSL refuses. */
  static std::shared_ptr<DtlsContext> create(std::string* error);

  ~DtlsContext();
  DtlsContext(const DtlsContext&) = delete;
  DtlsContext& operator=(const DtlsContext&) = delete;

  SSL_CTX* get() const { return context_; }

  /** Upper-case hex with colons of our certificate's digest; empty for a hash not known. */
  std::string fingerprint(const char* hash) const;

 private:
  DtlsContext(SSL_CTX* context, X509* certificate) : context_(context), certificate_(certificate) {}

  SSL_CTX* context_;
  X509* certificate_;
};

/** "sha-256", "sha-384" or "sha-512" (RFC 8122 section 5) of a certificate; empty for another hash. */
std::string certificateFingerprint(X509* certificate, const char* hash);

/** Takes and clears what OpenSSL queued as the reason of a failure. */
std::string takeOpensslError();

}  // namespace manifold
