/**
 * One load run: publishers and subscribers of one room, in this process, over real HTTP, ICE, DTLS and SRTP.
 * Drives the addon directly, so that the generator costs less than the server it measures.
 */

import { openPacketIo } from '../packet-io/addon.ts';
import { InboxField, inboxStride, PacketKind } from '../packet-io/layout.ts';
import type { PacketIo } from '../packet-io/packet-io.ts';
import { SendQueue } from '../packet-io/send-queue.ts';
import { DelayHistogram } from './delay-histogram.ts';
import { feedbackIntervalMs, LoadFeedback } from './load-feedback.ts';
import { LoadPeer } from './load-peer.ts';
import { LoadPublisher } from './load-publisher.ts';
import type { LoadReport, ServerUsage } from './load-report.ts';
import { queueReceiverReport, readsKeyFrameRequest } from './load-rtcp.ts';
import { LoadSubscriber } from './load-subscriber.ts';
import { type ProcessUsage, readProcessUsage } from './process-usage.ts';
import { Rotation } from './rotation.ts';
import type { TrafficShape } from './traffic.ts';

export interface LoadOptions {
  /** Base address of the server. */
  readonly server: URL;
  readonly room: string;
  readonly publishers: number;
  /** Each plays one publisher; spread evenly over them. */
  readonly subscribers: number;
  readonly shape: TrafficShape;
  /** Whether subscribers tell the server what arrives when, as browsers do: it then estimates and paces for each. */
  readonly feedback: boolean;
  readonly bearerToken?: string;
  /** Process id of the server, for its CPU and memory. */
  readonly serverPid?: number;
  /** Joins under way at once. */
  readonly joinConcurrency: number;
  /** Told what happens, for people. */
  readonly progress: (message: string) => void;
}

const timerIntervalMs = 20;
const reportIntervalMs = 1000;
/** Of the subscribers: what the server takes for the first of any has little to do with how many there are. */
const warmUpShare = 0.1;

