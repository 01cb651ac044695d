// Scratch memory that one call of recvmmsg fills; shared by all sockets of a PacketIo.
#pragma once

#include <sys/socket.h>

#include <memory>

#include "layout.h"
#include "socket_address.h"

namespace manifold {

class ReceiveBatch {
 public:
  ReceiveBatch();

  /** Takes up to kBatchSize waiting datagrams. Returns how many, or a negative errno; 0 when none waits. */
  int receive(int fd);

  const uint8_t* data(int i) const { return scratch_.get() + static_cast<size_t>(i) * kSlotBytes; }
  size_t size(int i) const { return received_[i].size; }
  bool truncated(int i) const { return received_[i].truncated; }
  const SocketAddress& from(int i) const { return from_[i]; }
  /** CLOCK_MONOTONIC nanoseconds, from the kernel's timestamp where it gives one. */
  int64_t arrivalNanos(int i) const { return received_[i].arrivalNanos; }

 private:
  struct Received {
    size_t size;
    bool truncated;
    int64_t arrivalNanos;
  };

  std::unique_ptr<uint8_t[]> scratch_;
  std::unique_ptr<SocketAddress[]> from_;
  std::unique_ptr<Received[]> received_;
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
