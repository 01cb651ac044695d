/** The CRC of ISO 3309 / ITU-T V.42, which STUN's FINGERPRINT uses (node:zlib has it only from Node 20.15 on). */

const polynomial = 0xedb88320;
const table = new Uint32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++)
    remainder = remainder & 1 ? (remainder >>> 1) ^ polynomial : remainder >>> 1;
  table[byte] = remainder;
}

/** The CRC-32 of `bytes` from 0 up to `end`, as an unsigned integer. */
export function crc32(bytes: Uint8Array, end = bytes.length): number {
  let crc = 0xffffffff;
  for (let index = 0; index < end; index++) crc = table[(crc ^ bytes[index]) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
