// What a datagram is, by its first byte (RFC 7983 section 7) and, for RTP against RTCP, its second (RFC 5761
// section 4).
//
//   0..3    STUN
//   20..63  DTLS
//   128..191 RTP or RTCP; RTCP where the packet type is 192..223
//   others  ZRTP, TURN channels, QUIC: not spoken here
#pragma once

#include "layout.h"

namespace manifold {

inline PacketKind classifyDatagram(const uint8_t* data, size_t size) {
  if (size < 2) return PacketKind::Unknown;
  const uint8_t first = data[0];
  if (first >= 128 && first <= 191) {
    return data[1] >= 192 && data[1] <= 223 ? PacketKind::Rtcp : PacketKind::Rtp;
  }
  if (first <= 3) return PacketKind::Stun;
  if (first >= 20 && first <= 63) return PacketKind::Dtls;
  return PacketKind::Unknown;
}

}  // namespace manifold
