#include "floor_forwarder.h"

#include <cstring>

#include "../../native/byte_order.h"
#include "../../native/rtp_header.h"

namespace manifold {

int FloorForwarder::forward(int count) {
  int kept = 0;
  for (int i = 0; i < count; i++) {
    int32_t* record = memory_.inbox.records + i * kInboxStride;
    if (record[kInboxKind] == static_cast<int32_t>(PacketKind::Rtp)) {
      const uint8_t* packet = memory_.inbox.arena + record[kInboxOffset];
      const auto route = routes_.find({record[kInboxTransport], readUint32(packet + 8)});
      if (route != routes_.end()) {
        send(route->second, record[kInboxOffset], record[kInboxLength]);
        continue;
      }
    }
    if (kept != i) {
      memcpy(memory_.inbox.records + kept * kInboxStride, record, kInboxStride * sizeof(int32_t));
      memory_.inbox.arrivals[kept] = memory_.inbox.arrivals[i];
      memcpy(memory_.inbox.addresses + kept * kAddressStride, memory_.inbox.addresses + i * kAddressStride,
             kAddressStride);
    }
    kept++;
  }
  flush();
  return kept;
}

void FloorForwarder::send(const std::vector<Target>& targets, int32_t offset, int32_t length) {
  const uint8_t* packet = memory_.inbox.arena + offset;
  constexpr int32_t kHeader = static_cast<int32_t>(kRtpFixedHeaderBytes);
  for (const Target& target : targets) {
    if (queued_ == kOutboxCapacity || prefixEnd_ + kHeader > kPrefixArenaBytes) flush();
    uint8_t* prefix = prefixes_ + prefixEnd_;
    memcpy(prefix, packet, kRtpFixedHeaderBytes);
    prefix[1] = static_cast<uint8_t>((packet[1] & 0x80) | target.payloadType);
    writeUint32(prefix + 8, target.ssrc);
    int32_t* record = outbox_ + queued_ * kOutboxStride;
    record[kOutboxTransport] = target.transport;
    record[kOutboxKind] = static_cast<int32_t>(PacketKind::Rtp);
    record[kOutboxPrefixOffset] = prefixEnd_;
    record[kOutboxPrefixLength] = kHeader;
    record[kOutboxBodyOffset] = offset + kHeader;
    record[kOutboxBodyLength] = length - kHeader;
    prefixEnd_ += kHeader;
    queued_++;
  }
}

void FloorForwarder::flush() {
  if (queued_ == 0) return;
  const int count = queued_;
  queued_ = 0;
  prefixEnd_ = 0;
  io_->flush(count);
}

}  // namespace manifold
