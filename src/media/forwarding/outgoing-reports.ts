import type { LayerInfo, LayerPair } from '../layers/layer-policy.ts';
import type { ReportBlock } from '../rtcp/rtcp-parser.ts';
import type { MediaKind } from '../rtp-parameters.ts';
import type { TransportLink } from '../transport-link.ts';
import type { ForwarderStats } from './forwarder-stats.ts';
import { OutgoingQuality } from './outgoing-quality.ts';
import type { OutgoingStream } from './outgoing-stream.ts';
import type { PacketWriter } from './packet-writer.ts';
import { SenderReports } from './sender-reports.ts';

/** What is told of one forwarder: by it to its receiver, by its receiver to it, and of both to people. */
export class OutgoingReports {
  readonly quality: OutgoingQuality;
  nackReceived = 0;
  pliReceived = 0;

  readonly #link: TransportLink;
  readonly #outgoing: OutgoingStream;
  readonly #writer: PacketWriter;
  readonly #senderReports: SenderReports;

  constructor(link: TransportLink, kind: MediaKind, outgoing: OutgoingStream, writer: PacketWriter) {
    this.#link = link;
    this.#outgoing = outgoing;
    this.#writer = writer;
    this.#senderReports = new SenderReports(link, kind);
    this.quality = new OutgoingQuality(link, kind);
  }

  /** Sending begins: the first report is due soon. */
  begin(): void {
    this.#senderReports.begin();
  }

  /** The receiver's report: it knows the SSRC, so the MID need not be told any more. */
  receive(block: ReportBlock): void {
    this.#writer.ssrcKnown();
    this.#senderReports.receive(block);
  }

  /**
   * Takes what is measured over time; called with each round of reports.
   * @param layers the receiver has use for, lowest first
   */
  sample(current: LayerPair, layers: readonly LayerInfo[]): void {
    const { choice, timestamps } = this.#outgoing;
    const asked = layers.findLast(({ active }) => active) ?? null;
    const sent = { packets: this.#writer.packets, bytes: this.#writer.bytes, switches: choice.switches };
    this.quality.sample(sent, this.#senderReports.stats(timestamps.clockRate), current, asked);
  }

  /** Writes a sender report of a stream that is live, if one is due and the publisher's clock is known; returns the end. */
  write(bytes: Uint8Array, at: number, ssrc: number): number {
    const { stream, streamKey, starting, timestamps } = this.#outgoing;
    if (this.#senderReports.dueMs > this.#link.nowMs || starting) return at;
    if (stream === null || !stream.clock.known || stream.streamKey !== streamKey) return at;
    return this.#senderReports.write(
      bytes,
      at,
      ssrc,
      stream.clock,
      timestamps.clockRate,
      timestamps.offset,
      this.#writer.packets,
      this.#writer.bytes,
    );
  }

  stats(): Omit<ForwarderStats, 'layers'> {
    const { nackReceived, pliReceived } = this;
    return {
      ...this.#writer.stats(),
      nackReceived,
      pliReceived,
      ...this.#senderReports.stats(this.#outgoing.timestamps.clockRate),
      ...this.quality.stats(),
    };
  }
}
