/**
 * An engine without sockets for the tests of this folder: packets are put into the arena by hand, what is queued
 * is collected, the clock is turned by the test. Named as a test so that it is not built; holds none itself.
 */
import assert from 'node:assert/strict';
import {
  batchSize,
  InboxField,
  inboxStride,
  OutboxField,
  outboxCapacity,
  outboxStride,
  PacketKind,
  prefixArenaBytes,
  slotBytes,
} from '../packet-io/layout.ts';
import { SendQueue } from '../packet-io/send-queue.ts';
import type { MediaContext } from './media-context.ts';
import { createMediaCounters } from './media-counters.ts';
import { MediaTransport, type MediaTransportOptions } from './media-transport.ts';
import {
  headerExtensionUri,
  type ReceiveParameters,
  type RtpCodecParameters,
  type RtpHeaderExtension,
  type SendParameters,
} from './rtp-parameters.ts';
import { finishRun } from './transport-link.ts';

/** A datagram as a transport sent it, before protection. */
export interface Sent {
  readonly transport: number;
  readonly kind: number;
  readonly bytes: Uint8Array;
}

/** Deterministic 32-bit generator (mulberry32), as good as a test needs. */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

export class Simulation {
  readonly context: MediaContext;
  readonly transports: MediaTransport[] = [];
  readonly started: string[] = [];
  /** Transports whose remote said goodbye of everything. */
  readonly goodbyes: number[] = [];
  /** What forwarders that failed had thrown. */
  readonly failures: unknown[] = [];
  readonly clock = { nowMs: 1000, ntpOffsetMs: 3_900_000_000_000 };
  sent: Sent[] = [];
  /** Whether what is sent is kept for take(). */
  keepsSent = true;
  #nextPacket = 0;

  constructor(seed = 1, slotCount = 2048) {
    const arena = new Uint8Array((slotCount + batchSize) * slotBytes);
    const sink = {
      prefixes: new Uint8Array(prefixArenaBytes),
      outbox: new Int32Array(outboxCapacity * outboxStride),
      flush: (count: number) => this.#collect(count),
    };
    this.context = {
      arena,
      slotCount,
      inbox: new Int32Array(batchSize * inboxStride),
      arrivals: new Float64Array(batchSize),
      sendQueue: new SendQueue(sink),
      clock: this.clock,
      ring: { newest: -1 },
      counters: createMediaCounters(),
      randomUint32: seededRandom(seed),
    };
    this.#sink = sink;
  }

  readonly #sink: { prefixes: Uint8Array; outbox: Int32Array };

  addTransport(options: MediaTransportOptions = {}): MediaTransport {
    const id = this.transports.length;
    const transport = new MediaTransport(id, this.context, options, {
      trackStarted: (track) => this.started.push(track.mid),
      saidGoodbye: () => this.goodbyes.push(id),
      forwarderFailed: (_, error) => this.failures.push(error),
      deadlineChanged: () => {},
    });
    transport.setSendEnabled(true);
    this.transports.push(transport);
    return transport;
  }

  /** A datagram arrives now, alone. */
  receive(transport: number, kind: number, bytes: Uint8Array): void {
    this.receiveOne(transport, kind, bytes);
    this.endBatch();
  }

  /** What ends a batch in the engine. */
  endBatch(): void {
    finishRun(this.context);
    this.context.sendQueue.flush();
  }

