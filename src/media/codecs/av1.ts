const sequenceHeaderObu = 1;
const temporalDelimiterObu = 2;

/**
 * Whether an AV1 coded video sequence starts in this payload (AV1 RTP payload format §4.4).
 *
 *     |Z|Y| W |N|-|-|-|   aggregation header; N: first packet of a coded video sequence
 *
 * Some senders leave N at 0, so a sequence header as the first OBU counts too.
 */
export function av1KeyFrame(bytes: Uint8Array, at: number, length: number): boolean {
  if (length < 2) return false;
  const header = bytes[at];
  const continues = (header & 0x80) !== 0;
  if (continues) return false;
  if ((header & 0x08) !== 0) return true;
  const end = at + length;
  const elements = (header >>> 4) & 0x03;
  let next = at + 1;
  let element = 1;
  while (next < end) {
    // With W elements the last one has no size; with W = 0 all have one.
    let size = end - next;
    if (elements === 0 || element < elements) {
      let shift = 0;
      size = 0;
      while (true) {
        if (next >= end || shift > 14) return false;
        const byte = bytes[next++];
        size |= (byte & 0x7f) << shift;
        if ((byte & 0x80) === 0) break;
        shift += 7;
      }
    }
    if (size === 0 || next + size > end) return false;
    const type = (bytes[next] >>> 3) & 0x0f;
    if (type !== temporalDelimiterObu) return type === sequenceHeaderObu;
    next += size;
    element++;
  }
  return false;
}
