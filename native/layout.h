// The memory that TypeScript and the addon share. `src/packet-io/layout.ts` holds the same numbers; the addon
// exports these and `src/packet-io/addon.ts` compares the two at load.
#pragma once

#include <cstddef>
#include <cstdint>

namespace manifold {

constexpr int kSlotBytes = 1536;
constexpr int kBatchSize = 256;

constexpr int kInboxStride = 8;
constexpr int kInboxOffset = 0;
constexpr int kInboxLength = 1;
constexpr int kInboxKind = 2;
constexpr int kInboxTransport = 3;
constexpr int kInboxSocket = 4;
constexpr int kInboxPacketNumber = 5;
constexpr int kInboxNewSource = 6;

// family (4 or 6), 0, port (big endian), 16 address bytes, scope id of a link-local IPv6 address (big endian).
constexpr int kAddressStride = 24;

constexpr int kOutboxStride = 6;
constexpr int kOutboxTransport = 0;
constexpr int kOutboxKind = 1;
constexpr int kOutboxPrefixOffset = 2;
constexpr int kOutboxPrefixLength = 3;
constexpr int kOutboxBodyOffset = 4;
constexpr int kOutboxBodyLength = 5;

constexpr int kOutboxCapacity = 8192;
constexpr int kPrefixArenaBytes = 1 << 20;
constexpr int kMaxPrefixBytes = 1400;

// Packet numbers count from 0 and wrap at 2^31.
constexpr uint32_t kPacketNumberMask = 0x7fffffff;

enum class PacketKind : int32_t { Stun = 0, Dtls = 1, Rtp = 2, Rtcp = 3, Unknown = -1 };

}  // namespace manifold
