// A look at the records of a datagram before OpenSSL sees them (RFC 6347 section 4.1).
//
//   | type(1) | version(2) | epoch(2) | sequence number(6) | length(2) | fragment(length) |
//
// OpenSSL ignores a record that fails to decrypt, but takes one of an encrypted epoch that is too short to hold
// nonce and tag for an internal error and ends the association. Anyone who can forge a source address could do
// that, so such datagrams are dropped here.
#pragma once

#include <cstddef>

#include "byte_order.h"

namespace manifold {

constexpr size_t kDtlsRecordHeaderBytes = 13;
/** Explicit nonce and tag of AES-GCM (RFC 5288). */
constexpr size_t kGcmRecordOverheadBytes = 8 + 16;
/** Tag of ChaCha20-Poly1305, whose nonce is implicit (RFC 7905). */
constexpr size_t kChachaRecordOverheadBytes = 16;

/** Whether a datagram consists of whole records, those of encrypted epochs with room for `overheadBytes`. */
inline bool hasPlausibleRecords(const uint8_t* data, size_t size, size_t overheadBytes) {
  if (size == 0) return false;
  while (size > 0) {
    if (size < kDtlsRecordHeaderBytes) return false;
    const bool encrypted = readUint16(data + 3) > 0;
    const size_t length = readUint16(data + 11);
    if (length > size - kDtlsRecordHeaderBytes || (encrypted && length < overheadBytes)) return false;
    data += kDtlsRecordHeaderBytes + length;
    size -= kDtlsRecordHeaderBytes + length;
  }
  return true;
}

}  // namespace manifold
