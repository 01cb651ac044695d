import type { SenderClock } from '../receiving/sender-clock.ts';
import { compactNtp, ntpHigh, ntpLow } from '../receiving/sender-clock.ts';
import type { ReportBlock } from '../rtcp/rtcp-parser.ts';
import { writeSenderReport } from '../rtcp/rtcp-writer.ts';
import { addTicks } from '../rtp/serial-number.ts';
import type { MediaKind } from '../rtp-parameters.ts';
import { TimerName } from '../timer-table.ts';
import type { TransportLink } from '../transport-link.ts';
import type { ForwarderStats } from './forwarder-stats.ts';

/** How often a receiver is told the capture clock, in ms: RFC 3550 §6.2 asks for less, browsers do this. */
const videoReportMs = 1000;
const audioReportMs = 3000;
/** The first report after a start is what lip sync waits for. */
const firstReportMs = 20;
/** Reports whose sending time is remembered, to tell the RTT from the answer. */
const rememberedReports = 4;
/** 1/65536 s per ms: the unit of DLSR. */
const compactNtpPerMs = 65.536;
/** A longer one is somebody's broken clock. */
const maxRttMs = 10_000;

/** How a stream arrives at its receiver. */
export type ReceptionStats = Pick<
  ForwarderStats,
  'reported' | 'fractionLost' | 'lost' | 'jitterMs' | 'rttMs'
>;

/** The sender reports of one forwarder, and what its receiver reports back. */
export class SenderReports {
  /** Of 256, since the receiver's report before. */
  fractionLost = 0;
  cumulativeLost = 0;
  /** In ticks. */
  jitter = 0;
  rttMs = -1;
  /** Reports of the receiver so far. */
  received = 0;
  /** Engine time in ms at which the next report is due. */
  dueMs = 0;

  readonly #link: TransportLink;
  readonly #intervalMs: number;
  readonly #compactNtp = new Int32Array(rememberedReports);
  readonly #sentMs = new Float64Array(rememberedReports);
  #next = 0;

  constructor(link: TransportLink, kind: MediaKind) {
    this.#link = link;
    this.#intervalMs = kind === 'video' ? videoReportMs : audioReportMs;
  }

  /** Sending begins: the first report is due soon. */
  begin(): void {
    this.dueMs = 0;
    this.#link.timers.schedule(TimerName.Report, this.#link.nowMs + firstReportMs);
  }

  /**
   * Writes an SR that tells the receiver the publisher's own capture clock, carried on to now, so that streams
   * of one publisher stay in sync (RFC 3550 §6.4.1).
   * @returns its end
   */
  write(
    bytes: Uint8Array,
    at: number,
    ssrc: number,
    clock: SenderClock,
    clockRate: number,
    timestampOffset: number,
    packets: number,
    octets: number,
  ): number {
    const { nowMs } = this.#link;
    this.dueMs = nowMs + this.#intervalMs;
    const ntpMs = clock.ntpMsAt(nowMs);
    const high = ntpHigh(ntpMs);
    const low = ntpLow(ntpMs);
    this.#compactNtp[this.#next] = compactNtp(high, low);
    this.#sentMs[this.#next] = nowMs;
    this.#next = (this.#next + 1) % rememberedReports;
    const timestamp = addTicks(clock.timestampAt(nowMs, clockRate), timestampOffset);
    return writeSenderReport(bytes, at, ssrc, high, low, timestamp, packets, octets);
  }

  /** What the receiver reports, of a stream with this clock. */
  stats(clockRate: number): ReceptionStats {
    return {
      reported: this.received > 0,
      fractionLost: this.fractionLost / 256,
      lost: this.cumulativeLost,
      jitterMs: clockRate === 0 ? 0 : (this.jitter * 1000) / clockRate,
      rttMs: this.rttMs < 0 ? null : this.rttMs,
    };
  }

  /** Takes the receiver's block on this stream. */
  receive(block: ReportBlock): void {
    this.received++;
    this.fractionLost = block.fractionLost;
    this.cumulativeLost = block.cumulativeLost;
    this.jitter = block.jitter >>> 0;
    if (block.lastReport === 0) return;
    const index = this.#compactNtp.indexOf(block.lastReport);
    if (index < 0 || this.#sentMs[index] === 0) return;
    const rttMs = this.#link.nowMs - this.#sentMs[index] - block.delaySinceLastReport / compactNtpPerMs;
    if (rttMs > maxRttMs) return;
    // Clocks tick in 15 µs here, and DLSR is rounded: a little below 0 is 0.
    this.rttMs = Math.max(0, rttMs);
    this.#link.addRttSample(this.rttMs);
  }
}
