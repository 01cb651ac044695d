import { slotBytes } from '../../packet-io/layout.ts';
import { Urgency } from '../bandwidth/packet-outlet.ts';
import { findMatchingCodec } from '../codecs/codec-matching.ts';
import { FreezeDetector } from '../quality/freeze-detector.ts';
import { QualityMeter } from '../quality/quality-meter.ts';
import { noPayloadType } from '../receiving/payload-type-table.ts';
import { RateSampler } from '../receiving/rate-sampler.ts';
import type { ReportBlock } from '../rtcp/rtcp-parser.ts';
import type { ExtensionMapping } from '../rtp/extension-mapping.ts';
import type { RtpPacket } from '../rtp/rtp-packet.ts';
import { addTicks, timestampDelta } from '../rtp/serial-number.ts';
import { headerExtensionUri, type MediaKind, type SendParameters } from '../rtp-parameters.ts';
import { TimerName } from '../timer-table.ts';
import type { TransportLink } from '../transport-link.ts';
import type { InboundTrack } from './inbound-track.ts';
import { type RetransmissionFormat, Retransmitter } from './retransmitter.ts';
import { SenderReports } from './sender-reports.ts';
import { noSequence, SequenceMap } from './sequence-map.ts';
import { rtpHeaderBytes, writeRtpHeader } from './write-rtp.ts';

/** What a forwarder is doing, or waiting for. */
export type ForwarderState = 'no-source' | 'waiting-keyframe' | 'live' | 'codec-not-supported' | 'paused';

export interface ForwarderStats {
  readonly packets: number;
  /** Payload bytes. */
  readonly bytes: number;
  /** Bits per second of payload over about the last second. */
  readonly bitrate: number;
  /** Packets the receiver asked for again, and those it got. */
  readonly nackReceived: number;
  readonly retransmitted: number;
  /** NACKed packets that were no longer there. */
  readonly retransmissionsMissed: number;
  readonly pliReceived: number;
  /** As the receiver reports it: 0 … 1, ms, packets, ms; null until measured. */
  readonly fractionLost: number;
  readonly jitterMs: number;
  /** Video: how often and for how long its picture stood still. */
  readonly freezes: number;
  readonly frozenMs: number;
  /** 1 … 5 (qualityScore()); null while nothing flows or the receiver has not reported. */
  readonly quality: number | null;
  readonly lost: number;
  readonly rttMs: number | null;
}

/** How often a receiver is told the capture clock, in ms: RFC 3550 §6.2 asks for less, browsers do this. */
const videoReportMs = 1000;
const audioReportMs = 3000;
/** The first report after a start is what lip sync waits for. */
const firstReportMs = 20;

/** Extensions that differ each time a packet is sent. */
const timeDependentUris: readonly string[] = [
  headerExtensionUri.absSendTime,
  headerExtensionUri.transportWideCc,
];

const noMid = new Uint8Array(0);

/** One track sent to one receiver: decides for each packet, numbers it, and writes what is the receiver's own. */
export class Forwarder {
  readonly kind: MediaKind;
  readonly mid: string;
  /** Unsigned, as signaled. */
  readonly ssrc: number;
  source: InboundTrack | null = null;
  state: ForwarderState = 'no-source';
  /** Why it is paused, as given to pause(); null while it is not. */
  pauseReason: string | null = null;
  /** Whether it wants the blocks of the source's RED one by one, as its receiver has the codec but no RED. */
  unwrapsRed = false;
  onStateChange: ((state: ForwarderState) => void) | null = null;
  parameters: SendParameters;
  readonly reports: SenderReports;

  // The decision on the last packet, for #write().
  #outSequence = 0;
  #outTimestamp = 0;
  #outPayloadType = 0;
  #outMarker = 0;

