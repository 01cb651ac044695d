import type { LayerInfo, LayerPair, LayerPreference } from '../layers/layer-policy.ts';
import { LayerReason } from '../layers/layer-reason.ts';
import { noPayloadType } from '../receiving/payload-type-table.ts';
import type { ReportBlock } from '../rtcp/rtcp-parser.ts';
import type { RtpPacket } from '../rtp/rtp-packet.ts';
import type { MediaKind, SendParameters } from '../rtp-parameters.ts';
import { TimerName } from '../timer-table.ts';
import type { TransportLink } from '../transport-link.ts';
import type { ExpressLane } from './express-lane.ts';
import type { ForwarderState, ForwarderStats, SentLayers } from './forwarder-stats.ts';
import type { InboundTrack } from './inbound-track.ts';
import { OutgoingReports } from './outgoing-reports.ts';
import { OutgoingStream } from './outgoing-stream.ts';
import { PacketWriter } from './packet-writer.ts';
import { PayloadTypeMap } from './payload-type-map.ts';
import { Repair } from './retransmitter.ts';

export type { ForwarderState, ForwarderStats, SentLayers } from './forwarder-stats.ts';

/** Between key frames asked for because repairs are too late or too many, ms. */
const givenUpIntervalMs = 1000;

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
  /** Its place in the ExpressLane of its source. */
  row = -1;
  /** Within its transport, from 1. */
  readonly number: number;

  readonly #link: TransportLink;
  /** Of its source. */
  #lane: ExpressLane | null = null;
  /** Whether its row is open: packets may pass. */
  #inLane = false;
  readonly #video: boolean;
  readonly #payloadTypes = new PayloadTypeMap();
  /** Of the last packet: its payload type, and what that is called at the receiver. */
  #mappedFrom = -1;
  #mappedTo = noPayloadType;
  readonly #outgoing: OutgoingStream;
  readonly #writer: PacketWriter;
  readonly #reports: OutgoingReports;
  /** Paused, failed, or no layer allowed. */
  #halted = false;
  #failed = false;
  /** What was thrown, until it has been told. */
  #untold: unknown = null;
  #prominence = 0;
  #givenUpMs = Number.NEGATIVE_INFINITY;

  constructor(link: TransportLink, parameters: SendParameters) {
    this.#link = link;
    this.kind = parameters.kind;
    this.#video = parameters.kind === 'video';
    this.mid = parameters.mid;
    this.ssrc = parameters.ssrc >>> 0;
    this.number = link.nextForwarderNumber();
    this.parameters = parameters;
    this.#outgoing = new OutgoingStream(link, parameters.kind, () => this.#blocked);
    this.#outgoing.onBegin = () => this.#begun();
    this.#outgoing.onWait = () => this.#refreshState();
    this.#writer = new PacketWriter(link, parameters, this.number);
    this.#reports = new OutgoingReports(link, parameters.kind, this.#outgoing, this.#writer);
    this.update(parameters);
  }

  /** Follows a renegotiation; mid and SSRC stay. */
  update(parameters: SendParameters): void {
    this.leaveLane();
    this.parameters = parameters;
    this.#writer.update(parameters);
    this.#outgoing.update(parameters);
    this.sourceChanged();
  }

  /**
   * Chooses what is sent from now on; null for nothing. The receiver sees one stream whose numbers go on.
   * Video starts with a key frame, which is asked for.
   */
  setSource(track: InboundTrack | null): void {
    const source = track === null || track.ended ? null : track;
    if (source === this.source) return;
    this.leaveLane();
    this.source?.detach(this);
    this.source = source;
    this.#lane = source === null ? null : source.lane;
    this.#failed = false;
    this.#halted = this.#mustHalt;
    this.#outgoing.setSource(source);
    source?.attach(this);
    this.#writer.setSource(source?.repairs.delay ?? null);
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
   * Decides on the next packet itself: to be called before anything changes that would make that decision another.
   * Packets pass it by (ExpressLane) where it would decide as on the last.
   */
  leaveLane(): void {
    if (!this.#inLane) return;
    this.settle();
    this.#inLane = false;
    this.#lane!.close(this.row);
  }

  /** Takes note of the packets that have passed it by: to be called before what they change is looked at. */
  settle(): void {
    if (!this.#inLane) return;
    const freezes = this.#video ? this.#reports.quality.freezes : null;
    this.#lane!.settle(this.row, this.#outgoing, this.#writer, freezes);
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
    this.leaveLane();
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

  /** Among the subscriptions of one receiver; higher goes first: as it asks for, else as setProminence() says. */
  get priority(): number {
    return this.preference.priority ?? this.#prominence;
  }

  /** How much it matters to everybody, as with who has the word; 0 is like the rest. */
  setProminence(prominence: number): void {
    if (prominence === this.#prominence) return;
    this.#prominence = prominence;
    this.#link.bandwidth.reallocate();
  }

  /** Whether a larger picture matters more than its frame rate: of a screen. */
  get detailed(): boolean {
    return this.source?.showsScreen ?? false;
  }

  /** Whether it sends nothing, whatever its target. */
  get suspended(): boolean {
    return this.#failed || this.pauseReason !== null;
  }

  /** The layers of the source the receiver has use for, lowest first; empty while nothing has come, and for audio. */
  layers(): readonly LayerInfo[] {
    if (!this.#video || this.#failed || this.source === null) return [];
    return this.#outgoing.choice.target.useful(this.source.layers);
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

  /** Video: why the layers sent now are those: one of LayerReason, or what paused or limits it. */
  get layerReason(): string {
    if (this.#failed) return LayerReason.Failed;
    const { choice, starting } = this.#outgoing;
    if (this.pauseReason !== null) return this.pauseReason;
    if (choice.target.nothing) return this.targetReason;
    return starting ? LayerReason.Starting : choice.reason;
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
    if (source === null || this.#failed || this.pauseReason !== null) return -1;
    return this.#outgoing.choice.target.highestRank(source.layers, source.encodings.length);
  }

  /** The source has other codecs, or is another: payload types are matched anew. */
  sourceChanged(): void {
    const { source, parameters } = this;
    this.leaveLane();
    this.#payloadTypes.update(source?.payloadTypes ?? null, parameters);
    this.#mappedFrom = -1;
    this.unwrapsRed = this.#payloadTypes.unwrapsRed;
    const { rtxTypes } = this.#payloadTypes;
    this.#writer.setRetransmission(parameters.rtxSsrc, rtxTypes, source?.extensionKinds ?? null);
    this.#refreshState();
  }

  /**
   * A bug came up while it was given something of its source: it sends nothing of that any more. Who published that
   * has no part in it, so all else waits for settleFailure().
   */
  fail(error: unknown): void {
    if (this.#failed) return;
    this.leaveLane();
    this.#failed = true;
    this.#halted = true;
    this.#untold = error ?? new Error('Something empty was thrown.');
    const { context, timers, nowMs } = this.#link;
    context.counters.forwardersFailed++;
    timers.schedule(TimerName.Failure, nowMs);
  }

  /** Tells of a failure; called by its own transport. */
  settleFailure(report: (error: unknown) => void): void {
    const error = this.#untold;
    if (error === null) return;
    this.#untold = null;
    report(error);
    this.#stop();
    this.#link.bandwidth.reallocate();
  }

  /** Detaches it for good. */
  close(): void {
    this.onStateChange = null;
    this.setSource(null);
    this.#writer.close();
  }

  /** One packet of the source: sends it if the decision is so. */
  forward(packet: RtpPacket): void {
    const outgoing = this.#outgoing;
    this.leaveLane();
    if (packet.payloadType !== this.#mappedFrom) {
      this.#mappedFrom = packet.payloadType;
      this.#mappedTo = this.#payloadTypes.types[packet.payloadType];
    }
    const payloadType = this.#mappedTo;
    if (this.#halted || !this.#link.sendEnabled) return;
    if (!outgoing.decide(packet, payloadType)) return;
    this.#writer.write(packet, outgoing, payloadType);
    if (!packet.newest) return;
    if (this.#video) this.#reports.quality.freezes.packet(outgoing.timestamp, packet.startsKeyFrame);
    outgoing.timestamps.sent(outgoing.timestamp);
    if (outgoing.goesOnPlainly && this.#writer.remembersPlainly) this.#enterLane(packet, payloadType);
  }

  /** Lets packets like this one, which has just been sent, pass. */
  #enterLane(packet: RtpPacket, payloadType: number): void {
    // What is unwrapped, or came with what is, is told packet by packet.
    if (packet.redBlock !== 0 || this.unwrapsRed) return;
    const { id } = this.#link;
    this.#lane!.open(this.row, id, this.ssrc | 0, packet, payloadType, this.#outgoing, this.#writer);
    this.#inLane = true;
  }

  /** The receiver asks for packet `sequence` again. */
  nacked(sequence: number): void {
    this.settle();
    this.#reports.nackReceived++;
    this.#repair(sequence);
  }

  /** Feedback says that packet `sequence` was lost when it had been sent so many times before. */
  lost(sequence: number, repeats: number): void {
    this.settle();
    if (this.#writer.isLatest(sequence, repeats)) this.#repair(sequence, true);
  }

  /** Whether sendPadding() can send anything. */
  get canPad(): boolean {
    return this.#link.sendEnabled && this.#writer.canPad(this.#payloadTypes.paddingType);
  }

  /**
   * Sends about `bytes` that the receiver throws away, on the RTX stream: to find out what the path carries.
   * @returns the bytes queued, 0 where nothing can be
   */
  sendPadding(bytes: number): number {
    this.settle();
    return this.canPad ? this.#writer.pad(bytes, this.#payloadTypes.paddingType) : 0;
  }

  /** The receiver cannot decode on. */
  keyFrameRequested(): void {
    this.#reports.pliReceived++;
    if (this.state === 'live') this.#reports.quality.freezes.pictureLost();
    this.#requestKeyFrame();
  }

  #repair(sequence: number, isLost = false): void {
    if (!this.#link.sendEnabled || this.pauseReason !== null) return;
    if (this.#writer.repeat(sequence, isLost) === Repair.GivenUp && this.#video) this.#repairGivenUp();
  }

  /** The receiver will not get what it misses: it is to see something all the same before it notices and asks. */
  #repairGivenUp(): void {
    const { nowMs } = this.#link;
    if (this.#outgoing.starting || nowMs - this.#givenUpMs < givenUpIntervalMs) return;
    this.#givenUpMs = nowMs;
    this.#requestKeyFrame();
  }

  /** Of the encoding it is to go on with: one that it is about to leave need not be seen again. */
  #requestKeyFrame(): void {
    const { encoding, wantedEncoding, needsKeyFrame } = this.#outgoing.choice;
    this.source?.requestKeyFrame(this.#outgoing.starting || needsKeyFrame ? wantedEncoding : encoding);
  }

  /** The receiver's report on this stream. */
  receiverReported(block: ReportBlock): void {
    this.#reports.receive(block);
  }

  /** 1 … 5 (qualityScore()); null while nothing flows or the receiver has not reported. */
  get quality(): number | null {
    return this.#reports.quality.score;
  }

  /** Bits per second of payload over about the last second. */
  get bitrate(): number {
    return this.#reports.quality.bitrate;
  }

  get hasSent(): boolean {
    this.settle();
    return this.#writer.packets > 0;
  }

  /** Packets of media sent so far. */
  get packetsSent(): number {
    this.settle();
    return this.#writer.packets;
  }

  /** One more round of reports: writes a sender report if one is due; returns the end. */
  writeSenderReport(bytes: Uint8Array, at: number): number {
    this.settle();
    this.#reports.sample(this.current, this.layers());
    return this.state === 'live' ? this.#reports.write(bytes, at, this.ssrc | 0) : at;
  }

  stats(): ForwarderStats {
    this.settle();
    return { ...this.#reports.stats(), layers: this.#video ? this.#sentLayers() : null };
  }

  #sentLayers(): SentLayers {
    const { current, target, targetReason, layerReason } = this;
    const { switches } = this.#outgoing.choice;
    return { current, reason: layerReason, target, targetReason, switches, available: this.layers() };
  }

  #begun(): void {
    this.#reports.begin();
    this.#refreshState();
  }

  #stop(): void {
    this.leaveLane();
    this.#halted = true;
    this.#outgoing.stop();
    this.#reports.quality.freezes.paused();
    this.#refreshState();
    this.source?.demandChanged();
  }

  #resumed(): void {
    this.leaveLane();
    this.#halted = this.#mustHalt;
    this.#outgoing.stop();
    this.#outgoing.choice.retarget();
    this.#refreshState();
    this.source?.demandChanged();
    this.#outgoing.requestStart();
  }

  get #mustHalt(): boolean {
    return this.#failed || this.pauseReason !== null || this.#outgoing.choice.target.nothing;
  }

  /** Whether nothing may be sent, whatever comes. */
  get #blocked(): boolean {
    return this.#halted || !this.#link.sendEnabled;
  }

  #refreshState(): void {
    const state = this.#currentState();
    if (state === this.state) return;
    this.state = state;
    this.onStateChange?.(state);
  }

  #currentState(): ForwarderState {
    if (this.source === null) return 'no-source';
    if (this.#failed) return 'failed';
    if (this.pauseReason !== null || this.#outgoing.choice.target.nothing) return 'paused';
    // By the codec of the last packet; before the first, any codec that may come will do.
    if (!this.#payloadTypes.supports(this.source.codec, this.source.payloadTypes))
      return 'codec-not-supported';
    return this.#video && this.#outgoing.starting ? 'waiting-keyframe' : 'live';
  }
}
