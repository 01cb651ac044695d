#include "receive_batch.h"

#include <cerrno>

#include "clock.h"

namespace manifold {

#ifdef __linux__

struct ReceiveBatch::Control {
  alignas(cmsghdr) uint8_t bytes[CMSG_SPACE(sizeof(timespec))];
};

void ReceiveBatch::ControlDeleter::operator()(Control* controls) const { delete[] controls; }

ReceiveBatch::ReceiveBatch()
    : scratch_(new uint8_t[static_cast<size_t>(kBatchSize) * kSlotBytes]),
      from_(new SocketAddress[kBatchSize]),
      received_(new Received[kBatchSize]),
      controls_(new Control[kBatchSize]),
      vectors_(new iovec[kBatchSize]),
      messages_(new mmsghdr[kBatchSize]()) {
  for (int i = 0; i < kBatchSize; i++) {
    vectors_[i] = {scratch_.get() + static_cast<size_t>(i) * kSlotBytes, kSlotBytes};
    msghdr& header = messages_[i].msg_hdr;
    header.msg_iov = &vectors_[i];
    header.msg_iovlen = 1;
    header.msg_name = &from_[i];
    header.msg_namelen = sizeof(SocketAddress);
    header.msg_control = controls_[i].bytes;
    header.msg_controllen = sizeof controls_[i].bytes;
  }
}

int ReceiveBatch::receive(int fd) {
  int count;
  do {
    count = recvmmsg(fd, messages_.get(), kBatchSize, MSG_DONTWAIT, nullptr);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
  const ClockPair clocks;
  for (int i = 0; i < count; i++) {
    msghdr& header = messages_[i].msg_hdr;
    received_[i].size = messages_[i].msg_len;
    received_[i].truncated = (header.msg_flags & MSG_TRUNC) != 0;
    received_[i].arrivalNanos = clocks.monotonicNanos;
    for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr; control = CMSG_NXTHDR(&header, control)) {
      if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_TIMESTAMPNS) continue;
      timespec stamp;
      memcpy(&stamp, CMSG_DATA(control), sizeof stamp);
      received_[i].arrivalNanos = clocks.toMonotonic(static_cast<int64_t>(stamp.tv_sec) * 1000000000 + stamp.tv_nsec);
    }
    // The kernel wrote the real sizes; the next call needs the room again.
    header.msg_namelen = sizeof(SocketAddress);
    header.msg_controllen = sizeof controls_[i].bytes;
  }
  return count;
}

#else

ReceiveBatch::ReceiveBatch()
    : scratch_(new uint8_t[static_cast<size_t>(kBatchSize) * kSlotBytes]),
      from_(new SocketAddress[kBatchSize]),
      received_(new Received[kBatchSize]) {}

int ReceiveBatch::receive(int fd) {
  int count = 0;
  const ClockPair clocks;
  while (count < kBatchSize) {
    iovec vector = {scratch_.get() + static_cast<size_t>(count) * kSlotBytes, kSlotBytes};
    msghdr header = {};
    header.msg_iov = &vector;
    header.msg_iovlen = 1;
    header.msg_name = &from_[count];
    header.msg_namelen = sizeof(SocketAddress);
    const ssize_t size = recvmsg(fd, &header, MSG_DONTWAIT);
    if (size < 0) {
      if (errno == EINTR) continue;
      if (count > 0 || errno == EAGAIN || errno == EWOULDBLOCK) break;
      return -errno;
    }
    received_[count] = {static_cast<size_t>(size), (header.msg_flags & MSG_TRUNC) != 0, clocks.monotonicNanos};
    count++;
  }
  return count;
}

#endif

}  // namespace manifold
