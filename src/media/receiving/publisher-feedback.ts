import { type BitrateBounds, withinBounds } from '../bandwidth/bitrate-bounds.ts';
import { incomingBoundsOf } from '../media-transport-options.ts';
import { writeNack, writeReceiverEstimate } from '../rtcp/rtcp-writer.ts';
import { TimerName } from '../timer-table.ts';
import type { TransportLink } from '../transport-link.ts';
import { ArrivalReports } from './arrival-reports.ts';
import type { InboundStream } from './inbound-stream.ts';
import type { StreamDemux } from './stream-demux.ts';

/** Sequence numbers of one NACK packet: at worst 4 bytes each, so it fits one datagram. */
const maxNackSequences = 256;

/** Takes a bound back, in bits per second. */
const unboundedEstimate = 1_000_000_000;

const sequences = new Uint16Array(maxNackSequences);
const collected = { count: 0, gaveUp: 0 };

/** What a publisher is told while its packets come in: what is missing, and how it all arrived. */
export class PublisherFeedback {
  /** Whether the publisher numbers its packets transport-wide and wants to hear of them. */
  transportWide = false;
  /** Whether it is told an estimate instead. */
  receiverEstimate = false;

  readonly #link: TransportLink;
  readonly #demux: StreamDemux;
  readonly #reports = new ArrivalReports();
  #bounds: BitrateBounds;
  /** Whether it was told of a bound, which holds until it is told otherwise. */
  #toldBound = false;
  #mediaSsrc = 0;

  constructor(link: TransportLink, demux: StreamDemux) {
    this.#link = link;
    this.#demux = demux;
    this.#bounds = incomingBoundsOf(link.options);
  }

  /** What the publisher is asked to send, in bits per second. */
  get bounds(): BitrateBounds {
    return this.#bounds;
  }

  setBounds(bounds: BitrateBounds): void {
    this.#bounds = bounds;
    this.sendReceiverEstimate();
  }

  /** A packet with a transport-wide number arrived at `arrivals[index]`. */
  recordArrival(sequenceNumber: number, ssrc: number, index: number): void {
    const { context, timers, options } = this.#link;
    const arrivals = this.#reports.log;
    if (!arrivals.pending)
      timers.schedule(TimerName.Feedback, context.clock.nowMs + options.transportFeedbackMs);
    arrivals.record(sequenceNumber, context.arrivals, index);
    this.#mediaSsrc = ssrc;
  }

  /** Tells how everything since the last time arrived, in as many packets as that takes. */
  sendTransportFeedback(): void {
    const link = this.#link;
    const reports = this.#reports;
    if (!link.sendEnabled) {
      reports.log.reported(reports.log.highest + 1);
      return;
    }
    while (reports.due()) {
      const at = link.beginRtcp();
      link.endRtcp(at, reports.write(link.rtcpBytes, at, link.reporterSsrc, this.#mediaSsrc));
      link.context.counters.transportFeedbackSent++;
    }
  }

  /** Asks for what is missing and due; where that was in vain, video goes on with a key frame. */
  sendNacks(): void {
    const link = this.#link;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const track of this.#demux.tracks) {
      for (const { stream } of track.encodings) {
        if (stream?.nack == null || stream.nack.missing === 0) continue;
        if (link.rttMs >= 0) stream.nack.rttMs = link.rttMs;
        this.#nack(stream);
        nextMs = Math.min(nextMs, stream.nack.nextDueMs());
      }
    }
    if (nextMs < Number.POSITIVE_INFINITY) link.timers.schedule(TimerName.Nack, nextMs);
  }

  /**
   * Tells publishers without transport-wide feedback what they may send, as nothing is known that would limit them; and
   * those with it where there is a bound, which limits what they find out themselves (as libwebrtc understands REMB).
   */
  sendReceiverEstimate(): void {
    const link = this.#link;
    const bounded = this.#bounds.max < Number.POSITIVE_INFINITY;
    if (!this.receiverEstimate || !link.sendEnabled) return;
    if (this.transportWide && !bounded && !this.#toldBound) return;
    const estimate = this.transportWide ? unboundedEstimate : link.options.receiverEstimateBitrate;
    const ssrcs = this.#demux.tracks
      .filter(({ kind }) => kind === 'video')
      .flatMap(({ encodings }) => encodings.flatMap(({ stream }) => stream?.ssrc ?? []));
    if (ssrcs.length === 0) return;
    const at = link.beginRtcp();
    const bitrate = withinBounds(estimate, this.#bounds);
    link.endRtcp(at, writeReceiverEstimate(link.rtcpBytes, at, link.reporterSsrc, bitrate, ssrcs));
    if (bounded) this.#toldBound = true;
    link.context.counters.rembSent++;
  }

  #nack(stream: InboundStream): void {
    const link = this.#link;
    stream.nack!.collect(link.nowMs, sequences, collected);
    if (collected.gaveUp > 0) {
      stream.unrepaired += collected.gaveUp;
      stream.track.lostForGood(stream.encoding);
    }
    if (collected.count === 0 || !link.sendEnabled) return;
    const at = link.beginRtcp();
    link.endRtcp(
      at,
      writeNack(link.rtcpBytes, at, link.reporterSsrc, stream.ssrc, sequences, collected.count),
    );
    link.context.counters.nackSent += collected.count;
  }
}
