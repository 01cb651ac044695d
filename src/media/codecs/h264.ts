import { KeyFrame } from './key-frame.ts';

/** NAL unit types (RFC 6184 §5.2, H.264 table 7-1). */
const idrSlice = 5;
const sequenceParameterSet = 7;
const stapA = 24;
const fuA = 28;

/** Whether an H.264 key frame starts in this payload (RFC 6184): one of KeyFrame. */
export function h264KeyFrame(bytes: Uint8Array, at: number, length: number): number {
  if (length < 1) return KeyFrame.None;
  const type = bytes[at] & 0x1f;
  switch (type) {
    case stapA:
      return aggregate(bytes, at + 1, at + length);
    case fuA:
      // FU header: |S|E|R| type |
      if (length < 2 || (bytes[at + 1] & 0x80) === 0) return KeyFrame.None;
      return ofNalUnit(bytes[at + 1] & 0x1f);
    default:
      return ofNalUnit(type);
  }
}

/** STAP-A (RFC 6184 §5.7.1): NAL units, each after its 16-bit size. */
function aggregate(bytes: Uint8Array, at: number, end: number): number {
  let result: number = KeyFrame.None;
  while (at + 2 < end) {
    const size = (bytes[at] << 8) | bytes[at + 1];
    at += 2;
    if (size === 0 || at + size > end) break;
    const found = ofNalUnit(bytes[at] & 0x1f);
    if (found === KeyFrame.Start) return found;
    if (found !== KeyFrame.None) result = found;
    at += size;
  }
  return result;
}

function ofNalUnit(type: number): number {
  if (type === sequenceParameterSet) return KeyFrame.Start;
  return type === idrSlice ? KeyFrame.WithoutParameterSets : KeyFrame.None;
}
