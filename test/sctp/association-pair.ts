/** Two associations over an emulated network; the clock jumps from one deadline to the next. */
import { SctpAssociation } from '../../src/webrtc/sctp/association.ts';
import type { AssociationEnd, AssociationOptions } from '../../src/webrtc/sctp/association-types.ts';
import type { Delivery } from '../../src/webrtc/sctp/outgoing-message.ts';
import type { LinkParameters } from '../network/link-parameters.ts';
import { NetworkEmulator } from '../network/network-emulator.ts';
import { SeededRandom } from '../network/seeded-random.ts';

export const reliable: Delivery = {
  ordered: true,
  maxRetransmits: Number.POSITIVE_INFINITY,
  lifetimeMs: Number.POSITIVE_INFINITY,
};

export const defaultAssociation = {
  localPort: 5000,
  remotePort: 5000,
  mtu: 1160,
  maxStreams: 1024,
  maxMessageBytes: 262_144,
  maxReceiveBytes: 1 << 20,
  maxSendBytes: 4 << 20,
} as const;

/** One end, with all that happened to it. */
export class SctpEnd {
  readonly association: SctpAssociation;
  readonly received: { stream: number; protocol: number; payload: Uint8Array; at: number }[] = [];
  readonly incomingResets: number[] = [];
  readonly outgoingResets: { stream: number; performed: boolean }[] = [];
  established = 0;
  restarts = 0;
  end: AssociationEnd | null = null;
  detail = '';
  onMessage: (stream: number, payload: Uint8Array) => void = () => {};

  constructor(
    random: SeededRandom,
    clock: { readonly now: number },
    options: Partial<AssociationOptions> = {},
  ) {
    const randomUint32 = (): number => random.uint32();
    this.association = new SctpAssociation(
      { ...defaultAssociation, randomUint32, ...options },
      {
        established: () => {
          this.established++;
        },
        message: ({ stream, protocol, payload }) => {
          this.received.push({ stream, protocol, payload, at: clock.now });
          this.onMessage(stream, payload);
        },
        incomingReset: (streams) => this.incomingResets.push(...streams),
        outgoingReset: (streams, performed) => {
          for (const stream of streams) this.outgoingResets.push({ stream, performed });
        },
        restarted: () => {
          this.restarts++;
        },
        ended: (reason, detail) => {
          this.end = reason;
          this.detail = detail;
        },
      },
    );
  }

  /** The payloads of one stream as text. */
  texts(stream: number): string[] {
    return this.received.filter((m) => m.stream === stream).map((m) => new TextDecoder().decode(m.payload));
  }
}

export class AssociationPair {
  now = 0;
  readonly a: SctpEnd;
  b: SctpEnd;
  readonly toB: NetworkEmulator;
  readonly toA: NetworkEmulator;
  /** Sees every packet that is sent; false loses it. */
  filter: (packet: Uint8Array, from: 'a' | 'b') => boolean = () => true;
  readonly #random: SeededRandom;

  constructor(link: Partial<LinkParameters> = {}, seed = 1, options: Partial<AssociationOptions> = {}) {
    this.#random = new SeededRandom(seed);
    this.a = new SctpEnd(this.#random, this, options);
    this.b = new SctpEnd(this.#random, this, options);
    this.toB = new NetworkEmulator(link, seed + 100);
    this.toA = new NetworkEmulator(link, seed + 200);
  }

  /** Both begin at once, as WebRTC's ends do, and are established. */
  connect(): void {
    this.a.association.connect(this.now);
    this.b.association.connect(this.now);
    this.runUntil(
      () => this.a.association.state === 'established' && this.b.association.state === 'established',
    );
  }

  /** Puts a new end in the place of `b`, which forgets everything. */
  replaceB(): void {
    this.b = new SctpEnd(this.#random, this);
  }

  send(stream: number, payload: Uint8Array | string, delivery: Delivery = reliable, protocol = 51): boolean {
    const bytes = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;
    return this.a.association.send(this.now, stream, protocol, bytes, delivery);
  }

  setLink(change: Partial<LinkParameters>): void {
    this.toA.update(this.now, change);
    this.toB.update(this.now, change);
  }

  /** Runs until `done`, for at most so long. @throws Error when it is not done by then */
  runUntil(done: () => boolean, limitMs = 120_000): void {
    const end = this.now + limitMs;
    for (this.#step(); !done(); this.#step()) {
      const next = this.#nextDeadline();
      if (next > end)
        throw new Error(`not done by ${end} ms: ${this.a.association.state}, ${this.b.association.state}`);
      this.now = Math.max(this.now, next);
    }
  }

  /** Runs for so long. */
  run(ms: number): void {
    const end = this.now + ms;
    for (this.#step(); ; this.#step()) {
      const next = this.#nextDeadline();
      if (next > end) break;
      this.now = Math.max(this.now, next);
    }
    this.now = end;
  }

  #nextDeadline(): number {
    const machines = [this.a.association, this.b.association, this.toA, this.toB];
    return Math.min(...machines.map((machine) => machine.nextDeadline()));
  }

  #step(): void {
    const { now } = this;
    for (const { association } of [this.a, this.b])
      if (association.nextDeadline() <= now) association.handleTimeout(now);
    this.#drain();
    for (const [end, link] of [
      [this.b, this.toB],
      [this.a, this.toA],
    ] as const) {
      for (const packet of link.take(now)) {
        end.association.receive(now, packet);
        this.#drain();
      }
    }
  }

  #drain(): void {
    this.#send('a', this.a, this.toB);
    this.#send('b', this.b, this.toA);
  }

  #send(name: 'a' | 'b', from: SctpEnd, link: NetworkEmulator): void {
    const { association } = from;
    for (let out = association.takePacket(this.now); out !== null; out = association.takePacket(this.now)) {
      if (this.filter(out, name)) link.enqueue(this.now, out.slice());
    }
  }
}
