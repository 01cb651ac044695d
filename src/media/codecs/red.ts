import type { RtpCodec } from '../rtp-parameters.ts';

/** Most blocks of one packet: browsers send 2 or 3, libwebrtc 10 at most. */
export const maxRedBlocks = 16;

const blockHeaderBytes = 4;
const primaryHeaderBytes = 1;

/** Whether this is audio/red, the redundancy of RFC 2198. */
export function isRed({ name }: Pick<RtpCodec, 'name'>): boolean {
  return name.toLowerCase() === 'red';
}

/** The payload type that a=fmtp of RED, such as "111/111", repeats; -1 where there is not exactly one. */
export function redPrimary({ parameters }: Pick<RtpCodec, 'parameters'>): number {
  const blocks = Object.keys(parameters).flatMap((key) => key.split('/'));
  return blocks.length > 0 && /^[0-9]{1,3}$/.test(blocks[0]) && blocks.every((block) => block === blocks[0])
    ? Number(blocks[0])
    : -1;
}

/**
 * The blocks of one RED payload (RFC 2198 §3), seen through offsets. One object is used for packet after packet;
 * nothing is allocated.
 *
 *      0                   1                   2                   3
 *     |1|  block PT   |  timestamp offset (14)    |  length (10)      |  for each redundant block, oldest first
 *     |0|  block PT   |                                                  the primary: all that is left
 *     | data of the redundant blocks … | data of the primary |
 */
export class RedPayload {
  /** Blocks, the primary included; it is the last. */
  count = 0;
  readonly payloadType = new Uint8Array(maxRedBlocks);
  /** Where the data starts in the bytes given to parse(). */
  readonly offset = new Int32Array(maxRedBlocks);
  readonly length = new Int32Array(maxRedBlocks);
  /** How many ticks before the packet's timestamp the block was; 0 for the primary. */
  readonly timestampOffset = new Int32Array(maxRedBlocks);

  /** False for what is malformed: headers or data beyond the end, too many blocks. Fields are undefined then. */
  parse(bytes: Uint8Array, start: number, length: number): boolean {
    const end = start + length;
    let at = start;
    let count = 0;
    let redundantBytes = 0;
    while (true) {
      if (at >= end || count === maxRedBlocks) return false;
      const first = bytes[at];
      this.payloadType[count] = first & 0x7f;
      if ((first & 0x80) === 0) break;
      if (at + blockHeaderBytes > end) return false;
      this.timestampOffset[count] = (bytes[at + 1] << 6) | (bytes[at + 2] >>> 2);
      const blockLength = ((bytes[at + 2] & 0x03) << 8) | bytes[at + 3];
      this.length[count++] = blockLength;
      redundantBytes += blockLength;
      at += blockHeaderBytes;
    }
    at += primaryHeaderBytes;
    if (at + redundantBytes > end) return false;
    for (let block = 0; block < count; block++) {
      this.offset[block] = at;
      at += this.length[block];
    }
    this.timestampOffset[count] = 0;
    this.offset[count] = at;
    this.length[count] = end - at;
    this.count = count + 1;
    return true;
  }
}
