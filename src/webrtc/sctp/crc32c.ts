/** CRC-32C (Castagnoli), SCTP's checksum (RFC 9260 appendix A), four bytes at a time. */

const polynomial = 0x82f63b78;
const tables = Array.from({ length: 4 }, () => new Int32Array(256));
const [table0, table1, table2, table3] = tables;
for (let byte = 0; byte < 256; byte++) {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++)
    remainder = remainder & 1 ? (remainder >>> 1) ^ polynomial : remainder >>> 1;
  table0[byte] = remainder;
}
for (let byte = 0; byte < 256; byte++) {
  for (let depth = 1; depth < 4; depth++) {
    const before = tables[depth - 1][byte];
    tables[depth][byte] = table0[before & 0xff] ^ (before >>> 8);
  }
}

function update(crc: number, bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = crc ^ (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24));
    crc =
      table3[word & 0xff] ^ table2[(word >>> 8) & 0xff] ^ table1[(word >>> 16) & 0xff] ^ table0[word >>> 24];
  }
  for (; at < end; at++) crc = table0[(crc ^ bytes[at]) & 0xff] ^ (crc >>> 8);
  return crc;
}

/** The CRC-32C of `bytes`, as an unsigned integer. */
export function crc32c(bytes: Uint8Array): number {
  return ~update(-1, bytes, 0, bytes.length) >>> 0;
}

const noChecksum = new Uint8Array(4);

/** The checksum of an SCTP packet: its own field, bytes 8 to 11, counts as zero. */
export function packetChecksum(packet: Uint8Array): number {
  const header = update(update(-1, packet, 0, 8), noChecksum, 0, 4);
  return ~update(header, packet, 12, packet.length) >>> 0;
}
