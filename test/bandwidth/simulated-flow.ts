/** One SFU connection and its receiver, as far as bandwidth goes: the server's real code, real feedback packets. */
import type { AllocatableSender } from '../../src/media/bandwidth/allocatable-sender.ts';
import { ConnectionBandwidth } from '../../src/media/bandwidth/connection-bandwidth.ts';
import { Urgency, wireOverheadBytes } from '../../src/media/bandwidth/packet-outlet.ts';
import type { MediaContext } from '../../src/media/media-context.ts';
import { createMediaCounters } from '../../src/media/media-counters.ts';
import { ArrivalLog } from '../../src/media/receiving/arrival-log.ts';
import { maxStatuses, writeTransportFeedback } from '../../src/media/rtcp/transport-feedback.ts';
import { OutboxField, outboxCapacity, outboxStride, prefixArenaBytes } from '../../src/packet-io/layout.ts';
import { SendQueue } from '../../src/packet-io/send-queue.ts';
import { SeededRandom } from '../network/seeded-random.ts';
import { LayeredSource } from './layered-source.ts';

/** A packet of media or feedback inside the emulated network. */
export interface SimulatedPacket {
  readonly length: number;
  readonly flow: SimulatedFlow;
  /** 16 bits; -1 for feedback. */
  readonly sequence: number;
  readonly feedback: Uint8Array | null;
  readonly sentMs: number;
}

/** RTP header with the extension for transport-wide numbers, whose place is at sequenceOffset. */
const prefixBytes = 20;
const sequenceOffset = 17;
const maxPayloadBytes = 1180;
const audioBytes = 100;
const audioIntervalMs = 20;
const feedbackIntervalMs = 100;
const retransmissionBytes = 1000;

export interface FlowOptions {
  readonly startMs: number;
  readonly stopMs?: number;
  /** Between bottleneck and receiver, and back. */
  readonly oneWayDelayMs: number;
  readonly direction: 'forward' | 'backward';
  /** The video stops and comes again. */
  readonly pauseMs?: number;
  readonly resumeMs?: number;
}

export class SimulatedFlow {
  readonly options: FlowOptions;
  readonly bandwidth: ConnectionBandwidth;
  readonly source: LayeredSource;
  started = false;
  /** Bytes on the wire that have arrived. */
  arrivedBytes = 0;

  readonly #clock: { nowMs: number; ntpOffsetMs: number };
  readonly #context: MediaContext;
  readonly #send: (packet: SimulatedPacket) => void;
  readonly #arrivals = new Float64Array(1);
  readonly #log = new ArrivalLog();
  #deadlineMs = Number.POSITIVE_INFINITY;
  #nextAudioMs: number;
  #feedbackMs = Number.POSITIVE_INFINITY;
  #feedbackCount = 0;

  /** `send` takes media packets on their way to the receiver. */
  constructor(
    options: FlowOptions,
    clock: { nowMs: number; ntpOffsetMs: number },
    seed: number,
    send: (packet: SimulatedPacket) => void,
  ) {
    this.options = options;
    this.#clock = clock;
    this.#send = send;
    const random = new SeededRandom(seed);
    const sink = {
      prefixes: new Uint8Array(prefixArenaBytes),
      outbox: new Int32Array(outboxCapacity * outboxStride),
      flush: (count: number) => this.#flush(sink, count),
    };
    this.#context = {
      arena: new Uint8Array(0),
      slotCount: 1 << 20,
      inbox: new Int32Array(0),
      arrivals: new Float64Array(0),
      sendQueue: new SendQueue(sink),
      clock,
      ring: { newest: 0 },
      counters: createMediaCounters(),
      randomUint32: () => random.uint32(),
    };
    this.source = new LayeredSource(clock, random, options.startMs);
    this.#nextAudioMs = options.startMs;
    this.bandwidth = new ConnectionBandwidth(
      this.#context,
      0,
      600_000,
      { min: 50_000, max: 50_000_000 },
      { canPad: true, sendPadding: (bytes) => this.#sendPadding(bytes) },
      (atMs) => {
        this.#deadlineMs = Math.min(this.#deadlineMs, atMs);
      },
    );
  }

  get active(): boolean {
    return this.started && !this.source.paused;
  }