  readonly #link: TransportLink;
  readonly #video: boolean;
  readonly #signedSsrc: number;
  /** The receiver's payload type by the source's, and its RTX by the receiver's. */
  readonly #payloadTypes = new Uint8Array(128).fill(noPayloadType);
  readonly #rtxPayloadTypes = new Uint8Array(128).fill(noPayloadType);
  readonly #rate = new RateSampler();
  readonly #freezes: FreezeDetector;
  readonly #quality: QualityMeter;
  #freezesCounted = 0;
  readonly #sequences: SequenceMap;
  #mapping: ExtensionMapping;
  #midBytes: Uint8Array;
  /** Written until the receiver has shown that it knows the SSRC. */
  #mid: Uint8Array;
  #retransmitter: Retransmitter | null = null;
  #retransmissionFormat: RetransmissionFormat | null = null;
  /** The run of the source's numbers that is forwarded; -1 before the first. */
  #streamKey = -1;
  /** The next packet has to be one to start at. */
  #starting = true;
  #timestampOffset = 0;
  #lastTimestamp = 0;
  #lastSentMs = 0;
  #clockRate = 0;

  #packets = 0;
  #bytes = 0;
  #nackReceived = 0;
  #pliReceived = 0;

  constructor(link: TransportLink, parameters: SendParameters) {
    this.#link = link;
    this.kind = parameters.kind;
    this.#video = parameters.kind === 'video';
    this.mid = parameters.mid;
    this.ssrc = parameters.ssrc >>> 0;
    this.#signedSsrc = parameters.ssrc | 0;
    this.parameters = parameters;
    this.reports = new SenderReports(link);
    this.#freezes = new FreezeDetector(link.context.clock);
    this.#quality = new QualityMeter(parameters.kind);
    this.#sequences = new SequenceMap(link.context.randomUint32() & 0x7fff);
    this.#midBytes = new TextEncoder().encode(parameters.mid);
    this.#mid = this.#midBytes;
    this.#mapping = link.commons.mappings.acquire(this.#extensions(parameters), this.#midBytes.length);
    this.update(parameters);
  }

  /** Follows a renegotiation; mid and SSRC stay. */
  update(parameters: SendParameters): void {
    this.parameters = parameters;
    const mapping = this.#link.commons.mappings.acquire(this.#extensions(parameters), this.#midBytes.length);
    this.#link.commons.mappings.release(this.#mapping);
    // What was written with another mapping cannot be repeated exactly.
    if (mapping !== this.#mapping) this.#retransmitter?.nextEpoch();
    this.#mapping = mapping;
    const history = parameters.codecs.some(({ feedback }) => feedback.includes('nack'));
    if (!history) this.#retransmitter = null;
    else this.#retransmitter ??= new Retransmitter(this.#link, this.#historyPackets());
    this.#rtxPayloadTypes.fill(noPayloadType);
    for (const { payloadType, rtxPayloadType } of parameters.codecs) {
      if (parameters.rtxSsrc >= 0 && rtxPayloadType >= 0) this.#rtxPayloadTypes[payloadType] = rtxPayloadType;
    }
    this.sourceChanged();
  }

  /**
   * Chooses what is sent from now on; null for nothing. The receiver sees one stream whose numbers go on.
   * Video starts with a key frame, which is asked for.
   */
  setSource(track: InboundTrack | null): void {
    const source = track === null || track.ended ? null : track;
    if (source === this.source) return;
    this.source?.detach(this);
    this.source = source;
    this.#starting = true;
    source?.attach(this);
    this.#retransmitter?.nextEpoch();
    this.sourceChanged();
    this.#requestStart();
  }

  /** Stops sending until resume(). The reason is shown in `pauseReason`. */
  pause(reason: string): void {
    this.pauseReason = reason;
    this.#starting = true;
    this.#freezes.paused();
    this.#refreshState();
  }

  resume(): void {
    if (this.pauseReason === null) return;
    this.pauseReason = null;
    this.#refreshState();
    this.#requestStart();
  }

  /** The transport may send (again): video needs a key frame, for what came meanwhile was not sent. */
  sendEnabled(): void {
    this.#starting = true;
    this.#refreshState();
    this.#requestStart();
  }

  /** The source has other codecs, or is another: payload types are matched anew. */
  sourceChanged(): void {
    this.#payloadTypes.fill(noPayloadType);
    const { source, parameters } = this;
    for (const codec of source?.payloadTypes.codecs ?? []) {
      if (codec.payloadType < 0 || codec.payloadType > 127) continue;
      const match = findMatchingCodec(codec, parameters.codecs);
      if (match !== null) this.#payloadTypes[codec.payloadType] = match.payloadType;
    }
    this.unwrapsRed = this.#needsUnwrapping();
    this.#retransmissionFormat = {
      ssrc: this.#signedSsrc,
      rtxSsrc: parameters.rtxSsrc | 0,
      rtxPayloadTypes: this.#rtxPayloadTypes,
      mapping: this.#mapping,
      mid: this.#midBytes,
      extensionKinds: source?.extensionKinds ?? null,
    };
    this.#refreshState();
  }

