// One DTLS 1.2 association (RFC 6347) with use_srtp (RFC 5764), fed and drained datagram by datagram.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

#include "datagram_bio.h"
#include "dtls_context.h"
#include "srtp.h"

namespace manifold {

class DtlsSession {
 public:
  enum class Role { Client, Server };
  enum class State { Connecting, Connected, Closed, Failed };

  /** Null without memory. */
  static std::unique_ptr<DtlsSession> create(std::shared_ptr<DtlsContext> context, Role role);

  ~DtlsSession();
  DtlsSession(const DtlsSession&) = delete;
  DtlsSession& operator=(const DtlsSession&) = delete;

  void start();
  void receive(const uint8_t* data, size_t size);
  /** Moves the oldest outgoing datagram into `*datagram`; false when there is none. */
  bool takeDatagram(std::vector<uint8_t>* datagram);
  /** Milliseconds, rounded up, or -1 when no timer runs. */
  int nextTimeoutMs() const;
  void handleTimeout();
  /** Encrypts one record into an outgoing datagram; false unless connected, or for too much or nothing. */
  bool sendApplicationData(const uint8_t* data, size_t size);
  /** Moves the oldest record received into `*data`; false when there is none. */
  bool takeApplicationData(std::vector<uint8_t>* data);
  void close();

  State state() const { return state_; }
  const std::string& failure() const { return failure_; }
  /** Once connected; false where use_srtp was not agreed upon. */
  bool srtpProfile(SrtpProfile* profile) const;
  std::string peerFingerprint(const char* hash) const;
  /** Keys for both directions (RFC 5764 section 4.2), or null before connected or without a profile. */
  std::unique_ptr<SrtpSession> exportSrtp() const;

 private:
  DtlsSession(std::shared_ptr<DtlsContext> context, Role role) : context_(std::move(context)), role_(role) {}

  size_t recordOverheadBytes() const;
  void advance();
  void readApplicationData();
  /** OpenSSL keeps 18 KiB of record buffers, of which a connected session has no use between datagrams. */
  void releaseBuffers();
  bool acquireBuffers();
  void fail(int result);

  std::shared_ptr<DtlsContext> context_;
  const Role role_;
  State state_ = State::Connecting;
  SSL* ssl_ = nullptr;
  DatagramQueue queue_;
  size_t taken_ = 0;
  std::vector<std::vector<uint8_t>> received_;
  size_t receivedTaken_ = 0;
  bool buffersReleased_ = false;
  std::string failure_;
};

}  // namespace manifold
