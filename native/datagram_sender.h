// Sends ready datagrams: builds messages out of them, joins equal-sized neighbours to one destination into one
// UDP GSO message, and keeps what a full socket buffer refuses in the socket's backlog.
#pragma once

#include <memory>

#include "counters.h"
#include "send_messages.h"
#include "srtp_profile.h"
#include "transport_table.h"
#include "udp_socket.h"

namespace manifold {

/** Longest prefix and body together: any slot behind a short prefix, any prefix alone. */
constexpr size_t kMaxPlainBytes = 2048;
constexpr size_t kMaxDatagramBytes = kMaxPlainBytes + kMaxSrtpTrailerBytes;

class DatagramSender {
 public:
  DatagramSender(Counters* counters, bool gso);

  bool gso() const { return gso_; }

  /** Where the next datagram (at most kMaxDatagramBytes) is to be written; sends what is collected if full. */
  uint8_t* begin(UdpSocket* socket);
  /** Collects the datagram written at begin(). All since the last transmit() share one socket. */
  void commit(Transport* transport, size_t size);
  /** Sends what is collected. */
  void transmit(UdpSocket* socket);

  /** Sends one datagram at once, behind the backlog if there is one. */
  void sendNow(UdpSocket* socket, const SocketAddress& to, const uint8_t* data, size_t size);

  /** Sends of the backlog what the socket takes. */
  void drainBacklog(UdpSocket* socket);

  SendMessages* systemCall() { return &send_; }

 private:
  // Large enough to make the system call's fixed cost small, small enough to stay in the second-level cache.
  static constexpr int kMaxMessages = 256;
  static constexpr size_t kOutputBytes = 384 << 10;
  // The kernel's UDP_MAX_SEGMENTS, and the longest IP datagram less headers.
  static constexpr int kMaxSegments = 64;
  static constexpr size_t kMaxGsoBytes = 65000;
  // Failures after which GSO is taken to be broken here, rather than on one path.
  static constexpr int kMaxGsoFailures = 8;

  struct Segments {
    Transport* transport;
    size_t segmentBytes;
    int count;
    bool closed;  // a shorter datagram ended it
  };
  struct Control;
  struct ControlDeleter {
    void operator()(Control* controls) const;
  };

  void finishMessages();
  void keepFrom(UdpSocket* socket, int message);
  void sendSegmentsPlainly(UdpSocket* socket, int message);
  void push(UdpSocket* socket, const SocketAddress& to, const uint8_t* data, size_t size);
  bool isGsoFailure(int message, int error);
  void countError(int error);
  void countSent(int message);

  Counters* counters_;
  bool gso_;
  int gsoFailures_ = 0;
  int count_ = 0;
  size_t used_ = 0;
  std::unique_ptr<uint8_t[]> output_;
  std::unique_ptr<Segments[]> segments_;
  std::unique_ptr<iovec[]> vectors_;
  std::unique_ptr<SendMessage[]> messages_;
  std::unique_ptr<Control[], ControlDeleter> controls_;
  SendMessages send_;
};

}  // namespace manifold
