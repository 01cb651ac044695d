/** DATA, SACK and FORWARD TSN (RFC 9260 §3.3.1, §3.3.4; RFC 3758 §3.2). */
import { type Chunk, readUint16, readUint32 } from './packet-reader.ts';
import { DataFlag } from './sctp-format.ts';
import { ssnDelta } from './tsn.ts';

export interface DataChunk {
  readonly tsn: number;
  readonly stream: number;
  readonly ssn: number;
  readonly protocol: number;
  readonly begin: boolean;
  readonly end: boolean;
  readonly unordered: boolean;
  /** The sender asks for an acknowledgement at once (RFC 7053). */
  readonly immediate: boolean;
  /** A view of the packet. */
  readonly payload: Uint8Array;
}

export interface SackChunk {
  readonly cumulativeTsn: number;
  readonly window: number;
  /** Start and end of each gap block, as offsets to the cumulative TSN: ascending, and apart from each other. */
  readonly gaps: readonly number[];
}

export interface ForwardTsnChunk {
  readonly cumulativeTsn: number;
  /** The last stream sequence number skipped, by stream. */
  readonly skipped: ReadonlyMap<number, number>;
}

const dataFixedBytes = 12;
const sackFixedBytes = 12;

/** null for what is malformed; DATA without user data is (RFC 9260 §6.2). */
export function parseData({ flags, value }: Chunk): DataChunk | null {
  if (value.length <= dataFixedBytes) return null;
  return {
    tsn: readUint32(value, 0),
    stream: readUint16(value, 4),
    ssn: readUint16(value, 6),
    protocol: readUint32(value, 8),
    begin: (flags & DataFlag.Begin) !== 0,
    end: (flags & DataFlag.End) !== 0,
    unordered: (flags & DataFlag.Unordered) !== 0,
    immediate: (flags & DataFlag.Immediate) !== 0,
    payload: value.subarray(dataFixedBytes),
  };
}

/** null for what is malformed. Gap blocks from the first that is out of order on are left out. */
export function parseSack({ value }: Chunk): SackChunk | null {
  if (value.length < sackFixedBytes) return null;
  const blocks = readUint16(value, 8);
  const duplicates = readUint16(value, 10);
  if (value.length !== sackFixedBytes + 4 * (blocks + duplicates)) return null;
  const gaps: number[] = [];
  let last = 0;
  for (let block = 0; block < blocks; block++) {
    const start = readUint16(value, sackFixedBytes + 4 * block);
    const end = readUint16(value, sackFixedBytes + 4 * block + 2);
    if (start <= last || end < start) break;
    gaps.push(start, end);
    last = end;
  }
  return { cumulativeTsn: readUint32(value, 0), window: readUint32(value, 4), gaps };
}

/** null for what is malformed. */
export function parseForwardTsn({ value }: Chunk): ForwardTsnChunk | null {
  if (value.length < 4 || value.length % 4 !== 0) return null;
  const skipped = new Map<number, number>();
  for (let at = 4; at < value.length; at += 4) {
    const stream = readUint16(value, at);
    const ssn = readUint16(value, at + 2);
    const known = skipped.get(stream);
    if (known === undefined || ssnDelta(ssn, known) > 0) skipped.set(stream, ssn);
  }
  return { cumulativeTsn: readUint32(value, 0), skipped };
}