  /** Everything that is due by the clock. */
  run(): void {
    const { nowMs } = this.#clock;
    const { startMs, pauseMs, resumeMs } = this.options;
    if (!this.started) {
      if (nowMs < startMs) return;
      this.#start();
    }
    const paused =
      pauseMs !== undefined && nowMs >= pauseMs && nowMs < (resumeMs ?? Number.POSITIVE_INFINITY);
    if (paused !== this.source.paused) {
      this.source.paused = paused;
      this.bandwidth.reallocate();
    }
    while (this.#nextAudioMs <= nowMs) {
      this.#nextAudioMs += audioIntervalMs;
      this.#commit(Urgency.Now, audioBytes);
    }
    for (const frameBytes of this.source.frames(nowMs)) {
      const packets = Math.ceil(frameBytes / maxPayloadBytes);
      for (let i = 0; i < packets; i++) this.#commit(Urgency.Paced, Math.ceil(frameBytes / packets));
    }
    if (nowMs >= this.#deadlineMs) {
      this.#deadlineMs = Number.POSITIVE_INFINITY;
      this.bandwidth.handleTimeout();
    }
    this.#context.sendQueue.flush();
  }

  /** A media packet has reached the receiver at `atMs`. */
  arrive(packet: SimulatedPacket, atMs: number): void {
    this.arrivedBytes += packet.length;
    this.#arrivals[0] = 1_000_000 + atMs * 1000;
    if (!this.#log.pending) this.#feedbackMs = atMs + feedbackIntervalMs;
    this.#log.record(packet.sequence, this.#arrivals, 0);
  }

  /** The receiver's feedback that is due, each as the bytes of one RTCP packet. */
  takeFeedback(): Uint8Array[] {
    const packets: Uint8Array[] = [];
    if (this.#clock.nowMs < this.#feedbackMs) return packets;
    this.#feedbackMs = Number.POSITIVE_INFINITY;
    const log = this.#log;
    const result = { end: 0, next: 0 };
    while (log.pending) {
      const bytes = new Uint8Array(1400);
      const to = Math.min(log.highest, log.from + maxStatuses - 1);
      writeTransportFeedback(
        bytes,
        0,
        1,
        2,
        this.#feedbackCount++ & 0xff,
        log.times,
        log.mask,
        log.from,
        to,
        result,
      );
      log.reported(result.next);
      packets.push(bytes.subarray(0, result.end));
    }
    return packets;
  }

  /** Feedback has come back. */
  receiveFeedback(bytes: Uint8Array): void {
    this.bandwidth.receiveFeedback(bytes, 0, bytes.length, -1);
    this.#context.sendQueue.flush();
  }

  #start(): void {
    this.started = true;
    this.bandwidth.setTransportWide(true);
    this.bandwidth.addSender(this.#audioSender());
    this.bandwidth.addSender(this.source);
    this.bandwidth.setEnabled(true);
  }

  #audioSender(): AllocatableSender {
    const target = { spatial: 0, temporal: 0 };
    return {
      kind: 'audio',
      priority: 0,
      detailed: false,
      suspended: false,
      preference: {},
      bitrate: (audioBytes * 8000) / audioIntervalMs,
      layers: () => [],
      target,
      targetReason: '',
      setTarget: () => {},
    };
  }

  #commit(urgency: number, payloadBytes: number): void {
    this.#context.sendQueue.begin();
    const at = this.#context.sendQueue.begin();
    this.bandwidth.outlet.commit(urgency, at, prefixBytes, sequenceOffset, 0, 0, payloadBytes, 0);
  }

  #sendPadding(bytes: number): boolean {
    const size = bytes < 300 ? 255 : retransmissionBytes;
    this.#commit(Urgency.Now, size);
    return true;
  }

  #flush(sink: { prefixes: Uint8Array; outbox: Int32Array }, count: number): void {
    for (let index = 0; index < count; index++) {
      const at = index * outboxStride;
      const prefix = sink.outbox[at + OutboxField.PrefixOffset] + sequenceOffset;
      const length = sink.outbox[at + OutboxField.PrefixLength] + sink.outbox[at + OutboxField.BodyLength];
      this.#send({
        length: length + wireOverheadBytes,
        flow: this,
        sequence: (sink.prefixes[prefix] << 8) | sink.prefixes[prefix + 1],
        feedback: null,
        sentMs: this.#clock.nowMs,
      });
    }
  }
}
