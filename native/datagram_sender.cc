#include "datagram_sender.h"

#include <algorithm>
#include <cerrno>

#include "udp_options.h"

namespace manifold {

struct DatagramSender::Control {
  alignas(cmsghdr) uint8_t bytes[CMSG_SPACE(sizeof(uint16_t))];
};

void DatagramSender::ControlDeleter::operator()(Control* controls) const { delete[] controls; }

DatagramSender::DatagramSender(Counters* counters, bool gso)
    : counters_(counters),
      gso_(gso),
      output_(new uint8_t[kOutputBytes]),
      segments_(new Segments[kMaxMessages]),
      vectors_(new iovec[kMaxMessages]),
      messages_(new SendMessage[kMaxMessages]()),
      controls_(new Control[kMaxMessages]()) {}

uint8_t* DatagramSender::begin(UdpSocket* socket) {
  if (count_ == kMaxMessages || used_ + kMaxDatagramBytes > kOutputBytes) transmit(socket);
  return output_.get() + used_;
}

void DatagramSender::commit(Transport* transport, size_t size) {
  uint8_t* const data = output_.get() + used_;
  used_ += size;
  if (count_ > 0) {
    Segments& last = segments_[count_ - 1];
    iovec& vector = vectors_[count_ - 1];
    if (gso_ && last.transport == transport && !last.closed && !transport->plainOnly &&
        size <= last.segmentBytes && last.count < kMaxSegments && vector.iov_len + size <= kMaxGsoBytes) {
      vector.iov_len += size;
      last.count++;
      last.closed = size < last.segmentBytes;
      return;
    }
  }
  segments_[count_] = {transport, size, 1, false};
  vectors_[count_] = {data, size};
  count_++;
}

void DatagramSender::finishMessages() {
  for (int i = 0; i < count_; i++) {
    const Segments& segments = segments_[i];
    msghdr& header = messages_[i].msg_hdr;
    header.msg_name = &segments.transport->remote;
    header.msg_namelen = segments.transport->remote.size();
    header.msg_iov = &vectors_[i];
    header.msg_iovlen = 1;
    if (segments.count == 1) {
      header.msg_control = nullptr;
      header.msg_controllen = 0;
      continue;
    }
    header.msg_control = controls_[i].bytes;
    header.msg_controllen = sizeof controls_[i].bytes;
    cmsghdr* control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = SOL_UDP;
    control->cmsg_type = UDP_SEGMENT;
    control->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    const uint16_t segmentBytes = static_cast<uint16_t>(segments.segmentBytes);
    memcpy(CMSG_DATA(control), &segmentBytes, sizeof segmentBytes);
  }
}

void DatagramSender::transmit(UdpSocket* socket) {
  if (count_ == 0) return;
  finishMessages();
  if (!socket->backlog.empty()) drainBacklog(socket);
  int at = 0;
  while (at < count_) {
    if (!socket->backlog.empty()) {
      keepFrom(socket, at);
      break;
    }
    counters_->add(Counter::sendCalls);
    const int sent = send_.call(socket->fd, messages_.get() + at, count_ - at);
    if (sent > 0) {
      for (int i = at; i < at + sent; i++) countSent(i);
      at += sent;
      continue;
    }
    const int error = errno;
    if (isWouldBlock(error)) {
      counters_->add(Counter::sendWouldBlock);
      keepFrom(socket, at);
      break;
    }
    if (isGsoFailure(at, error)) {
      sendSegmentsPlainly(socket, at);
    } else {
      countError(error);
    }
    at++;
  }
  count_ = 0;
  used_ = 0;
}

/** Whether this message may go through as plain datagrams; remembers not to try GSO in vain again. */
bool DatagramSender::isGsoFailure(int message, int error) {
  const Segments& segments = segments_[message];
  // EIO: the interface cannot checksum segments. EINVAL, EMSGSIZE: the path's MTU is below the segment size, so
  // IP must fragment, which GSO does not. Both may differ for the next destination.
  if (segments.count == 1 || (error != EINVAL && error != EIO && error != EMSGSIZE)) return false;
  segments.transport->plainOnly = true;
  if (error == EIO || ++gsoFailures_ >= kMaxGsoFailures) gso_ = false;
  return true;
}

void DatagramSender::sendSegmentsPlainly(UdpSocket* socket, int message) {
  const uint8_t* data = static_cast<const uint8_t*>(vectors_[message].iov_base);
  size_t left = vectors_[message].iov_len;
  while (left > 0) {
    const size_t size = std::min(left, segments_[message].segmentBytes);
    sendNow(socket, segments_[message].transport->remote, data, size);
    data += size;
    left -= size;
  }
}

void DatagramSender::keepFrom(UdpSocket* socket, int message) {
  for (int i = message; i < count_; i++) {
    const uint8_t* data = static_cast<const uint8_t*>(vectors_[i].iov_base);
    size_t left = vectors_[i].iov_len;
    while (left > 0) {
      const size_t size = std::min(left, segments_[i].segmentBytes);
      push(socket, segments_[i].transport->remote, data, size);
      data += size;
      left -= size;
    }
  }
}

void DatagramSender::push(UdpSocket* socket, const SocketAddress& to, const uint8_t* data, size_t size) {
  if (!socket->backlog.push(to, data, size)) counters_->add(Counter::sendDroppedBufferFull);
}

void DatagramSender::sendNow(UdpSocket* socket, const SocketAddress& to, const uint8_t* data, size_t size) {
  if (!socket->backlog.empty()) {
    push(socket, to, data, size);
    return;
  }
  iovec vector = {const_cast<uint8_t*>(data), size};
  SendMessage message = {};
  message.msg_hdr.msg_name = const_cast<SocketAddress*>(&to);
  message.msg_hdr.msg_namelen = to.size();
  message.msg_hdr.msg_iov = &vector;
  message.msg_hdr.msg_iovlen = 1;
  counters_->add(Counter::sendCalls);
  if (send_.call(socket->fd, &message, 1) == 1) {
    counters_->add(Counter::datagramsSent);
    counters_->add(Counter::bytesSent, static_cast<double>(size));
  } else if (isWouldBlock(errno)) {
    counters_->add(Counter::sendWouldBlock);
    push(socket, to, data, size);
  } else {
    countError(errno);
  }
}

void DatagramSender::drainBacklog(UdpSocket* socket) {
  constexpr int kDrainMessages = 64;
  SendBacklog::Datagram waiting[kDrainMessages];
  iovec vectors[kDrainMessages];
  SendMessage messages[kDrainMessages];
  while (!socket->backlog.empty()) {
    const int count = socket->backlog.peek(waiting, kDrainMessages);
    for (int i = 0; i < count; i++) {
      vectors[i] = {const_cast<uint8_t*>(waiting[i].data), waiting[i].size};
      messages[i] = {};
      messages[i].msg_hdr.msg_name = const_cast<SocketAddress*>(waiting[i].to);
      messages[i].msg_hdr.msg_namelen = waiting[i].to->size();
      messages[i].msg_hdr.msg_iov = &vectors[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    counters_->add(Counter::sendCalls);
    int done = send_.call(socket->fd, messages, count);
    if (done < 0) {
      if (isWouldBlock(errno)) return;
      countError(errno);
      done = 1;
    } else {
      counters_->add(Counter::datagramsSent, done);
      for (int i = 0; i < done; i++) counters_->add(Counter::bytesSent, static_cast<double>(waiting[i].size));
    }
    socket->backlog.pop(done);
  }
}

void DatagramSender::countSent(int message) {
  const int segments = segments_[message].count;
  counters_->add(Counter::datagramsSent, segments);
  counters_->add(Counter::bytesSent, static_cast<double>(vectors_[message].iov_len));
  if (segments > 1) counters_->add(Counter::gsoSegmentsSent, segments);
}

void DatagramSender::countError(int error) {
  counters_->add(error == ECONNREFUSED ? Counter::connectionRefused : Counter::sendErrors);
}

}  // namespace manifold