  /** Detaches it for good. */
  close(): void {
    this.onStateChange = null;
    this.setSource(null);
    this.#link.commons.mappings.release(this.#mapping);
  }

  /** One packet of the source: sends it if the decision is so. */
  forward(packet: RtpPacket): void {
    if (this.#decide(packet)) this.#write(packet);
  }

  /** The receiver asks for packet `sequence` again. */
  nacked(sequence: number): void {
    this.#nackReceived++;
    if (this.#retransmitter === null || !this.#link.sendEnabled || this.pauseReason !== null) return;
    const bytes = this.#retransmitter.retransmit(sequence, this.#retransmissionFormat!);
    if (bytes > 0) this.#countOut(bytes);
  }

  /** Whether sendPadding() can send anything. */
  get canPad(): boolean {
    return this.#retransmitter !== null && this.#link.sendEnabled && this.#paddingPayloadType() >= 0;
  }

  /**
   * Sends about `bytes` that the receiver throws away, on the RTX stream: to find out what the path carries.
   * @returns the bytes queued, 0 where nothing can be
   */
  sendPadding(bytes: number): number {
    if (!this.canPad) return 0;
    const sent = this.#retransmitter!.sendPadding(
      bytes,
      this.#retransmissionFormat!,
      this.#paddingPayloadType(),
    );
    this.#countOut(sent);
    return sent;
  }

  /** The receiver cannot decode on. */
  keyFrameRequested(): void {
    this.#pliReceived++;
    if (this.state === 'live') this.#freezes.pictureLost();
    this.source?.requestKeyFrame();
  }

  /** The receiver's report on this stream: it knows the SSRC, so the MID need not be told any more. */
  receiverReported(block: ReportBlock): void {
    if (!repeatsExactly(this.parameters)) this.#mid = noMid;
    this.reports.receive(block);
  }

  /** 1 … 5 (qualityScore()); null while nothing flows or the receiver has not reported. */
  get quality(): number | null {
    return this.#quality.score;
  }

  get hasSent(): boolean {
    return this.#packets > 0;
  }

  /** Writes a sender report if one is due and the publisher's clock is known; returns the end. */
  writeSenderReport(bytes: Uint8Array, at: number): number {
    const { nowMs } = this.#link;
    this.#sample(nowMs);
    const stream = this.source?.preferredStream;
    if (this.reports.dueMs > nowMs || this.state !== 'live' || this.#starting) return at;
    if (
      stream === null ||
      stream === undefined ||
      !stream.clock.known ||
      stream.streamKey !== this.#streamKey
    )
      return at;
    this.reports.dueMs = nowMs + (this.#video ? videoReportMs : audioReportMs);
    return this.reports.write(
      bytes,
      at,
      this.#signedSsrc,
      stream.clock,
      this.#clockRate,
      this.#timestampOffset,
      this.#packets,
      this.#bytes,
    );
  }

  stats(): ForwarderStats {
    return {
      packets: this.#packets,
      bytes: this.#bytes,
      bitrate: this.#rate.bitsPerSecond,
      nackReceived: this.#nackReceived,
      retransmitted: this.#retransmitter?.sent ?? 0,
      retransmissionsMissed: this.#retransmitter?.missed ?? 0,
      pliReceived: this.#pliReceived,
      fractionLost: this.reports.fractionLost / 256,
      jitterMs: this.#jitterMs,
      freezes: this.#freezes.count,
      frozenMs: this.#freezes.frozenMs,
      quality: this.quality,
      lost: this.reports.cumulativeLost,
      rttMs: this.reports.rttMs < 0 ? null : this.reports.rttMs,
    };
  }

  get #jitterMs(): number {
    return this.#clockRate === 0 ? 0 : (this.reports.jitter * 1000) / this.#clockRate;
  }

  /** Takes what is measured over time; called with each round of reports. */
  #sample(nowMs: number): void {
    this.#rate.sample(this.#bytes, nowMs);
    const { received, fractionLost, rttMs } = this.reports;
    this.#quality.sample(
      {
        packets: this.#packets,
        lossShare: received === 0 ? null : fractionLost / 256,
        rttMs: rttMs < 0 ? null : rttMs,
        jitterMs: this.#jitterMs,
        frozenMs: this.#freezes.frozenMsNow(),
        layerShare: null,
      },
      nowMs,
    );
    this.#link.context.counters.freezesOut += this.#freezes.count - this.#freezesCounted;
    this.#freezesCounted = this.#freezes.count;
  }

