import { KeyFrame } from './key-frame.ts';

/** NAL unit types (H.265 table 7-1, RFC 7798 §4.4). */
const firstIrap = 16;
const lastIrap = 21;
const videoParameterSet = 32;
const sequenceParameterSet = 33;
const aggregationPacket = 48;
const fragmentationUnit = 49;

const payloadHeaderBytes = 2;

/** Whether an H.265 random access point starts in this payload (RFC 7798): one of KeyFrame. */
export function h265KeyFrame(bytes: Uint8Array, at: number, length: number): number {
  if (length < payloadHeaderBytes) return KeyFrame.None;
  const type = nalUnitType(bytes[at]);
  switch (type) {
    case aggregationPacket:
      return aggregate(bytes, at + payloadHeaderBytes, at + length);
    case fragmentationUnit:
      // FU header: |S|E| type |
      if (length < 3 || (bytes[at + 2] & 0x80) === 0) return KeyFrame.None;
      return ofNalUnit(bytes[at + 2] & 0x3f);
    default:
      return ofNalUnit(type);
  }
}

/** Aggregation packet (RFC 7798 §4.4.2): NAL units, each after its 16-bit size (no DON: sprop-max-don-diff 0). */
function aggregate(bytes: Uint8Array, at: number, end: number): number {
  let result: number = KeyFrame.None;
  while (at + 2 < end) {
    const size = (bytes[at] << 8) | bytes[at + 1];
    at += 2;
    if (size === 0 || at + size > end) break;
    const found = ofNalUnit(nalUnitType(bytes[at]));
    if (found === KeyFrame.Start) return found;
    if (found !== KeyFrame.None) result = found;
    at += size;
  }
  return result;
}

/** |F| type |layer id … */
function nalUnitType(header: number): number {
  return (header >>> 1) & 0x3f;
}

/** The VPS comes before the SPS: whichever is seen, the parameter sets start with it. */
function ofNalUnit(type: number): number {
  if (type === videoParameterSet || type === sequenceParameterSet) return KeyFrame.Start;
  return type >= firstIrap && type <= lastIrap ? KeyFrame.WithoutParameterSets : KeyFrame.None;
}
