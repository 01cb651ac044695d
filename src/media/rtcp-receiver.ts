import type { ConnectionBandwidth } from './bandwidth/connection-bandwidth.ts';
import type { Forwarder } from './forwarding/forwarder.ts';
import type { StreamDemux } from './receiving/stream-demux.ts';
import type { ReportBlock, RtcpHandler } from './rtcp/rtcp-parser.ts';
import { toSequence } from './rtp/serial-number.ts';
import type { TransportLink } from './transport-link.ts';

/** Hands what a remote says by RTCP to the stream or the forwarder it is about. */
export class RtcpReceiver implements RtcpHandler {
  /** Bits per second the remote estimates that it can receive (REMB); 0 until it says so. */
  remoteEstimate = 0;

  readonly #link: TransportLink;
  readonly #demux: StreamDemux;
  /** By signed SSRC; RTX SSRCs are not in it. */
  readonly #forwarders: ReadonlyMap<number, Forwarder>;
  readonly #bandwidth: ConnectionBandwidth;
  readonly #left: () => void;

  /** @param left called when the remote has said goodbye of all that it sends */
  constructor(
    link: TransportLink,
    demux: StreamDemux,
    forwarders: ReadonlyMap<number, Forwarder>,
    bandwidth: ConnectionBandwidth,
    left: () => void,
  ) {
    this.#bandwidth = bandwidth;
    this.#left = left;
    this.#link = link;
    this.#demux = demux;
    this.#forwarders = forwarders;
  }

  senderReport(ssrc: number, ntpHigh: number, ntpLow: number, timestamp: number): void {
    const stream = this.#demux.find(ssrc);
    // RTX has reports of its own, on the same clock: one is enough.
    if (stream !== null && stream.ssrc === ssrc)
      stream.clock.report(ntpHigh, ntpLow, timestamp, this.#link.nowMs);
  }

  reportBlock(block: ReportBlock): void {
    const forwarder = this.#forwarders.get(block.ssrc);
    if (forwarder === undefined) return;
    forwarder.receiverReported(block);
    this.#bandwidth.receiverReport(block.fractionLost / 256, this.#link.rttMs);
  }

  goodbye(ssrc: number): void {
    const stream = this.#demux.find(ssrc);
    // The SSRC may speak again; but nothing missing will come any more.
    if (stream !== null && stream.ssrc === ssrc) {
      stream.nack?.clear();
      stream.packetsAtGoodbye = stream.packets;
    }
    // One that only receives says it of an SSRC that never sent.
    if (!this.#demux.speaking) this.#left();
  }

  nack(mediaSsrc: number, sequenceNumber: number, bitmask: number): void {
    const { counters } = this.#link.context;
    counters.nackReceived++;
    const forwarder = this.#forwarders.get(mediaSsrc);
    if (forwarder === undefined) return;
    forwarder.nacked(sequenceNumber);
    for (let bit = 0; bit < 16; bit++) {
      if ((bitmask & (1 << bit)) === 0) continue;
      counters.nackReceived++;
      forwarder.nacked(toSequence(sequenceNumber + 1 + bit));
    }
  }

  pictureLoss(mediaSsrc: number): void {
    this.#link.context.counters.pliReceived++;
    this.#forwarders.get(mediaSsrc)?.keyFrameRequested();
  }

  fullIntraRequest(mediaSsrc: number): void {
    this.pictureLoss(mediaSsrc);
  }

  receiverEstimate(bitrate: number): void {
    this.remoteEstimate = bitrate;
    this.#bandwidth.receiverEstimate(bitrate);
  }

  transportFeedback(bytes: Uint8Array, start: number, length: number): void {
    const { counters } = this.#link.context;
    counters.transportFeedbackReceived++;
    if (!this.#bandwidth.receiveFeedback(bytes, start, length, this.#link.rttMs)) counters.malformedRtcp++;
  }
}