  /** A datagram arrives now, and others of its batch may follow until endBatch(). */
  receiveOne(transport: number, kind: number, bytes: Uint8Array): void {
    const { arena, inbox, arrivals, slotCount } = this.context;
    const rtp = kind === PacketKind.Rtp;
    const offset = rtp ? (this.#nextPacket & (slotCount - 1)) * slotBytes : slotCount * slotBytes;
    arena.set(bytes, offset);
    inbox[InboxField.Offset] = offset;
    inbox[InboxField.Length] = bytes.length;
    inbox[InboxField.Kind] = kind;
    inbox[InboxField.Transport] = transport;
    inbox[InboxField.PacketNumber] = this.#nextPacket;
    arrivals[0] = this.clock.nowMs * 1000;
    if (rtp) {
      this.#nextPacket = (this.#nextPacket + 1) & 0x7fffffff;
      this.transports[transport].receiveRtp(0);
    } else {
      finishRun(this.context);
      this.transports[transport].receiveRtcp(0);
    }
  }

  /** Turns the clock forward, stopping at every deadline on the way. */
  advance(ms: number): void {
    const until = this.clock.nowMs + ms;
    while (true) {
      const next = Math.min(...this.transports.map((transport) => transport.nextDeadline()));
      if (next > until) break;
      this.clock.nowMs = Math.max(this.clock.nowMs, next);
      for (const transport of this.transports) {
        if (transport.nextDeadline() <= this.clock.nowMs) transport.handleTimeout();
      }
      this.context.sendQueue.flush();
    }
    this.clock.nowMs = until;
  }

  /** What was sent since this was last asked. */
  take(transport?: number, kind?: number): Sent[] {
    this.context.sendQueue.flush();
    const matches = (item: Sent) =>
      (transport === undefined || item.transport === transport) && (kind === undefined || item.kind === kind);
    const taken = this.sent.filter(matches);
    this.sent = this.sent.filter((item) => !matches(item));
    return taken;
  }

  #collect(count: number): void {
    if (!this.keepsSent) return;
    const { prefixes, outbox } = this.#sink;
    for (let index = 0; index < count; index++) {
      const at = index * outboxStride;
      const prefixLength = outbox[at + OutboxField.PrefixLength];
      const bodyLength = outbox[at + OutboxField.BodyLength];
      const bytes = new Uint8Array(prefixLength + bodyLength);
      const prefixOffset = outbox[at + OutboxField.PrefixOffset];
      bytes.set(prefixes.subarray(prefixOffset, prefixOffset + prefixLength));
      const bodyOffset = outbox[at + OutboxField.BodyOffset];
      bytes.set(this.context.arena.subarray(bodyOffset, bodyOffset + bodyLength), prefixLength);
      this.sent.push({
        transport: outbox[at + OutboxField.Transport],
        kind: outbox[at + OutboxField.Kind],
        bytes,
      });
    }
  }
}

export interface RtpFields {
  readonly payloadType: number;
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly marker?: boolean;
  readonly payload?: readonly number[] | Uint8Array;
  /** Header extensions, [id, data]: in the one-byte form where that can hold them. */
  readonly extensions?: readonly (readonly [id: number, data: readonly number[]])[];
  readonly padding?: number;
  readonly csrcs?: readonly number[];
}

/** Builds an RTP packet the slow way, independent of the code under test. */
export function rtp(fields: RtpFields): Uint8Array {
  const bytes: number[] = [
    0x80 | (fields.extensions ? 0x10 : 0) | (fields.padding ? 0x20 : 0) | (fields.csrcs?.length ?? 0),
    (fields.marker ? 0x80 : 0) | fields.payloadType,
    ...big(fields.sequenceNumber, 2),
    ...big(fields.timestamp, 4),
    ...big(fields.ssrc, 4),
    ...(fields.csrcs ?? []).flatMap((csrc) => big(csrc, 4)),
  ];
  if (fields.extensions) {
    const oneByte = fields.extensions.every(([id, { length }]) => id < 15 && length > 0 && length <= 16);
    const block = fields.extensions.flatMap(([id, data]) =>
      oneByte ? [(id << 4) | (data.length - 1), ...data] : [id, data.length, ...data],
    );
    while (block.length % 4 !== 0) block.push(0);
    bytes.push(...(oneByte ? [0xbe, 0xde] : [0x10, 0x00]), ...big(block.length / 4, 2), ...block);
  }
  bytes.push(...(fields.payload ?? []));
  if (fields.padding) bytes.push(...new Array<number>(fields.padding - 1).fill(0), fields.padding);
  return Uint8Array.from(bytes);
}

/** RFC 2198 §3, written the slow way. */
export function redPayload(
  redundant: readonly { before: number; data: readonly number[] | Uint8Array }[],
  primary: readonly number[] | Uint8Array,
  payloadType = 111,
): number[] {
  return [
    ...redundant.flatMap(({ before, data }) => [
      0x80 | payloadType,
      before >>> 6,
      ((before & 0x3f) << 2) | (data.length >>> 8),
      data.length & 0xff,
    ]),
    payloadType,
    ...redundant.flatMap(({ data }) => [...data]),
    ...primary,
  ];
}