export class LoadRun {
  readonly #options: LoadOptions;
  readonly #io: PacketIo;
  readonly #sendQueue: SendQueue;
  readonly #arena: DataView;
  readonly #delays = new DelayHistogram();
  readonly #peers: LoadPeer[] = [];
  readonly #peerOf: (LoadPeer | undefined)[] = [];
  readonly #publisherOf: (LoadPublisher | undefined)[] = [];
  readonly #subscriberOf: (LoadSubscriber | undefined)[] = [];
  readonly #publishers: LoadPublisher[] = [];
  readonly #subscribers: LoadSubscriber[] = [];
  readonly #joinMs = new DelayHistogram();
  #shape: TrafficShape;
  #stopTimers: (() => void) | null = null;
  #joinUsage: { before: ProcessUsage; after: ProcessUsage } | null = null;
  #joinsPerSecond = 0;
  /** The server's when so many subscribers had joined. */
  #memoryBefore = { residentBytes: 0, subscribers: 0 };

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#shape = options.shape;
    this.#io = openPacketIo({ slotCount: 8192, maxTransports: options.publishers + options.subscribers });
    this.#sendQueue = new SendQueue(this.#io);
    this.#arena = new DataView(this.#io.arena.buffer, this.#io.arena.byteOffset, this.#io.arena.byteLength);
  }

  /** Connects everybody and starts sending. @throws Error if anyone cannot join */
  async start(): Promise<void> {
    const { publishers, subscribers, progress, joinConcurrency } = this.#options;
    this.#io.start((count) => this.#receiveBatch(count));
    this.#startTimers();
    for (let index = 0; index < publishers; index++) {
      const ssrc = 0x10000 + index;
      const peer = await this.#join('whip', `load-publisher-${index}`, ssrc);
      const publisher = new LoadPublisher(peer.transport, ssrc, this.#shape, this.#sendQueue);
      this.#publisherOf[peer.transport] = publisher;
      this.#publishers.push(publisher);
    }
    progress(`${publishers} publisher(s) send`);
    // Publications exist from their first packets on.
    await sleep(300);
    const before = this.#usage();
    const began = performance.now();
    const warmUp = Math.floor(subscribers * warmUpShare);
    let next = 0;
    const worker = async () => {
      while (next < subscribers) {
        const index = next++;
        const peer = await this.#join('whep', `load-publisher-${index % publishers}`, 0);
        const subscriber = new LoadSubscriber(
          peer.transport,
          this.#options.feedback ? new LoadFeedback() : null,
        );
        this.#subscriberOf[peer.transport] = subscriber;
        this.#subscribers.push(subscriber);
        this.#joinMs.record(Math.round(peer.joinMs * 1000));
        if (this.#subscribers.length === warmUp) this.#noteMemory();
      }
    };
    if (warmUp === 0) this.#noteMemory();
    await Promise.all(Array.from({ length: Math.min(joinConcurrency, subscribers) }, worker));
    this.#joinsPerSecond = (subscribers * 1000) / (performance.now() - began);
    const after = this.#usage();
    if (before !== null && after !== null) this.#joinUsage = { before, after };
    progress(`${subscribers} subscriber(s) joined, ${this.#joinsPerSecond.toFixed(0)} a second`);
  }

  #noteMemory(): void {
    const residentBytes = this.#usage()?.residentBytes ?? 0;
    this.#memoryBefore = { residentBytes, subscribers: this.#subscribers.length };
  }

  /** Changes what the publishers send from now on. */
  setShape(shape: TrafficShape): void {
    this.#shape = shape;
    for (const publisher of this.#publishers) publisher.setShape(shape);
  }

  /**
   * Measures for `seconds`, after `settleSeconds` that do not count: a server just joined by many still compiles what
   * it will do from now on, and collects what the joins left.
   */
  async measure(seconds: number, settleSeconds: number): Promise<LoadReport> {
    await sleep(settleSeconds * 1000);
    for (const subscriber of this.#subscribers) subscriber.reset();
    this.#delays.reset();
    const usageBefore = this.#usage();
    const sentBefore = this.#packetsSent();
    const began = performance.now();
    await sleep(seconds * 1000);
    const elapsed = (performance.now() - began) / 1000;
    const usageAfter = this.#usage();
    const published = this.#packetsSent() - sentBefore;
    let expected = 0;
    let received = 0;
    let silent = 0;
    for (const subscriber of this.#subscribers) {
      expected += subscriber.expected;
      received += subscriber.received;
      if (subscriber.received === 0) silent++;
    }
    return {
      publishers: this.#publishers.length,
      subscribers: this.#subscribers.length,
      seconds: elapsed,
      packetsPublished: published,
      packetsExpected: expected,
      packetsReceived: received,
      lossRatio: expected === 0 ? 1 : Math.max(0, 1 - received / expected),
      silentSubscribers: silent,
      delayMs: {
        p50: this.#delays.quantile(0.5) / 1000,
        p99: this.#delays.quantile(0.99) / 1000,
        max: this.#delays.quantile(1) / 1000,
      },
      joins: {
        count: this.#subscribers.length,
        perSecond: this.#joinsPerSecond,
        p50Ms: this.#joinMs.quantile(0.5) / 1000,
        p99Ms: this.#joinMs.quantile(0.99) / 1000,
      },
      server: this.#serverUsage(usageBefore, usageAfter, received, elapsed),
    };
  }

  /** Everybody leaves. */
  async close(): Promise<void> {
    this.#stopTimers?.();
    for (let index = 0; index < this.#peers.length; index += 50) {
      await Promise.all(this.#peers.slice(index, index + 50).map((peer) => peer.close()));
    }
    this.#io.close();
  }

  async #join(protocol: 'whip' | 'whep', publisher: string, ssrc: number): Promise<LoadPeer> {
    const { server, room, feedback, bearerToken } = this.#options;
    const url = new URL(`/${protocol}/${encodeURIComponent(room)}`, server);
    url.searchParams.set('participant', publisher);
    const peer = new LoadPeer({
      io: this.#io,
      url,
      kind: this.#shape.kind,
      direction: protocol === 'whip' ? 'sendonly' : 'recvonly',
      ssrc,
      feedback: feedback && protocol === 'whep',
      localAddress: server.hostname.includes(':') ? '::' : '0.0.0.0',
      ...(bearerToken === undefined ? {} : { bearerToken }),
    });
    this.#peers.push(peer);
    this.#peerOf[peer.transport] = peer;
    await peer.join();
    return peer;
  }

  #startTimers(): void {
    const reports = new Rotation(reportIntervalMs, performance.now());
    const feedback = new Rotation(feedbackIntervalMs, performance.now());
    const packets = setInterval(() => {
      const nowMs = performance.now();
      for (const publisher of this.#publishers) publisher.tick(nowMs, this.#io.nowMicros());
      for (const subscriber of reports.due(nowMs, this.#subscribers)) {
        queueReceiverReport(this.#sendQueue, subscriber);
      }
      for (const subscriber of feedback.due(nowMs, this.#subscribers)) {
        subscriber.feedback?.queue(this.#sendQueue, subscriber);
      }
      this.#sendQueue.flush();
    }, 1);
    const timeouts = setInterval(() => {
      const nowMs = performance.now();
      for (const peer of this.#peers) peer.handleTimeout(nowMs);
    }, timerIntervalMs);
    this.#stopTimers = () => {
      clearInterval(packets);
      clearInterval(timeouts);
    };
  }

  #receiveBatch(count: number): void {
    const { inbox, arrivals, arena } = this.#io;
    for (let index = 0; index < count; index++) {
      const at = index * inboxStride;
      const transport = inbox[at + InboxField.Transport];
      const offset = inbox[at + InboxField.Offset];
      const length = inbox[at + InboxField.Length];
      switch (inbox[at + InboxField.Kind]) {
        case PacketKind.Rtp:
          this.#subscriberOf[transport]?.receive(this.#arena, offset, length, arrivals[index], this.#delays);
          break;
        case PacketKind.Rtcp: {
          const publisher = this.#publisherOf[transport];
          if (publisher !== undefined && readsKeyFrameRequest(this.#arena, offset, length))
            publisher.requestKeyFrame();
          break;
        }
        case PacketKind.Stun:
          this.#peerOf[transport]?.receiveStun(arena.subarray(offset, offset + length), performance.now());
          break;
        case PacketKind.Dtls:
          this.#peerOf[transport]?.receiveDtls(arena.subarray(offset, offset + length), performance.now());
          break;
      }
    }
  }

  #packetsSent(): number {
    return this.#publishers.reduce((sum, publisher) => sum + publisher.packetsSent, 0);
  }

  #usage(): ProcessUsage | null {
    return this.#options.serverPid === undefined ? null : readProcessUsage(this.#options.serverPid);
  }

  #serverUsage(
    before: ProcessUsage | null,
    after: ProcessUsage | null,
    forwarded: number,
    seconds: number,
  ): ServerUsage | null {
    const join = this.#joinUsage;
    if (before === null || after === null || join === null) return null;
    const cpuMicros = after.cpuMicros - before.cpuMicros;
    const subscribers = Math.max(1, this.#subscribers.length);
    const { residentBytes, subscribers: known } = this.#memoryBefore;
    return {
      cpuMicrosPerPacket: cpuMicros / Math.max(1, forwarded),
      cpuShare: cpuMicros / 1e6 / seconds,
      stolenShare: (after.stolenMicros - before.stolenMicros) / 1e6 / seconds,
      cpuMillisPerJoin: (join.after.cpuMicros - join.before.cpuMicros) / 1000 / subscribers,
      residentBytes: after.residentBytes,
      residentBytesPerSubscriber: (after.residentBytes - residentBytes) / Math.max(1, subscribers - known),
    };
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
