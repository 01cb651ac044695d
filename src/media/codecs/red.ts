/**
 * RED for audio (RFC 2198): earlier frames repeated in front of the newest, so that a lost packet costs nothing.
 *
 *     0                   1                   2                   3
 *     |1| block PT    |  timestamp offset         |   block length    |  one per earlier frame
 *     |0| primary PT  |                                                  the newest: its length is what is left
 *     | earlier frames …                          | newest frame …     |
 */
import type { RtpCodec, RtpCodecParameters } from '../rtp-parameters.ts';

const blockHeaderBytes = 4;
const moreBlocksFollow = 0x80;

/** The codec of the newest frame in a RED payload, of those its sender negotiated; null where `codec` is not RED. */
export function findRedPrimary(
  codec: RtpCodec,
  negotiated: readonly RtpCodecParameters[],
): RtpCodecParameters | null {
  if (codec.name.toLowerCase() !== 'red') return null;
  // a=fmtp:63 111/111 is kept as one key, since it has no "=".
  const payloadType = Number(
    /^(\d+)(?:\/|$)/.exec(Object.keys(codec.parameters)[0] ?? '')?.[1] ?? Number.NaN,
  );
  return negotiated.find((candidate) => candidate.payloadType === payloadType) ?? null;
}

/** How many bytes precede the newest frame in a RED payload, or -1 where the payload is malformed or holds no frame. */
export function redPrimaryStart(bytes: Uint8Array, offset: number, length: number): number {
  const end = offset + length;
  let header = offset;
  let earlierBytes = 0;
  while (header + blockHeaderBytes < end && (bytes[header] & moreBlocksFollow) !== 0) {
    earlierBytes += ((bytes[header + 2] & 0x03) << 8) | bytes[header + 3];
    header += blockHeaderBytes;
  }
  if (header >= end || (bytes[header] & moreBlocksFollow) !== 0) return -1;
  const start = header + 1 + earlierBytes;
  return start < end ? start - offset : -1;
}
