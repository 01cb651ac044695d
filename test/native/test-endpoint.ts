import { AddonPacketIo } from '../../src/packet-io/addon-packet-io.ts';
import {
  addressStride,
  InboxField,
  inboxStride,
  OutboxField,
  outboxStride,
} from '../../src/packet-io/layout.ts';
import { loadAddon } from '../../src/packet-io/load-addon.ts';
import type { DtlsSession, PacketIoOptions, SocketAddress } from '../../src/packet-io/packet-io.ts';
import { familyOf, readAddress } from '../../src/packet-io/socket-address.ts';

/** A test that waits longer has failed; nothing is expected to take this long. */
const deadlineMs = 10_000;

export interface ReceivedPacket {
  readonly kind: number;
  readonly transport: number;
  readonly socket: number;
  readonly packetNumber: number;
  readonly bytes: Buffer;
  readonly arrivalMicros: number;
  readonly from: SocketAddress;
}

/** A PacketIo that keeps a copy of what it receives and lets a test wait for it. */
export class TestEndpoint {
  readonly io: AddonPacketIo;
  readonly received: ReceivedPacket[] = [];
  /** Called for each batch, after it was copied. */
  onBatch: (count: number) => void = () => {};
  #wake: () => void = () => {};
  #prefixEnd = 0;
  #queued = 0;

  constructor(options: Partial<PacketIoOptions> = {}) {
    this.io = new AddonPacketIo(loadAddon(), { slotCount: 4096, maxTransports: 64, ...options });
    this.io.start((count) => {
      for (let index = 0; index < count; index++) this.received.push(this.#copy(index));
      this.onBatch(count);
      this.#wake();
    });
  }

  /** Opens a socket on a free port of this address. */
  open(address = '127.0.0.1'): { socket: number; address: SocketAddress } {
    const { socket, port } = this.io.openSocket(address, 0);
    return { socket, address: { family: familyOf(address), address, port } };
  }

  /** A transport sending from `socket` to `to`. */
  connect(socket: number, to: SocketAddress): number {
    const transport = this.io.createTransport();
    this.io.setRemoteAddress(transport, socket, to);
    return transport;
  }

  /** Resolves once `done` holds; looked at after each batch. */
  async until(done: () => boolean): Promise<void> {
    const deadline = performance.now() + deadlineMs;
    while (!done()) {
      const left = deadline - performance.now();
      if (left <= 0)
        throw new Error(
          `still waiting; ${this.received.length} packets, ${JSON.stringify(this.io.counters)}`,
        );
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 100));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Resolves once so many packets were received since the start. */
  untilReceived(count: number): Promise<void> {
    return this.until(() => this.received.length >= count);
  }

  /** Puts a datagram into the outbox, all of it as prefix. */
  queue(kind: number, transport: number, bytes: Uint8Array): void {
    this.queueWithBody(kind, transport, bytes, 0, 0);
  }

  queueWithBody(
    kind: number,
    transport: number,
    prefix: Uint8Array,
    bodyOffset: number,
    bodyLength: number,
  ): void {
    this.io.prefixes.set(prefix, this.#prefixEnd);
    const at = this.#queued++ * outboxStride;
    const outbox = this.io.outbox;
    outbox[at + OutboxField.Transport] = transport;
    outbox[at + OutboxField.Kind] = kind;
    outbox[at + OutboxField.PrefixOffset] = this.#prefixEnd;
    outbox[at + OutboxField.PrefixLength] = prefix.length;
    outbox[at + OutboxField.BodyOffset] = bodyOffset;
    outbox[at + OutboxField.BodyLength] = bodyLength;
    this.#prefixEnd += prefix.length;
  }

  flush(): void {
    const count = this.#queued;
    this.#queued = 0;
    this.#prefixEnd = 0;
    this.io.flush(count);
  }

  close(): void {
    this.io.close();
  }

  #copy(index: number): ReceivedPacket {
    const at = index * inboxStride;
    const { inbox, arena, arrivals, inboxAddresses } = this.io;
    const offset = inbox[at + InboxField.Offset];
    return {
      kind: inbox[at + InboxField.Kind],
      transport: inbox[at + InboxField.Transport],
      socket: inbox[at + InboxField.Socket],
      packetNumber: inbox[at + InboxField.PacketNumber],
      bytes: Buffer.from(arena.subarray(offset, offset + inbox[at + InboxField.Length])),
      arrivalMicros: arrivals[index],
      from: readAddress(inboxAddresses, index * addressStride),
    };
  }
}

/** Hands datagrams between two DTLS sessions until neither has any. `lose` may take some away. */
export function exchangeDtls(
  a: DtlsSession,
  b: DtlsSession,
  lose: (datagram: Uint8Array) => boolean = () => false,
): void {
  for (let quiet = false; !quiet; ) {
    quiet = true;
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      for (let datagram = from.takeDatagram(); datagram !== null; datagram = from.takeDatagram()) {
        quiet = false;
        if (!lose(datagram)) to.receive(datagram);
      }
    }
  }
}