export function big(value: number, length: number): number[] {
  return Array.from({ length }, (_, index) => Math.floor(value / 2 ** (8 * (length - 1 - index))) & 0xff);
}

export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(/\s+/g, ''), 'hex'));
}

/** What a packet says, read the slow way. */
export interface ReadRtp extends RtpFields {
  readonly payload: Uint8Array;
  readonly extensionById: ReadonlyMap<number, Uint8Array>;
}

export function readRtp(bytes: Uint8Array): ReadRtp {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  assert.equal(bytes[0] >>> 6, 2);
  let payloadAt = 12 + (bytes[0] & 15) * 4;
  const extensionById = new Map<number, Uint8Array>();
  if (bytes[0] & 0x10) {
    const end = payloadAt + 4 + view.getUint16(payloadAt + 2) * 4;
    const oneByte = view.getUint16(payloadAt) === 0xbede;
    for (let at = payloadAt + 4; at < end; ) {
      const id = oneByte ? bytes[at] >>> 4 : bytes[at];
      if (id === 0) {
        at++;
        continue;
      }
      const length = oneByte ? (bytes[at] & 15) + 1 : bytes[at + 1];
      at += oneByte ? 1 : 2;
      extensionById.set(id, bytes.slice(at, at + length));
      at += length;
    }
    payloadAt = end;
  }
  return {
    marker: bytes[1] >= 0x80,
    payloadType: bytes[1] & 0x7f,
    sequenceNumber: view.getUint16(2),
    timestamp: view.getUint32(4),
    ssrc: view.getUint32(8),
    payload: bytes.slice(payloadAt),
    extensionById,
  };
}

export const opus: RtpCodecParameters = {
  kind: 'audio',
  name: 'opus',
  clockRate: 48000,
  channels: 2,
  parameters: { minptime: '10', useinbandfec: '1' },
  payloadType: 111,
  rtxPayloadType: -1,
  feedback: ['transport-cc'],
};

export const vp8: RtpCodecParameters = {
  kind: 'video',
  name: 'VP8',
  clockRate: 90000,
  channels: 1,
  parameters: {},
  payloadType: 96,
  rtxPayloadType: 97,
  feedback: ['goog-remb', 'transport-cc', 'ccm fir', 'nack', 'nack pli'],
};

/** Payloads of a VP8 key frame's start and of a delta frame. */
export const vp8KeyPayload = [0x10, 0x00, 0x9d, 0x01, 0x2a, 1, 2, 3];
export const vp8DeltaPayload = [0x10, 0x01, 4, 5, 6, 7];

export const publisherExtensions: readonly RtpHeaderExtension[] = [
  { uri: headerExtensionUri.mid, id: 4 },
  { uri: headerExtensionUri.rid, id: 10 },
  { uri: headerExtensionUri.repairedRid, id: 11 },
  { uri: headerExtensionUri.absSendTime, id: 2 },
  { uri: headerExtensionUri.transportWideCc, id: 3 },
  { uri: headerExtensionUri.audioLevel, id: 1 },
  { uri: headerExtensionUri.videoOrientation, id: 13 },
];

export const subscriberExtensions: readonly RtpHeaderExtension[] = [
  { uri: headerExtensionUri.mid, id: 9 },
  { uri: headerExtensionUri.absSendTime, id: 3 },
  { uri: headerExtensionUri.audioLevel, id: 6 },
  { uri: headerExtensionUri.videoOrientation, id: 5 },
];

export function receiveVideo(changes: Partial<ReceiveParameters> = {}): ReceiveParameters {
  return {
    mid: '1',
    kind: 'video',
    codecs: [vp8],
    headerExtensions: publisherExtensions,
    encodings: [{ rid: null, ssrc: 0x1111, rtxSsrc: 0x2222 }],
    ...changes,
  };
}

export function sendVideo(changes: Partial<SendParameters> = {}): SendParameters {
  return {
    mid: '7',
    kind: 'video',
    codecs: [{ ...vp8, payloadType: 120, rtxPayloadType: 121 }],
    headerExtensions: subscriberExtensions,
    ssrc: 0xaaaa0001,
    rtxSsrc: 0xaaaa0002,
    cname: 'manifold',
    ...changes,
  };
}
