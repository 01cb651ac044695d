#include "dtls_session.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/objects.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "dtls_records.h"
#include "layout.h"

namespace manifold {

namespace {

// Fits every path that WebRTC uses with room for TURN and tunnels.
constexpr long kMtuBytes = 1200;
// A record of it, with header, nonce and tag, is within the MTU.
constexpr size_t kMaxApplicationDataBytes = kMtuBytes - kDtlsRecordHeaderBytes - kGcmRecordOverheadBytes;
// More records than one datagram holds, so only a caller that does not take them loses any.
constexpr size_t kMaxReceivedRecords = 64;
// RFC 6347 says 1 s, but media waits: RFC 9147 section 5.8.2 allows less for latency-sensitive use.
constexpr unsigned int kFirstTimeoutMicros = 250000;
constexpr unsigned int kLongestTimeoutMicros = 4000000;

unsigned int nextTimeoutMicros(SSL*, unsigned int last) {
  return last == 0 ? kFirstTimeoutMicros : std::min(last * 2, kLongestTimeoutMicros);
}

}  // namespace

std::unique_ptr<DtlsSession> DtlsSession::create(std::shared_ptr<DtlsContext> context, Role role) {
  ERR_clear_error();
  std::unique_ptr<DtlsSession> session(new (std::nothrow) DtlsSession(std::move(context), role));
  if (!session) return nullptr;
  SSL* ssl = SSL_new(session->context_->get());
  BIO* bio = createDatagramBio(&session->queue_);
  if (ssl == nullptr || bio == nullptr) {
    SSL_free(ssl);
    BIO_free(bio);
    return nullptr;
  }
  session->ssl_ = ssl;
  SSL_set_bio(ssl, bio, bio);
  SSL_set_mtu(ssl, kMtuBytes);
  SSL_set_max_send_fragment(ssl, kMtuBytes);  // also bounds the write buffer, else 16 KiB
  DTLS_set_timer_cb(ssl, nextTimeoutMicros);
  if (role == Role::Client) {
    SSL_set_connect_state(ssl);
  } else {
    SSL_set_accept_state(ssl);
  }
  return session;
}

DtlsSession::~DtlsSession() {
  SSL_free(ssl_);
  ERR_clear_error();
}

void DtlsSession::start() {
  if (role_ == Role::Client && state_ == State::Connecting) advance();
}

void DtlsSession::receive(const uint8_t* data, size_t size) {
  if (size > kSlotBytes || state_ == State::Failed || state_ == State::Closed) return;
  if (!hasPlausibleRecords(data, size, recordOverheadBytes())) return;
  queue_.incoming = data;
  queue_.incomingBytes = size;
  advance();
  queue_.incoming = nullptr;
}

size_t DtlsSession::recordOverheadBytes() const {
  // Until the handshake is done the only encrypted message is Finished, which is longer than either.
  const SSL_CIPHER* cipher = state_ == State::Connected ? SSL_get_current_cipher(ssl_) : nullptr;
  const bool chacha = cipher != nullptr && SSL_CIPHER_get_cipher_nid(cipher) == NID_chacha20_poly1305;
  return chacha ? kChachaRecordOverheadBytes : kGcmRecordOverheadBytes;
}

void DtlsSession::advance() {
  ERR_clear_error();
  if (!acquireBuffers()) return;
  if (state_ == State::Connecting) {
    const int result = SSL_do_handshake(ssl_);
    if (result == 1) {
      state_ = State::Connected;
    } else {
      fail(result);
    }
  }
  if (state_ == State::Connected) readApplicationData();
  releaseBuffers();
  ERR_clear_error();
}

/** Keeps the records for takeApplicationData(); alerts and repeated flights are dealt with inside. */
void DtlsSession::readApplicationData() {
  uint8_t record[kSlotBytes];
  int result;
  while ((result = SSL_read(ssl_, record, sizeof record)) > 0) {
    // Beyond the limit it is lost, as on a network.
    if (received_.size() - receivedTaken_ < kMaxReceivedRecords) received_.emplace_back(record, record + result);
  }
  if (SSL_get_error(ssl_, result) == SSL_ERROR_ZERO_RETURN) {
    state_ = State::Closed;
    return;
  }
  fail(result);
}

void DtlsSession::releaseBuffers() {
  if (state_ == State::Connected && SSL_free_buffers(ssl_) == 1) buffersReleased_ = true;
}

bool DtlsSession::acquireBuffers() {
  // OpenSSL makes the read buffer by itself again, but writes without looking for its buffer.
  if (buffersReleased_ && SSL_alloc_buffers(ssl_) != 1) return false;
  buffersReleased_ = false;
  return true;
}

void DtlsSession::fail(int result) {
  const int error = SSL_get_error(ssl_, result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return;
  state_ = State::Failed;
  failure_ = takeOpensslError();
}

bool DtlsSession::takeDatagram(std::vector<uint8_t>* datagram) {
  if (taken_ == queue_.outgoing.size()) {
    queue_.outgoing = {};
    taken_ = 0;
    return false;
  }
  *datagram = std::move(queue_.outgoing[taken_++]);
  return true;
}

int DtlsSession::nextTimeoutMs() const {
  timeval left;
  if (state_ != State::Connecting && state_ != State::Connected) return -1;
  if (DTLSv1_get_timeout(ssl_, &left) != 1) return -1;
  return static_cast<int>(left.tv_sec * 1000 + (left.tv_usec + 999) / 1000);
}

void DtlsSession::handleTimeout() {
  if (state_ != State::Connecting && state_ != State::Connected) return;
  ERR_clear_error();
  if (!acquireBuffers()) return;
  if (DTLSv1_handle_timeout(ssl_) < 0) {
    state_ = State::Failed;
    failure_ = takeOpensslError();
  }
  releaseBuffers();
  ERR_clear_error();
}

bool DtlsSession::sendApplicationData(const uint8_t* data, size_t size) {
  if (state_ != State::Connected || size == 0 || size > kMaxApplicationDataBytes) return false;
  ERR_clear_error();
  if (!acquireBuffers()) return false;
  const int result = SSL_write(ssl_, data, static_cast<int>(size));
  if (result <= 0) fail(result);
  releaseBuffers();
  ERR_clear_error();
  return result > 0;
}

bool DtlsSession::takeApplicationData(std::vector<uint8_t>* data) {
  if (receivedTaken_ == received_.size()) {
    received_ = {};
    receivedTaken_ = 0;
    return false;
  }
  *data = std::move(received_[receivedTaken_++]);
  return true;
}

void DtlsSession::close() {
  if (state_ == State::Failed || state_ == State::Closed) return;
  ERR_clear_error();
  if (state_ == State::Connected && acquireBuffers()) SSL_shutdown(ssl_);
  ERR_clear_error();
  state_ = State::Closed;
}

bool DtlsSession::srtpProfile(SrtpProfile* profile) const {
  const SRTP_PROTECTION_PROFILE* selected =
      SSL_is_init_finished(ssl_) == 1 ? SSL_get_selected_srtp_profile(ssl_) : nullptr;
  if (selected == nullptr) return false;
  for (int i = 0; i < kSrtpProfileCount; i++) {
    if (kSrtpProfiles[i].dtlsId == selected->id) {
      *profile = static_cast<SrtpProfile>(i);
      return true;
    }
  }
  return false;
}

std::string DtlsSession::peerFingerprint(const char* hash) const {
  X509* certificate = SSL_is_init_finished(ssl_) == 1 ? SSL_get1_peer_certificate(ssl_) : nullptr;
  if (certificate == nullptr) return "";
  std::string text = certificateFingerprint(certificate, hash);
  X509_free(certificate);
  return text;
}

std::unique_ptr<SrtpSession> DtlsSession::exportSrtp() const {
  SrtpProfile profile;
  if (state_ != State::Connected || !srtpProfile(&profile)) return nullptr;
  const SrtpProfileFacts& facts = factsOf(profile);
  // client key | server key | client salt | server salt
  uint8_t material[2 * (kMaxSrtpKeyBytes + kMaxSrtpSaltBytes)];
  static constexpr char kLabel[] = "EXTRACTOR-dtls_srtp";
  const size_t size = 2 * (facts.keyBytes + facts.saltBytes);
  if (SSL_export_keying_material(ssl_, material, size, kLabel, sizeof kLabel - 1, nullptr, 0, 0) != 1) {
    return nullptr;
  }
  SrtpMasterKeys client = {};
  SrtpMasterKeys server = {};
  memcpy(client.key, material, facts.keyBytes);
  memcpy(server.key, material + facts.keyBytes, facts.keyBytes);
  memcpy(client.salt, material + 2 * facts.keyBytes, facts.saltBytes);
  memcpy(server.salt, material + 2 * facts.keyBytes + facts.saltBytes, facts.saltBytes);
  std::unique_ptr<SrtpSession> session = role_ == Role::Client ? SrtpSession::create(profile, server, client)
                                                               : SrtpSession::create(profile, client, server);
  OPENSSL_cleanse(material, sizeof material);
  OPENSSL_cleanse(&client, sizeof client);
  OPENSSL_cleanse(&server, sizeof server);
  ERR_clear_error();
  return session;
}

}  // namespace manifold
