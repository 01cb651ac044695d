// Where the payload of an RTP packet begins (RFC 3550 section 5.1, header extension section 5.3.1).
//
//    0                   1                   2                   3
//   |V=2|P|X|  CC   |M|     PT      |       sequence number         |
//   |                           timestamp                           |
//   |                             SSRC                              |
//   |                      CSRC, CC times                           |
//   |      defined by profile       |    length in 32-bit words     |  if X
#pragma once

#include <cstddef>

#include "byte_order.h"

namespace manifold {

constexpr size_t kRtpFixedHeaderBytes = 12;
constexpr size_t kRtcpHeaderBytes = 8;  // with the sender's SSRC

struct RtpHeader {
  size_t bytes;
  uint16_t sequenceNumber;
  uint32_t ssrc;
};

/** Reads what SRTP needs; false where the header does not fit into `size` bytes or the version is not 2. */
inline bool readRtpHeader(const uint8_t* packet, size_t size, RtpHeader* header) {
  if (size < kRtpFixedHeaderBytes || packet[0] >> 6 != 2) return false;
  size_t bytes = kRtpFixedHeaderBytes + 4 * static_cast<size_t>(packet[0] & 0x0f);
  if ((packet[0] & 0x10) != 0) {
    if (bytes + 4 > size) return false;
    bytes += 4 + 4 * static_cast<size_t>(readUint16(packet + bytes + 2));
  }
  if (bytes > size) return false;
  header->bytes = bytes;
  header->sequenceNumber = readUint16(packet + 2);
  header->ssrc = readUint32(packet + 8);
  return true;
}

}  // namespace manifold
