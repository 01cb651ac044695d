/**
 * The Data Channel Establishment Protocol (RFC 8832):
 *
 *     DATA_CHANNEL_OPEN  | 3 | channel type(1) | priority(2) | reliability(4) | label length(2) |
 *                        | protocol length(2) | label … | protocol … |
 *     DATA_CHANNEL_ACK   | 2 |
 */

/** Payload protocol identifiers (RFC 8831 §8). */
export const PayloadProtocol = {
  Dcep: 50,
  Text: 51,
  Binary: 53,
  EmptyText: 56,
  EmptyBinary: 57,
} as const;

/** How a channel delivers; at most one of the last two is set. */
export interface ChannelReliability {
  readonly ordered: boolean;
  /** Times a message is sent again; null for no limit. */
  readonly maxRetransmits: number | null;
  /** ms for which a message is sent; null for no limit. */
  readonly maxPacketLifeTime: number | null;
}

export interface ChannelOpen extends ChannelReliability {
  readonly label: string;
  readonly protocol: string;
}

export type DcepMessage = ({ readonly type: 'open' } & ChannelOpen) | { readonly type: 'ack' };

const openType = 3;
const ackType = 2;
const headerBytes = 12;
/** Channel types; the highest bit says unordered. */
const reliableType = 0;
const retransmitsType = 1;
const lifetimeType = 2;
const unorderedBit = 0x80;

/** Longest label and protocol, in bytes of UTF-8. */
export const maxNameBytes = 1024;

const decoder = new TextDecoder('utf-8', { fatal: true });
const encoder = new TextEncoder();

/** null for what is malformed, unknown, or has names longer than we take. */
export function parseDcep(bytes: Uint8Array): DcepMessage | null {
  if (bytes[0] === ackType) return { type: 'ack' };
  if (bytes[0] !== openType || bytes.length < headerBytes) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const kind = bytes[1] & ~unorderedBit;
  const reliability = view.getUint32(4);
  const labelBytes = view.getUint16(8);
  const protocolBytes = view.getUint16(10);
  if (kind > lifetimeType || bytes.length !== headerBytes + labelBytes + protocolBytes) return null;
  if (labelBytes > maxNameBytes || protocolBytes > maxNameBytes) return null;
  try {
    return {
      type: 'open',
      ordered: (bytes[1] & unorderedBit) === 0,
      maxRetransmits: kind === retransmitsType ? reliability : null,
      maxPacketLifeTime: kind === lifetimeType ? reliability : null,
      label: decoder.decode(bytes.subarray(headerBytes, headerBytes + labelBytes)),
      protocol: decoder.decode(bytes.subarray(headerBytes + labelBytes)),
    };
  } catch {
    // Not UTF-8.
    return null;
  }
}

export function formatOpen(open: ChannelOpen): Uint8Array {
  const label = encoder.encode(open.label);
  const protocol = encoder.encode(open.protocol);
  const bytes = new Uint8Array(headerBytes + label.length + protocol.length);
  const view = new DataView(bytes.buffer);
  let kind: number = reliableType;
  if (open.maxRetransmits !== null) kind = retransmitsType;
  else if (open.maxPacketLifeTime !== null) kind = lifetimeType;
  bytes[0] = openType;
  bytes[1] = kind | (open.ordered ? 0 : unorderedBit);
  view.setUint32(4, open.maxRetransmits ?? open.maxPacketLifeTime ?? 0);
  view.setUint16(8, label.length);
  view.setUint16(10, protocol.length);
  bytes.set(label, headerBytes);
  bytes.set(protocol, headerBytes + label.length);
  return bytes;
}

export function formatAck(): Uint8Array {
  return Uint8Array.of(ackType);
}

/** The identifier that a message of ours has. */
export function payloadProtocol(data: Uint8Array, text: boolean): number {
  if (data.length === 0) return text ? PayloadProtocol.EmptyText : PayloadProtocol.EmptyBinary;
  return text ? PayloadProtocol.Text : PayloadProtocol.Binary;
}
