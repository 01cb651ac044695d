// Scratch memory that one call of recvmmsg fills; shared by all sockets of a PacketIo.
//
// Where the kernel coalesces what came from one address (UDP_GRO), one message carries several datagrams of equal
// size, of which the last may be shorter; they are told apart here, and nobody above knows of messages.
#pragma once

#include <sys/socket.h>

#include <memory>

#include "layout.h"
#include "socket_address.h"

namespace manifold {

class ReceiveBatch {
 public:
  struct Datagram {
    const uint8_t* data;
    size_t size;
    const SocketAddress* from;
    /** CLOCK_MONOTONIC nanoseconds, from the kernel's timestamp where it gives one. */
    int64_t arrivalNanos;
  };

  ReceiveBatch();

  /** Takes waiting datagrams, at most kMaxDatagrams. Returns how many, or a negative errno; 0 when none waits. */
  int receive(int fd);

  /** Whether the last call of receive() took all it had room for, so that more may wait. */
  bool full() const { return full_; }

  const Datagram& operator[](int i) const { return datagrams_[i]; }

 private:
#ifdef __linux__
  // One message may be as large as UDP allows, in at most so many segments (UDP_MAX_SEGMENTS of newer kernels).
  static constexpr int kMaxMessages = 64;
  static constexpr int kMaxSegments = 128;
  // Not a multiple of the page: buffers at equal offsets in their pages would compete for the same cache lines.
  static constexpr size_t kMessageBytes = 65536 + kSlotBytes + 64;
#else
  static constexpr int kMaxMessages = kBatchSize;
  static constexpr int kMaxSegments = 1;
  static constexpr size_t kMessageBytes = kSlotBytes + 1;
#endif
  static constexpr int kMaxDatagrams = kMaxMessages * kMaxSegments;

  uint8_t* buffer(int message) const { return scratch_.get() + static_cast<size_t>(message) * kMessageBytes; }

  std::unique_ptr<uint8_t[]> scratch_;
  std::unique_ptr<SocketAddress[]> from_;
  std::unique_ptr<Datagram[]> datagrams_;
  bool full_ = false;
#ifdef __linux__
  struct Control;
  struct ControlDeleter {
    void operator()(Control* controls) const;
  };
  std::unique_ptr<Control[], ControlDeleter> controls_;
  std::unique_ptr<iovec[]> vectors_;
  std::unique_ptr<mmsghdr[]> messages_;
#endif
};

}  // namespace manifold
