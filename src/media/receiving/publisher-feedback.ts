import { type BitrateBounds, withinBounds } from '../bandwidth/bitrate-bounds.ts';
import { incomingBoundsOf } from '../media-transport-options.ts';
import { writeNack, writeReceiverEstimate } from '../rtcp/rtcp-writer.ts';
import { maxStatuses, writeTransportFeedback } from '../rtcp/transport-feedback.ts';
import { TimerName } from '../timer-table.ts';
import type { TransportLink } from '../transport-link.ts';
import { ArrivalLog } from './arrival-log.ts';
import type { InboundStream } from './inbound-stream.ts';
import type { StreamDemux } from './stream-demux.ts';

/** Sequence numbers of one NACK packet: at worst 4 bytes each, so it fits one datagram. */
const maxNackSequences = 256;

/** Takes a bound back, in bits per second. */
const unboundedEstimate = 1_000_000_000;

const sequences = new Uint16Array(maxNackSequences);
const collected = { count: 0, gaveUp: 0 };
const written = { end: 0, next: 0 };

/** What a publisher is told while its packets come in: what is missing, and how it all arrived. */
export class PublisherFeedback {
  readonly arrivals = new ArrivalLog();
  /** Whether the publisher numbers its packets transport-wide and wants to hear of them. */
  transportWide = false;
  /** Whether it is told an estimate instead. */
  receiverEstimate = false;

  readonly #link: TransportLink;
  readonly #demux: StreamDemux;
  #bounds: BitrateBounds;
  /** Whether it was told of a bound, which holds until it is told otherwise. */
  #toldBound = false;
  #feedbackCount = 0;
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
    if (!this.arrivals.pending)
      timers.schedule(TimerName.Feedback, context.clock.nowMs + options.transportFeedbackMs);
    this.arrivals.record(sequenceNumber, context.arrivals, index);
    this.#mediaSsrc = ssrc;
  }

  /** Tells how everything since the last time arrived, in as many packets as that takes. */
  sendTransportFeedback(): void {
    const link = this.#link;
    const { arrivals } = this;
    if (!link.sendEnabled) {
      arrivals.reported(arrivals.highest + 1);
      return;
    }
    while (arrivals.pending) {
      const { times, mask, from, highest } = arrivals;
      const to = Math.min(highest, from + maxStatuses - 1);
      // Without any arrival there would be no time to refer to.
      if (!arrivals.anyArrival(from, to)) {
        arrivals.reported(to + 1);
        continue;
      }
      const at = link.beginRtcp();
      const count = this.#feedbackCount;
      this.#feedbackCount = (count + 1) & 0xff;
      writeTransportFeedback(
        link.rtcpBytes,
        at,
        link.reporterSsrc,
        this.#mediaSsrc,
        count,
        times,
        mask,
        from,
        to,
        written,
      );
      arrivals.reported(written.next);
      link.endRtcp(at, written.end);
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
