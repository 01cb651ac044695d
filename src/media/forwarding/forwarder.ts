import { slotBytes } from '../../packet-io/layout.ts';
import { Urgency } from '../bandwidth/packet-outlet.ts';
import { noDependencyRewrite } from '../codecs/dependency-descriptor.ts';
import { noRewrite } from '../codecs/payload-rewrite.ts';
import type { LayerInfo, LayerPair, LayerPreference } from '../layers/layer-policy.ts';
import { RateSampler } from '../receiving/rate-sampler.ts';
import type { ReportBlock } from '../rtcp/rtcp-parser.ts';
import type { ExtensionMapping } from '../rtp/extension-mapping.ts';
import type { RtpPacket } from '../rtp/rtp-packet.ts';
import type { MediaKind, SendParameters } from '../rtp-parameters.ts';
import { TimerName } from '../timer-table.ts';
import type { TransportLink } from '../transport-link.ts';
import { repeatsExactly, sentExtensions } from './exact-repetition.ts';
import type { ForwarderState, ForwarderStats } from './forwarder-stats.ts';
import type { InboundTrack } from './inbound-track.ts';
import { OutgoingQuality } from './outgoing-quality.ts';
import { OutgoingStream } from './outgoing-stream.ts';
import { PayloadTypeMap } from './payload-type-map.ts';
import { type RetransmissionFormat, Retransmitter } from './retransmitter.ts';
import { SenderReports } from './sender-reports.ts';
import { commitPacket, rtpHeaderBytes, writeRtpHeader } from './write-rtp.ts';

export type { ForwarderState, ForwarderStats } from './forwarder-stats.ts';

/** How often a receiver is told the capture clock, in ms: RFC 3550 §6.2 asks for less, browsers do this. */
const videoReportMs = 1000;
const audioReportMs = 3000;
/** The first report after a start is what lip sync waits for. */
const firstReportMs = 20;

