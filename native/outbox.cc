#include "outbox.h"

namespace manifold {

void Outbox::flush(int count, UdpSocket* const* sockets, int socketCount) {
  counters_->add(Counter::flushes);
  group(count, sockets);
  for (int i = 0; i < socketCount; i++) {
    UdpSocket* socket = sockets[i];
    if (socket == nullptr || socket->groupHead == nullptr) continue;
    for (Transport* transport = socket->groupHead; transport != nullptr; transport = transport->nextInGroup) {
      for (int32_t at = transport->groupHead; at >= 0; at = next_[at]) {
        send(sockets, transport, memory_.records + at * kOutboxStride);
      }
    }
    socket->groupHead = socket->groupTail = nullptr;
    sender_->transmit(socket);
  }
}

void Outbox::group(int count, UdpSocket* const* sockets) {
  if (++stamp_ == 0) stamp_ = 1;  // 0 is what new transports carry
  for (int32_t i = 0; i < count; i++) {
    Transport* transport = transports_->find(memory_.records[i * kOutboxStride + kOutboxTransport]);
    if (transport == nullptr || transport->socket < 0) {
      counters_->add(Counter::sendErrors);
      continue;
    }
    next_[i] = -1;
    if (transport->groupStamp == stamp_) {
      next_[transport->groupTail] = i;
      transport->groupTail = i;
      continue;
    }
    transport->groupStamp = stamp_;
    transport->groupHead = transport->groupTail = i;
    transport->nextInGroup = nullptr;
    UdpSocket* socket = sockets[transport->socket];
    if (socket->groupHead == nullptr) {
      socket->groupHead = transport;
    } else {
      socket->groupTail->nextInGroup = transport;
    }
    socket->groupTail = transport;
  }
}

void Outbox::send(UdpSocket* const* sockets, Transport* transport, const int32_t* record) {
  const size_t prefixOffset = static_cast<uint32_t>(record[kOutboxPrefixOffset]);
  const size_t prefixBytes = static_cast<uint32_t>(record[kOutboxPrefixLength]);
  const size_t bodyBytes = static_cast<uint32_t>(record[kOutboxBodyLength]);
  const size_t bodyOffset = bodyBytes == 0 ? 0 : static_cast<uint32_t>(record[kOutboxBodyOffset]);
  const size_t plainBytes = prefixBytes + bodyBytes;
  const PacketKind kind = static_cast<PacketKind>(record[kOutboxKind]);
  const bool secured = kind == PacketKind::Rtp || kind == PacketKind::Rtcp;
  if (prefixOffset + prefixBytes > kPrefixArenaBytes || bodyOffset + bodyBytes > memory_.arenaBytes ||
      plainBytes == 0 || plainBytes > kMaxPlainBytes || (secured && !transport->srtp && !transport->unprotected)) {
    counters_->add(Counter::protectErrors);
    return;
  }
  uint8_t* out = sender_->begin(sockets[transport->socket]);
  memcpy(out, memory_.prefixes + prefixOffset, prefixBytes);
  memcpy(out + prefixBytes, memory_.arena + bodyOffset, bodyBytes);
  size_t size = plainBytes;
  SrtpResult result = SrtpResult::Ok;
  if (transport->unprotected) {
    // As it is.
  } else if (kind == PacketKind::Rtp) {
    result = transport->srtp->outbound.protectRtp(out, plainBytes, &size);
  } else if (kind == PacketKind::Rtcp) {
    result = transport->srtp->outbound.protectRtcp(out, plainBytes, &size);
  }
  if (result != SrtpResult::Ok) {
    counters_->add(Counter::protectErrors);
    return;
  }
  if (kind == PacketKind::Rtcp && transport->rtcpSocket >= 0) {
    // Not committed: it goes out by another socket than its neighbours.
    sender_->sendNow(sockets[transport->rtcpSocket], transport->rtcpRemote, out, size);
  } else {
    sender_->commit(transport, size);
  }
}

}  // namespace manifold
