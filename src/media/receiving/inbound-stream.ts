import type { DependencyDescriptor } from '../codecs/dependency-descriptor.ts';
import { DescriptorNumbers } from '../codecs/payload-rewrite.ts';
import type { InboundTrack } from '../forwarding/inbound-track.ts';
import { StreamLayers } from '../layers/stream-layers.ts';
import type { ReportBlock } from '../rtcp/rtcp-parser.ts';
import type { RtpPacket } from '../rtp/rtp-packet.ts';
import { TimerName } from '../timer-table.ts';
import type { TransportLink } from '../transport-link.ts';
import { NackGenerator, type NackPolicy } from './nack-generator.ts';
import { RateSampler } from './rate-sampler.ts';
import { Arrival, ReceiveWindow } from './receive-window.ts';
import { ReceptionStatistics } from './reception-statistics.ts';
import { SenderClock } from './sender-clock.ts';

/** 1/65536 s per ms: the unit of DLSR. */
const compactNtpPerMs = 65.536;

/** One received SSRC. */
export class InboundStream {
  readonly track: InboundTrack;
  /** Signed 32-bit. `rtxSsrc` is what repairs it; `hasRtx` tells whether that is known. */
  readonly ssrc: number;
  rtxSsrc = 0;
  hasRtx = false;
  /** Index among its track's encodings. */
  readonly encoding: number;
  /** Changes when its numbering starts anew. */
  streamKey: number;

  readonly statistics = new ReceptionStatistics();
  readonly clock = new SenderClock();
  readonly rate = new RateSampler();
  /** null while NACK is not negotiated. */
  nack: NackGenerator | null = null;
  /** Totals of everything useful that arrived. */
  packets = 0;
  bytes = 0;
  /** Of `packets`, when the remote last said goodbye (RTCP BYE): none has come since where they are the same. */
  packetsAtGoodbye = 0;
  duplicates = 0;
  recovered = 0;
  /** Packets given up. */
  unrepaired = 0;
  keyFrames = 0;
  /** H.264 and H.265: whether this stream sends its parameter sets itself. */
  parameterSetsSeen = false;
  keyFrameTimestamp = 0;
  /** Video: what it consists of. */
  readonly layers: StreamLayers | null;
  /** Its dependency descriptors, once one came. */
  dependencies: DependencyDescriptor | null = null;
  /** Video: of its newest packet. */
  readonly numbers = new DescriptorNumbers();

  readonly #link: TransportLink;
  readonly #window = new ReceiveWindow();
  #packetsAtReport = 0;
  #nackPolicy: NackPolicy | null = null;
  /** Asked for by former generators. */
  #nacksBefore = 0;

  constructor(
    link: TransportLink,
    track: InboundTrack,
    ssrc: number,
    encoding: number,
    nackPolicy: NackPolicy | null,
  ) {
    this.#link = link;
    this.track = track;
    this.ssrc = ssrc | 0;
    this.encoding = encoding;
    this.layers = track.kind === 'video' ? new StreamLayers() : null;
    this.streamKey = link.commons.nextStreamKey();
    this.setNackPolicy(nackPolicy);
  }

  /** How to ask for what is missing, null for not at all; what has been missing since before is not asked for. */
  setNackPolicy(policy: NackPolicy | null): void {
    if (policy === this.#nackPolicy) return;
    this.#nackPolicy = policy;
    const inVain = policy === null && (this.nack?.missing ?? 0) > 0;
    this.#nacksBefore = this.nackSent;
    this.nack = policy === null ? null : new NackGenerator(policy);
    if (this.nack !== null && this.#link.rttMs >= 0) this.nack.rttMs = this.#link.rttMs;
    // Nobody repairs that any more.
    if (inVain) this.track.lostForGood(this.encoding);
  }

  /** Packets asked for, repetitions included. */
  get nackSent(): number {
    return this.#nacksBefore + (this.nack?.sent ?? 0);
  }

  /**
   * Takes note of a packet and fills in what it is among the others of the stream.
   * @returns false for one to be dropped: a duplicate, or out of any window
   */
  receive(packet: RtpPacket, clockRate: number, index: number): boolean {
    const { context } = this.#link;
    const highest = this.#window.highest;
    const arrival = this.#window.accept(packet.sequenceNumber, packet.recovered);
    switch (arrival) {
      case Arrival.Restart:
        if (highest >= 0) this.#restart();
        this.statistics.newest(this.#window.extended, packet.timestamp, clockRate, context.arrivals, index);
        break;
      case Arrival.Newest:
        if (packet.recovered) this.nack?.received(this.#window.extended, context.clock.nowMs, true);
        else
          this.statistics.newest(this.#window.extended, packet.timestamp, clockRate, context.arrivals, index);
        if (this.#window.extended > highest + 1) this.#noteGap(highest + 1);
        break;
      case Arrival.Late:
        // Without RTX, what was sent again looks like what was overtaken.
        this.nack?.received(this.#window.extended, context.clock.nowMs, packet.recovered || !this.hasRtx);
        if (packet.recovered) {
          this.recovered++;
          context.counters.recovered++;
        } else this.statistics.late();
        break;
      case Arrival.Duplicate:
        this.duplicates++;
        if (packet.recovered) context.counters.rtxUseless++;
        else context.counters.duplicates++;
        return false;
      default:
        context.counters.tooLate++;
        return false;
    }
    this.packets++;
    this.bytes += packet.payloadLength;
    packet.extended = this.#window.extended;
    packet.newest = arrival !== Arrival.Late;
    packet.streamKey = this.streamKey;
    packet.encoding = this.encoding;
    return true;
  }

  /** Whether anything arrived since the last report. */
  get heardSinceReport(): boolean {
    return this.packets !== this.#packetsAtReport;
  }

  /** Fills the block of a receiver report on this stream (RFC 3550 §6.4.1), and starts its next interval. */
  fillReportBlock(block: ReportBlock): void {
    this.#packetsAtReport = this.packets;
    block.ssrc = this.ssrc;
    block.fractionLost = this.statistics.takeFractionLost();
    block.cumulativeLost = this.statistics.lost;
    block.highestSequence = this.statistics.reportedHighest;
    block.jitter = Math.round(this.statistics.jitter);
    block.lastReport = 0;
    block.delaySinceLastReport = 0;
    if (this.clock.known) {
      block.lastReport = this.clock.compactNtp;
      block.delaySinceLastReport = Math.round((this.#link.nowMs - this.clock.receivedMs) * compactNtpPerMs);
    }
  }

  #noteGap(from: number): void {
    if (this.nack === null) return;
    const nowMs = this.#link.nowMs;
    if (this.nack.addMissing(from, this.#window.extended, nowMs)) {
      this.#link.timers.schedule(TimerName.Nack, this.nack.nextDueMs());
    } else {
      this.unrepaired += this.#window.extended - from;
      this.track.lostForGood(this.encoding);
    }
  }

  /** The sender started anew; its clock goes on until it says otherwise. */
  #restart(): void {
    this.streamKey = this.#link.commons.nextStreamKey();
    this.statistics.restart();
    this.nack?.clear();
    this.clock.forget();
    this.parameterSetsSeen = false;
    this.dependencies?.forget();
  }
}