const noMid = new Uint8Array(0);
const nothing: LayerPair = { spatial: -1, temporal: -1 };

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

  readonly #link: TransportLink;
  readonly #video: boolean;
  readonly #signedSsrc: number;
  readonly #payloadTypes = new PayloadTypeMap();
  readonly #rate = new RateSampler();
  readonly #outgoing: OutgoingStream;
  readonly #quality: OutgoingQuality;
  /** Paused, or no layer allowed. */
  #halted = false;
  #mapping: ExtensionMapping;
  #midBytes: Uint8Array;
  /** Written until the receiver has shown that it knows the SSRC. */
  #mid: Uint8Array;
  #retransmitter: Retransmitter | null = null;
  #retransmissionFormat: RetransmissionFormat | null = null;
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
    this.#quality = new OutgoingQuality(link, parameters.kind);
    this.#outgoing = new OutgoingStream(link, parameters.kind, () => this.#blocked);
    this.#outgoing.onBegin = () => this.#begun();
    this.#outgoing.onWait = () => this.#refreshState();
    this.#midBytes = new TextEncoder().encode(parameters.mid);
    this.#mid = this.#midBytes;
    this.#mapping = link.commons.mappings.acquire(sentExtensions(parameters), this.#midBytes.length);
    this.update(parameters);
  }

  /** Follows a renegotiation; mid and SSRC stay. */
  update(parameters: SendParameters): void {
    this.parameters = parameters;
    const mapping = this.#link.commons.mappings.acquire(sentExtensions(parameters), this.#midBytes.length);
    this.#link.commons.mappings.release(this.#mapping);
    // What was written with another mapping cannot be repeated exactly.
    if (mapping !== this.#mapping) this.#retransmitter?.nextEpoch();
    this.#mapping = mapping;
    const history = parameters.codecs.some(({ feedback }) => feedback.includes('nack'));
    if (!history) this.#retransmitter = null;
    else this.#retransmitter ??= new Retransmitter(this.#link, this.#historyPackets());
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
    this.#outgoing.setSource(source);
    source?.attach(this);
    this.#retransmitter?.nextEpoch();
    this.sourceChanged();
    this.#outgoing.requestStart();
  }

  /** Stops sending until resume(). The reason is shown in `pauseReason`. */
  pause(reason: string): void {
    this.pauseReason = reason;
    this.#stop();
    this.#link.bandwidth.reallocate();
  }

  resume(): void {
    if (this.pauseReason === null) return;
    this.pauseReason = null;
    this.#resumed();
    this.#link.bandwidth.reallocate();
  }

  /** The transport may send (again): video needs a key frame, for what came meanwhile was not sent. */
  sendEnabled(): void {
    this.#resumed();
  }

  /**
   * Allows layers up to these, counted as layers() does; -1 each for nothing. They are sent as soon as the stream
   * permits. `reason` says why these, and is shown as `targetReason`.
   */
  setTarget(spatial: number, temporal: number, reason: string): void {
    const { target } = this.#outgoing.choice;
    const { nothing } = target;
    target.reason = reason;
    if (spatial === target.spatial && temporal === target.temporal) return;
    target.spatial = spatial;
    target.temporal = temporal;
    if (target.nothing) this.#stop();
    else if (nothing) this.#resumed();
    else this.#outgoing.retarget();
  }

  /** What the receiver asks for; replaces what it asked for before. Layers it has no use for are not sent. */
  setPreference(preference: LayerPreference): void {
    this.#outgoing.choice.target.preference = preference;
    this.#outgoing.retarget();
    this.source?.demandChanged();
    this.#link.bandwidth.reallocate();
  }

  get preference(): LayerPreference {
    return this.#outgoing.choice.target.preference;
  }

  /** Among the subscriptions of one receiver; higher goes first. */
  get priority(): number {
    return this.preference.priority ?? 0;
  }

  /** The layers of the source the receiver has use for, lowest first; empty while nothing has come, and for audio. */
  layers(): readonly LayerInfo[] {
    return this.#video && this.source !== null ? this.#outgoing.choice.target.useful(this.source.layers) : [];
  }

  /** The highest layers allowed, as given to setTarget(); -1 each for nothing. */
  get target(): LayerPair {
    const { spatial, temporal } = this.#outgoing.choice.target;
    return { spatial, temporal };
  }

  get targetReason(): string {
    return this.#outgoing.choice.target.reason;
  }

  /** The layers sent now; -1 each for nothing. */
  get current(): LayerPair {
    return this.#outgoing.starting ? nothing : this.#outgoing.choice.current;
  }

  /** Whether layers went, came, or changed their order: called by the source, before it forwards on. */
  layersChanged(): void {
    this.#outgoing.retarget();
    this.#link.bandwidth.reallocate();
  }

  /** Sizes and rates were measured again. */
  layersMeasured(): void {
    if (this.#outgoing.choice.target.dependsOnMeasurements) this.#outgoing.retarget();
  }

  /** Whether it sends or waits for an encoding of its source. */
  uses(encoding: number): boolean {
    if (this.#blocked) return false;
    return (
      encoding === this.#outgoing.choice.wantedEncoding ||
      (!this.#outgoing.starting && encoding === this.#outgoing.choice.encoding)
    );
  }

  /** Whether it cannot go where it is to go without a key frame of an encoding. */
  waitsFor(encoding: number): boolean {
    if (!this.#video || this.#blocked || encoding !== this.#outgoing.choice.wantedEncoding) return false;
    return this.#outgoing.starting ? this.state === 'waiting-keyframe' : this.#outgoing.choice.needsKeyFrame;
  }

  /** The rank of the largest encoding the receiver has use for, whatever its network carries; -1 for none. */
  get highestRank(): number {
    const { source } = this;
    if (source === null || this.pauseReason !== null) return -1;
    return this.#outgoing.choice.target.highestRank(source.layers, source.encodings.length);
  }

  /** The source has other codecs, or is another: payload types are matched anew. */
  sourceChanged(): void {
    const { source, parameters } = this;
    this.#payloadTypes.update(source?.payloadTypes ?? null, parameters);
    this.unwrapsRed = this.#payloadTypes.unwrapsRed;
    this.#retransmissionFormat = {
      ssrc: this.#signedSsrc,
      rtxSsrc: parameters.rtxSsrc | 0,
      rtxPayloadTypes: this.#payloadTypes.rtxTypes,
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
    const outgoing = this.#outgoing;
    const payloadType = this.#payloadTypes.types[packet.payloadType];
    if (this.#halted || !this.#link.sendEnabled) return;
    if (outgoing.decide(packet, payloadType)) this.#write(packet, outgoing, payloadType);
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
    return this.#retransmitter !== null && this.#link.sendEnabled && this.#payloadTypes.paddingType >= 0;
  }

  /**
   * Sends about `bytes` that the receiver throws away, on the RTX stream: to find out what the path carries.
   * @returns the bytes queued, 0 where nothing can be
   */
  sendPadding(bytes: number): number {
    if (!this.canPad) return 0;
    const { paddingType } = this.#payloadTypes;
    const sent = this.#retransmitter!.sendPadding(bytes, this.#retransmissionFormat!, paddingType);
    this.#countOut(sent);
    return sent;
  }

  /** The receiver cannot decode on. */
  keyFrameRequested(): void {
    this.#pliReceived++;
    if (this.state === 'live') this.#quality.freezes.pictureLost();
    const { encoding, wantedEncoding } = this.#outgoing.choice;
    this.source?.requestKeyFrame(this.#outgoing.starting ? wantedEncoding : encoding);
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

  /** Bits per second of payload over about the last second. */
  get bitrate(): number {
    return this.#rate.bitsPerSecond;
  }

  get hasSent(): boolean {
    return this.#packets > 0;
  }

  /** Writes a sender report if one is due and the publisher's clock is known; returns the end. */
  writeSenderReport(bytes: Uint8Array, at: number): number {
    const { nowMs } = this.#link;
    this.#sample(nowMs);
    const { stream, timestamps } = this.#outgoing;
    if (this.reports.dueMs > nowMs || this.state !== 'live' || this.#outgoing.starting) return at;
    if (stream === null || !stream.clock.known || stream.streamKey !== this.#outgoing.streamKey) return at;
    this.reports.dueMs = nowMs + (this.#video ? videoReportMs : audioReportMs);
    return this.reports.write(
      bytes,
      at,
      this.#signedSsrc,
      stream.clock,
      timestamps.clockRate,
      timestamps.offset,
      this.#packets,
      this.#bytes,
    );
  }

  stats(): ForwarderStats {
    return {
      packets: this.#packets,
      bytes: this.#bytes,
      bitrate: this.bitrate,
      nackReceived: this.#nackReceived,
      retransmitted: this.#retransmitter?.sent ?? 0,
      retransmissionsMissed: this.#retransmitter?.missed ?? 0,
      pliReceived: this.#pliReceived,
      fractionLost: this.reports.fractionLost / 256,
      jitterMs: this.#jitterMs,
      freezes: this.#quality.freezes.count,
      frozenMs: this.#quality.freezes.frozenMs,
      quality: this.quality,
      lost: this.reports.cumulativeLost,
      rttMs: this.reports.rttMs < 0 ? null : this.reports.rttMs,
      current: this.current,
      target: this.target,
      targetReason: this.targetReason,
      switches: this.#outgoing.choice.switches,
    };
  }

  get #jitterMs(): number {
    const { clockRate } = this.#outgoing.timestamps;
    return clockRate === 0 ? 0 : (this.reports.jitter * 1000) / clockRate;
  }

  /** Takes what is measured over time; called with each round of reports. */
  #sample(nowMs: number): void {
    this.#rate.sample(this.#bytes, nowMs);
    const asked = this.layers().findLast(({ active }) => active) ?? null;
    this.#quality.sample(this.#packets, this.reports, this.#jitterMs, this.current, asked);
  }

  #begun(): void {
    this.reports.dueMs = 0;
    this.#link.timers.schedule(TimerName.Report, this.#link.nowMs + firstReportMs);
    this.#refreshState();
  }

  #stop(): void {
    this.#halted = true;
    this.#outgoing.stop();
    this.#quality.freezes.paused();
    this.#refreshState();
    this.source?.demandChanged();
  }

  #resumed(): void {
    this.#halted = this.pauseReason !== null || this.#outgoing.choice.target.nothing;
    this.#outgoing.stop();
    this.#outgoing.choice.retarget();
    this.#refreshState();
    this.source?.demandChanged();
    this.#outgoing.requestStart();
  }

  /** Whether nothing may be sent, whatever comes. */
  get #blocked(): boolean {
    return this.#halted || !this.#link.sendEnabled;
  }

  #write(packet: RtpPacket, outgoing: OutgoingStream, payloadType: number): void {
    const { context, outlet } = this.#link;
    const at = context.sendQueue.begin();
    const bytes = outlet.prefixes;
    const { sequence, timestamp, rewrite, dependencyRewrite, activeTargets } = outgoing;
    const end = this.#mapping.write(
      bytes,
      at + rtpHeaderBytes,
      packet,
      this.#mid,
      dependencyRewrite,
      activeTargets,
    );
    const markerAndPayloadType = (outgoing.marker << 7) | payloadType;
    const extended = end > at + rtpHeaderBytes;
    writeRtpHeader(bytes, at, extended, markerAndPayloadType, sequence, timestamp, this.#signedSsrc);
    const { sequenceOffset, absSendTimeOffset } = this.#mapping;
    const sent = commitPacket(
      outlet,
      this.#video ? Urgency.Paced : Urgency.Now,
      packet,
      at,
      end,
      sequenceOffset,
      absSendTimeOffset,
      rewrite,
      packet.number,
    );
    this.#packets++;
    this.#bytes += sent - (end - at);
    this.#countOut(sent);
    if (packet.newest) {
      if (this.#video) this.#quality.freezes.packet(timestamp, packet.startsKeyFrame);
      outgoing.timestamps.sent(timestamp);
    }
    const retransmitter = this.#retransmitter;
    if (retransmitter !== null) {
      retransmitter.history.record(
        sequence,
        packet.number,
        timestamp,
        markerAndPayloadType,
        retransmitter.epoch,
        packet.start % slotBytes,
        packet.length,
      );
      if (rewrite !== noRewrite || dependencyRewrite !== noDependencyRewrite) {
        retransmitter.history.recordRewrite(sequence, rewrite, dependencyRewrite, activeTargets);
      }
      retransmitter.noteRedBlock(sequence, packet.redBlock);
    }
  }

  #countOut(bytes: number): void {
    const { counters } = this.#link.context;
    counters.packetsOut++;
    counters.bytesOut += bytes;
  }

  #refreshState(): void {
    const state = this.#currentState();
    if (state === this.state) return;
    this.state = state;
    this.onStateChange?.(state);
  }

  #currentState(): ForwarderState {
    if (this.source === null) return 'no-source';
    if (this.pauseReason !== null || this.#outgoing.choice.target.nothing) return 'paused';
    // By the codec of the last packet; before the first, any codec that may come will do.
    if (!this.#payloadTypes.supports(this.source.codec, this.source.payloadTypes))
      return 'codec-not-supported';
    return this.#video && this.#outgoing.starting ? 'waiting-keyframe' : 'live';
  }

  #historyPackets(): number {
    const { videoHistoryPackets, audioHistoryPackets } = this.#link.options;
    return this.#video ? videoHistoryPackets : audioHistoryPackets;
  }
}