  /** Whether `packet` is sent, and with which numbers. Touches no bytes. */
  #decide(packet: RtpPacket): boolean {
    if (this.pauseReason !== null || !this.#link.sendEnabled) return false;
    if (packet.encoding !== this.source!.preferredEncoding) return false;
    const payloadType = this.#payloadTypes[packet.payloadType];
    const begins = this.#starting || packet.streamKey !== this.#streamKey;
    if (begins) {
      if (!this.#start(packet, payloadType)) return false;
    }
    if (payloadType === noPayloadType) {
      this.#starting = true;
      this.#refreshState();
      return false;
    }
    // Padding keeps the publisher's path busy; the receiver has no use for it.
    if (packet.payloadLength === 0 && this.#sequences.leaveOut(packet.extended)) return false;
    const sequence = this.#sequences.map(packet.extended);
    if (sequence === noSequence) return false;
    // Audio that begins, or goes on after a pause, is a talkspurt (RFC 3551 §4.1): receivers may adapt their buffer.
    this.#outMarker = begins && !this.#video ? 1 : packet.marker;
    this.#outSequence = sequence;
    this.#outTimestamp = addTicks(packet.timestamp, this.#timestampOffset);
    this.#outPayloadType = payloadType;
    return true;
  }

  /** Whether sending may start with `packet`; if so, numbers go on from here. */
  #start(packet: RtpPacket, payloadType: number): boolean {
    if (payloadType === noPayloadType || packet.payloadLength === 0 || !packet.newest) {
      this.#refreshState();
      return false;
    }
    if (this.#video && !packet.startsKeyFrame) {
      if (!this.#starting) {
        // The source's numbers have started anew under way.
        this.#starting = true;
        this.#requestStart();
      }
      this.#refreshState();
      return false;
    }
    this.#sequences.start(packet.extended);
    this.#clockRate = this.source!.codec!.clockRate;
    if (packet.streamKey !== this.#streamKey) {
      if (this.#streamKey >= 0)
        this.#timestampOffset = timestampDelta(this.#nextTimestamp(), packet.timestamp);
      this.#streamKey = packet.streamKey;
    }
    this.#starting = false;
    this.reports.dueMs = 0;
    this.#link.timers.schedule(TimerName.Report, this.#link.nowMs + firstReportMs);
    this.#refreshState();
    return true;
  }

  /** Where the timestamps of another source go on: as much later as it is on the clock. */
  #nextTimestamp(): number {
    const elapsedMs = this.#link.nowMs - this.#lastSentMs;
    return addTicks(this.#lastTimestamp, Math.max(1, Math.round((elapsedMs * this.#clockRate) / 1000)));
  }

  #write(packet: RtpPacket): void {
    const { context, outlet } = this.#link;
    const queue = context.sendQueue;
    const at = queue.begin();
    const bytes = queue.prefixes;
    const end = this.#mapping.write(bytes, at + rtpHeaderBytes, packet, this.#mid);
    const markerAndPayloadType = (this.#outMarker << 7) | this.#outPayloadType;
    const extended = end > at + rtpHeaderBytes;
    writeRtpHeader(
      bytes,
      at,
      extended,
      markerAndPayloadType,
      this.#outSequence,
      this.#outTimestamp,
      this.#signedSsrc,
    );
    const { sequenceOffset, absSendTimeOffset } = this.#mapping;
    outlet.commit(
      this.#video ? Urgency.Paced : Urgency.Now,
      at,
      end - at,
      sequenceOffset > 0 ? rtpHeaderBytes + sequenceOffset : 0,
      absSendTimeOffset > 0 ? rtpHeaderBytes + absSendTimeOffset : 0,
      packet.payloadOffset,
      packet.payloadLength,
      packet.number,
    );
    this.#packets++;
    this.#bytes += packet.payloadLength;
    this.#countOut(end - at + packet.payloadLength);
    if (packet.newest) {
      if (this.#video) this.#freezes.packet(this.#outTimestamp, packet.startsKeyFrame);
      this.#lastTimestamp = this.#outTimestamp;
      this.#lastSentMs = context.clock.nowMs;
    }
    const retransmitter = this.#retransmitter;
    if (retransmitter !== null) {
      retransmitter.history.record(
        this.#outSequence,
        packet.number,
        this.#outTimestamp,
        markerAndPayloadType,
        retransmitter.epoch,
        packet.start % slotBytes,
        packet.length,
      );
      retransmitter.noteRedBlock(this.#outSequence, packet.redBlock);
    }
  }

  #countOut(bytes: number): void {
    const { counters } = this.#link.context;
    counters.packetsOut++;
    counters.bytesOut += bytes;
  }

  /** The RTX payload type of the codec that was sent last, or of any; -1 where there is none. */
  #paddingPayloadType(): number {
    if (this.parameters.rtxSsrc < 0) return -1;
    const last = this.#rtxPayloadTypes[this.#outPayloadType];
    return last !== noPayloadType ? last : (this.parameters.codecs[0]?.rtxPayloadType ?? -1);
  }

  #requestStart(): void {
    if (this.#video && this.pauseReason === null && this.#link.sendEnabled) this.source?.requestKeyFrame();
  }

  #refreshState(): void {
    const state = this.#currentState();
    if (state === this.state) return;
    this.state = state;
    this.onStateChange?.(state);
  }

  #currentState(): ForwarderState {
    if (this.source === null) return 'no-source';
    if (this.pauseReason !== null) return 'paused';
    if (!this.#codecSupported(this.source)) return 'codec-not-supported';
    return this.#video && this.#starting ? 'waiting-keyframe' : 'live';
  }

  /** By the codec of the last packet; before the first, any codec that may come will do. */
  #codecSupported(source: InboundTrack): boolean {
    if (source.codec !== null) {
      const { payloadType } = source.codec;
      if (this.#payloadTypes[payloadType] !== noPayloadType) return true;
      return this.unwrapsRed && source.payloadTypes.redPrimary[payloadType] !== noPayloadType;
    }
    return this.#payloadTypes.some((payloadType) => payloadType !== noPayloadType);
  }

  /** Whether the source may send RED that the receiver does not know, of a codec that it does. */
  #needsUnwrapping(): boolean {
    const { redPrimary, hasRed } = this.source?.payloadTypes ?? {};
    if (!hasRed || redPrimary === undefined) return false;
    return redPrimary.some(
      (primary, payloadType) =>
        primary !== noPayloadType &&
        this.#payloadTypes[payloadType] === noPayloadType &&
        this.#payloadTypes[primary] !== noPayloadType,
    );
  }

  #historyPackets(): number {
    const { videoHistoryPackets, audioHistoryPackets } = this.#link.options;
    return this.#video ? videoHistoryPackets : audioHistoryPackets;
  }

  #extensions(parameters: SendParameters): SendParameters['headerExtensions'] {
    if (!repeatsExactly(parameters)) return parameters.headerExtensions;
    return parameters.headerExtensions.filter(({ uri }) => !timeDependentUris.includes(uri));
  }
}

/**
 * Whether some packets are sent again as they were, as their codec has NACK but no RTX: protected by the same
 * SRTP index they must not differ (RFC 7714 §8.4), so nothing in them may depend on time.
 */
function repeatsExactly({ codecs, rtxSsrc }: SendParameters): boolean {
  return codecs.some(
    ({ feedback, rtxPayloadType }) => feedback.includes('nack') && (rtxSsrc < 0 || rtxPayloadType < 0),
  );
}
