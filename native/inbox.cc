#include "inbox.h"

#include "datagram.h"
#include "rtp_header.h"

namespace manifold {

namespace {

/** Takes what nobody protected, as far as its header is one. */
SrtpResult copyPlain(PacketKind kind, const uint8_t* data, size_t size, uint8_t* out, size_t* written) {
  RtpHeader header;
  const bool valid = kind == PacketKind::Rtp ? readRtpHeader(data, size, &header) : size >= kRtcpHeaderBytes;
  if (!valid) return SrtpResult::Malformed;
  memcpy(out, data, size);
  *written = size;
  return SrtpResult::Ok;
}

SrtpResult unprotect(Transport* transport, PacketKind kind, const uint8_t* data, size_t size, uint8_t* out,
                     size_t* written) {
  if (transport->unprotected) return copyPlain(kind, data, size, out, written);
  SrtpInbound& inbound = transport->srtp->inbound;
  return kind == PacketKind::Rtp ? inbound.unprotectRtp(data, size, out, written)
                                 : inbound.unprotectRtcp(data, size, out, written);
}

}  // namespace

int Inbox::fill(const ReceiveBatch& batch, int first, int end, int socket) {
  int count = 0;
  double bytes = 0;
  controlSlots_ = 0;
  for (int i = first; i < end; i++) {
    const ReceiveBatch::Datagram& datagram = batch[i];
    bytes += static_cast<double>(datagram.size);
    record_ = memory_.records + count * kInboxStride;
    if (!accept(datagram, socket)) continue;
    memory_.arrivals[count] = static_cast<double>(datagram.arrivalNanos - clockOriginNanos_) / 1000;
    datagram.from->writeRecord(memory_.addresses + count * kAddressStride);
    count++;
  }
  counters_->add(Counter::receiveBatches);
  counters_->add(Counter::datagramsReceived, end - first);
  counters_->add(Counter::bytesReceived, bytes);
  return count;
}

bool Inbox::accept(const ReceiveBatch::Datagram& datagram, int socket) {
  const uint8_t* data = datagram.data;
  const size_t size = datagram.size;
  if (size > kSlotBytes) {
    counters_->add(Counter::droppedOversize);
    return false;
  }
  const PacketKind kind = classifyDatagram(data, size);
  if (kind == PacketKind::Unknown) {
    counters_->add(Counter::droppedUnknownKind);
    return false;
  }
  const SocketOwner* owner = transports_->ownerOf(socket);
  if (owner != nullptr) return acceptOwned(*owner, kind, datagram, socket);
  const int32_t transport = transports_->findByAddress(AddressKey(socket, *datagram.from));
  record_[kInboxKind] = static_cast<int32_t>(kind);
  record_[kInboxTransport] = transport;
  record_[kInboxSocket] = socket;
  record_[kInboxPacketNumber] = -1;
  record_[kInboxNewSource] = 0;
  if (kind == PacketKind::Rtp || kind == PacketKind::Rtcp) return acceptMedia(kind, transport, data, size);
  copyToControlSlot(data, size);
  counters_->add(kind == PacketKind::Stun ? Counter::stunReceived : Counter::dtlsReceived);
  return true;
}

/** Cheap checks first: what is not from the one source costs no decryption and no slot. */
bool Inbox::acceptOwned(const SocketOwner& owner, PacketKind kind, const ReceiveBatch::Datagram& datagram, int socket) {
  if (kind != PacketKind::Rtp && kind != PacketKind::Rtcp) {
    counters_->add(Counter::droppedUnknownKind);
    return false;
  }
  const bool any = owner.accepts == SocketOwner::Accepts::AnySource;
  const bool known =
      owner.accepts == SocketOwner::Accepts::OneSource && owner.source == AddressKey(socket, *datagram.from);
  if (!any && !known) {
    counters_->add(Counter::droppedUnknownAddress);
    return false;
  }
  record_[kInboxKind] = static_cast<int32_t>(kind);
  record_[kInboxTransport] = owner.transport;
  record_[kInboxSocket] = socket;
  record_[kInboxPacketNumber] = -1;
  record_[kInboxNewSource] = any ? 1 : 0;
  return acceptMedia(kind, owner.transport, datagram.data, datagram.size);
}

bool Inbox::acceptMedia(PacketKind kind, int32_t id, const uint8_t* data, size_t size) {
  Transport* transport = transports_->find(id);
  if (transport == nullptr) {
    counters_->add(Counter::droppedUnknownAddress);
    return false;
  }
  if (!transport->srtp && !transport->unprotected) {
    counters_->add(Counter::droppedNoKeys);
    return false;
  }
  const bool rtp = kind == PacketKind::Rtp;
  const size_t offset =
      rtp ? static_cast<size_t>(nextPacketNumber_ & (memory_.slotCount - 1)) * kSlotBytes : controlOffset();
  size_t written = 0;
  const SrtpResult result = unprotect(transport, kind, data, size, memory_.arena + offset, &written);
  if (result != SrtpResult::Ok) {
    countFailure(result);
    return false;
  }
  record_[kInboxOffset] = static_cast<int32_t>(offset);
  record_[kInboxLength] = static_cast<int32_t>(written);
  if (rtp) {
    record_[kInboxPacketNumber] = static_cast<int32_t>(nextPacketNumber_);
    nextPacketNumber_ = (nextPacketNumber_ + 1) & kPacketNumberMask;
    counters_->add(Counter::rtpReceived);
  } else {
    controlSlots_++;
    counters_->add(Counter::rtcpReceived);
  }
  return true;
}

void Inbox::copyToControlSlot(const uint8_t* data, size_t size) {
  memcpy(controlSlot(), data, size);
  record_[kInboxOffset] = static_cast<int32_t>(controlOffset());
  record_[kInboxLength] = static_cast<int32_t>(size);
  controlSlots_++;
}

void Inbox::countFailure(SrtpResult result) {
  switch (result) {
    case SrtpResult::Malformed:
      counters_->add(Counter::droppedUnknownKind);
      return;
    case SrtpResult::Replay:
      counters_->add(Counter::droppedReplay);
      return;
    case SrtpResult::SsrcLimit:
      counters_->add(Counter::droppedSsrcLimit);
      return;
    default:
      counters_->add(Counter::droppedAuthentication);
  }
}

}  // namespace manifold