/** Two connected DTLS sessions of these endpoints. The caller frees them. */
export function connectDtls(client: AddonPacketIo, server: AddonPacketIo): [DtlsSession, DtlsSession] {
  const a = client.createDtls('client');
  const b = server.createDtls('server');
  a.start();
  exchangeDtls(a, b);
  return [a, b];
}

export interface SecuredPair {
  readonly a: TestEndpoint;
  readonly b: TestEndpoint;
  /** Transport of `a` towards `b`, and the other way round. */
  readonly toB: number;
  readonly toA: number;
  readonly addressOfA: SocketAddress;
  readonly addressOfB: SocketAddress;
  readonly socketOfA: number;
  readonly socketOfB: number;
}

/** Two endpoints on loopback with SRTP between them. The caller closes both. */
export function openSecuredPair(options: Partial<PacketIoOptions> = {}, address = '127.0.0.1'): SecuredPair {
  const a = new TestEndpoint(options);
  const b = new TestEndpoint(options);
  const at = a.open(address);
  const bt = b.open(address);
  const toB = a.connect(at.socket, bt.address);
  const toA = b.connect(bt.socket, at.address);
  const [clientSession, serverSession] = connectDtls(a.io, b.io);
  a.io.installSrtp(toB, clientSession);
  b.io.installSrtp(toA, serverSession);
  clientSession.free();
  serverSession.free();
  return {
    a,
    b,
    toB,
    toA,
    addressOfA: at.address,
    addressOfB: bt.address,
    socketOfA: at.socket,
    socketOfB: bt.socket,
  };
}

/** An RTP packet with this payload length; the payload is derived from the sequence number. */
export function makeRtp(sequenceNumber: number, payloadBytes: number, ssrc = 0x11223344): Buffer {
  const packet = Buffer.alloc(12 + payloadBytes, sequenceNumber & 0xff);
  packet[0] = 0x80;
  packet[1] = 96;
  packet.writeUInt16BE(sequenceNumber & 0xffff, 2);
  packet.writeUInt32BE((sequenceNumber * 3000) >>> 0, 4);
  packet.writeUInt32BE(ssrc, 8);
  return packet;
}

/** A sender report without blocks, of this many bytes. */
export function makeRtcp(bytes = 28, ssrc = 0x11223344): Buffer {
  const packet = Buffer.alloc(bytes, 0x5a);
  packet[0] = 0x80;
  packet[1] = 200;
  packet.writeUInt16BE(bytes / 4 - 1, 2);
  packet.writeUInt32BE(ssrc, 4);
  return packet;
}

/** Seeded 32-bit random numbers (mulberry32), so that a failure can be had again. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

/** A copy of a datagram with something changed: bits, a byte, its length, or a piece repeated. */
export function mutate(datagram: Uint8Array, random: () => number): Buffer {
  const copy = Buffer.from(datagram);
  const at = random() % copy.length;
  switch (random() % 6) {
    case 0:
      copy[at] ^= 1 << (random() % 8);
      return copy;
    case 1:
      copy[at] = random() & 0xff;
      return copy;
    case 2:
      return copy.subarray(0, at);
    case 3:
      return Buffer.concat([copy, copy.subarray(at)]);
    case 4:
      for (let i = 0; i < 8; i++) copy[(at + i) % copy.length] = random() & 0xff;
      return copy;
    default:
      copy.writeUInt16BE(random() & 0xffff, Math.min(at, Math.max(0, copy.length - 2)));
      return copy;
  }
}
