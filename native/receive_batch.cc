#include "receive_batch.h"

#include <algorithm>
#include <cerrno>

#include "clock.h"
#include "udp_options.h"

namespace manifold {

#ifdef __linux__

struct ReceiveBatch::Control {
  alignas(cmsghdr) uint8_t bytes[CMSG_SPACE(sizeof(timespec)) + CMSG_SPACE(sizeof(int))];
};

void ReceiveBatch::ControlDeleter::operator()(Control* controls) const { delete[] controls; }

ReceiveBatch::ReceiveBatch()
    : scratch_(new uint8_t[kMaxMessages * kMessageBytes]),
      from_(new SocketAddress[kMaxMessages]),
      datagrams_(new Datagram[kMaxDatagrams]),
      controls_(new Control[kMaxMessages]),
      vectors_(new iovec[kMaxMessages]),
      messages_(new mmsghdr[kMaxMessages]()) {
  for (int i = 0; i < kMaxMessages; i++) {
    vectors_[i] = {buffer(i), kMessageBytes};
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
  int messages;
  do {
    messages = recvmmsg(fd, messages_.get(), kMaxMessages, MSG_DONTWAIT, nullptr);
  } while (messages < 0 && errno == EINTR);
  full_ = messages == kMaxMessages;
  if (messages < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
  const ClockPair clocks;
  int count = 0;
  for (int i = 0; i < messages; i++) {
    msghdr& header = messages_[i].msg_hdr;
    const size_t size = messages_[i].msg_len;
    size_t segment = size;
    int64_t arrivalNanos = clocks.monotonicNanos;
    for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr; control = CMSG_NXTHDR(&header, control)) {
      if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_TIMESTAMPNS) {
        timespec stamp;
        memcpy(&stamp, CMSG_DATA(control), sizeof stamp);
        arrivalNanos = clocks.toMonotonic(static_cast<int64_t>(stamp.tv_sec) * 1000000000 + stamp.tv_nsec);
      } else if (control->cmsg_level == SOL_UDP && control->cmsg_type == UDP_GRO) {
        int segmentBytes;
        memcpy(&segmentBytes, CMSG_DATA(control), sizeof segmentBytes);
        // Never more segments than there is room for, whatever the kernel says.
        segment = std::max(static_cast<size_t>(std::max(segmentBytes, 1)), (size + kMaxSegments - 1) / kMaxSegments);
      }
    }
    // An empty datagram is one, too.
    size_t at = 0;
    do {
      datagrams_[count++] = {buffer(i) + at, std::min(segment, size - at), &from_[i], arrivalNanos};
      at += segment;
    } while (at < size);
    // The kernel wrote the real sizes; the next call needs the room again.
    header.msg_namelen = sizeof(SocketAddress);
    header.msg_controllen = sizeof controls_[i].bytes;
  }
  return count;
}

#else

ReceiveBatch::ReceiveBatch()
    : scratch_(new uint8_t[kMaxMessages * kMessageBytes]),
      from_(new SocketAddress[kMaxMessages]),
      datagrams_(new Datagram[kMaxDatagrams]) {}

int ReceiveBatch::receive(int fd) {
  int count = 0;
  const ClockPair clocks;
  while (count < kMaxMessages) {
    iovec vector = {buffer(count), kMessageBytes};
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
    datagrams_[count] = {buffer(count), static_cast<size_t>(size), &from_[count], clocks.monotonicNanos};
    count++;
  }
  full_ = count == kMaxMessages;
  return count;
}

#endif

}  // namespace manifold
