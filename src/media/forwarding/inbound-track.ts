import { DependencyDescriptor } from '../codecs/dependency-descriptor.ts';
import { KeyFrameSyntax } from '../codecs/detect-key-frame.ts';
import { KeyFrame } from '../codecs/key-frame.ts';
import { EncodingDemand } from '../layers/encoding-demand.ts';
import { TrackLayers } from '../layers/track-layers.ts';
import { layerShare } from '../quality/layer-share.ts';
import { InboundStream } from '../receiving/inbound-stream.ts';
import { KeyFrameRequests, KeyFrameSpacing } from '../receiving/key-frame-requests.ts';
import { audioNackPolicy, type NackPolicy, videoNackPolicy } from '../receiving/nack-generator.ts';
import { noPayloadType, PayloadTypeTable } from '../receiving/payload-type-table.ts';
import { UplinkRepairs } from '../receiving/uplink-repairs.ts';
import { ExtensionKind } from '../rtp/header-extension.ts';
import type { RtpPacket } from '../rtp/rtp-packet.ts';
import type { MediaKind, ReceiveParameters, RtpCodecParameters } from '../rtp-parameters.ts';
import { AudioActivity } from '../speakers/audio-activity.ts';
import type { TransportLink } from '../transport-link.ts';
import { ExpressLane } from './express-lane.ts';
import type { Forwarder } from './forwarder.ts';
import { FrameLookahead } from './frame-lookahead.ts';
import { tellForwarders } from './hand-on.ts';
import { InboundQuality } from './inbound-quality.ts';
import type { InboundTrackStats } from './inbound-track-stats.ts';
import { RedUnwrapper } from './red-unwrapper.ts';

export type { InboundEncodingStats, InboundTrackStats } from './inbound-track-stats.ts';

/** One encoding of a track: what signaling said of it, and its stream once the SSRC is known. */
export interface InboundEncoding {
  readonly index: number;
  readonly rid: string | null;
  /** As signaled; -1 while unknown. */
  readonly ssrc: number;
  readonly rtxSsrc: number;
  stream: InboundStream | null;
}

/** What a remote sends on one m-line: its encodings, and the forwarders that pass it on. */
export class InboundTrack {
  readonly kind: MediaKind;
  readonly mid: string;
  /** Of the last packet. */
  codec: RtpCodecParameters | null = null;
  /** Whether the m-line has gone; no packet comes any more then. */
  ended = false;
  payloadTypes: PayloadTypeTable;
  encodings: readonly InboundEncoding[] = [];
  /** Whether an SSRC that is not stated is never taken for one of its own. */
  statedSsrcsOnly = false;
  /** Video: the layers of all encodings. */
  readonly layers: TrackLayers;
  /** Video: whether the publisher's client states, by other means than its packets, that it shows a screen; else null. */
  statedScreen: boolean | null = null;
  /** Called when the packets tell otherwise than before. */
  onContentChange: (() => void) | null = null;
  /** Video: what has to be repaired of it on the way to us. */
  readonly repairs = new UplinkRepairs();
  /** Where packets get to the forwarders. */
  readonly lane: ExpressLane;
  /** Audio: how loud it is; null for video. */
  readonly audio: AudioActivity | null;
  /** ExtensionKind by the publisher's extension id. */
  readonly extensionKinds: Uint8Array;
  /** Called when `unusedEncodings` changes: at once where one is needed again. */
  onUnusedEncodingsChange: ((unused: readonly number[]) => void) | null = null;

  readonly #link: TransportLink;
  readonly #video: boolean;
  readonly #onStarted: (track: InboundTrack) => void;
  /** By encoding. */
  readonly #keyFrames: KeyFrameRequests[] = [];
  readonly #keyFrameSpacing = new KeyFrameSpacing();
  readonly #demand: EncodingDemand;
  /** Replaced, never changed: it may be walked through meanwhile. */
  #forwarders: readonly Forwarder[] = [];
  readonly #lookahead = new FrameLookahead();
  readonly #red: RedUnwrapper;
  readonly #quality: InboundQuality;
  /** The lowest encoding that comes: a gap in its frames is one of the picture. -1 while none is of use. */
  #steadiestEncoding = 0;
  #started = false;
  /** Video: whether its packets say that it shows a screen. */
  #screenTold = false;
  /** The encoding of which a key frame starts with the packet that is handed round; it need not be asked for. */
  #startingKeyFrame = -1;

  constructor(
    link: TransportLink,
    parameters: ReceiveParameters,
    extensionKinds: Uint8Array,
    onStarted: (track: InboundTrack) => void,
  ) {
    this.#link = link;
    this.kind = parameters.kind;
    this.mid = parameters.mid;
    this.#video = parameters.kind === 'video';
    this.extensionKinds = extensionKinds;
    this.#onStarted = onStarted;
    this.payloadTypes = PayloadTypeTable.of(parameters.codecs);
    this.audio = this.#video ? null : new AudioActivity(link.context.clock);
    this.lane = new ExpressLane(link);
    this.#red = new RedUnwrapper(link);
    this.#quality = new InboundQuality(link, parameters.kind);
    this.layers = new TrackLayers(link, () => this.#layersChanged());
    this.#demand = new EncodingDemand(link);
    this.#demand.onChange = (unused) => {
      this.#chooseSteadiest();
      this.onUnusedEncodingsChange?.(unused);
    };
    this.update(parameters);
  }

  /** Follows a renegotiation. Streams whose encoding is still there go on. */
  update(parameters: ReceiveParameters): void {
    this.statedSsrcsOnly = parameters.statedSsrcsOnly === true;
    this.payloadTypes = PayloadTypeTable.of(parameters.codecs);
    const former = this.encodings;
    this.encodings = parameters.encodings.map(({ rid, ssrc, rtxSsrc }, index) => {
      const stream = former[index]?.rid === rid ? former[index].stream : null;
      stream?.setNackPolicy(this.#nackPolicy());
      return { index, rid, ssrc, rtxSsrc, stream };
    });
    const useFullIntraRequest = () =>
      !this.payloadTypes.allows('nack pli') && this.payloadTypes.allows('ccm fir');
    while (this.#keyFrames.length < this.encodings.length) {
      this.#keyFrames.push(new KeyFrameRequests(this.#link, this.#keyFrameSpacing, useFullIntraRequest));
    }
    if (this.#video) this.layers.update(this.encodings);
    tellForwarders(this.#forwarders, (forwarder) => forwarder.sourceChanged());
  }

  /** Video: whether the publisher says that it shows a screen rather than what a camera sees. */
  get showsScreen(): boolean {
    return this.statedScreen ?? this.#screenTold;
  }

  /** Of all encodings, so far. */
  get packetsReceived(): number {
    let packets = 0;
    for (const { stream } of this.encodings) packets += stream?.packets ?? 0;
    return packets;
  }

  /** 1 … 5 (qualityScore()); null while nothing comes. */
  get quality(): number | null {
    return this.#quality.score;
  }

  get forwarders(): readonly Forwarder[] {
    return this.#forwarders;
  }

  /** Called by Forwarder.setSource() only. */
  attach(forwarder: Forwarder): void {
    this.#forwarders = [...this.#forwarders, forwarder];
    this.lane.add(forwarder);
    this.demandChanged();
  }

  detach(forwarder: Forwarder): void {
    this.#forwarders = this.#forwarders.filter((other) => other !== forwarder);
    this.lane.remove(forwarder);
    this.demandChanged();
  }

  /**
   * Indices of the encodings that no subscriber has had use for, for a while: the publisher need not send them.
   * Those above the largest that anybody asks for; all, where nobody wants any.
   */
  get unusedEncodings(): readonly number[] {
    return this.#demand.unused;
  }

  /** Some forwarder asks for other layers than before, or for none. Called by forwarders. */
  demandChanged(): void {
    if (!this.#video || this.ended) return;
    const { layers } = this;
    let highest = -1;
    for (const forwarder of this.#forwarders) highest = Math.max(highest, forwarder.highestRank);
    this.#demand.update(this.encodings.flatMap(({ index }) => (layers.rankOf(index) > highest ? index : [])));
  }

  /** Says what is unused by now. */
  handleDemandTimeout(): void {
    if (!this.ended) this.#demand.handleTimeout();
  }

  /**
   * Asks the publisher for a key frame, of one encoding or (-1) of all that are sent to anybody. Requests are
   * coalesced, and kept apart by the interval of the options; no effect for audio.
   */
  requestKeyFrame(encoding = -1): void {
    if (this.ended || !this.#video) return;
    const used = this.encodings.filter(({ index, stream }) => stream !== null && this.#isUsed(index));
    const heard = this.encodings.filter(({ stream }) => stream !== null);
    const wanted = heard.filter(({ index }) => index === encoding);
    for (const { index, stream } of wanted.length > 0 ? wanted : used.length > 0 ? used : heard.slice(0, 1)) {
      if (index !== this.#startingKeyFrame) this.#keyFrames[index].request(stream!.ssrc);
    }
  }

  /** Packets of an encoding are lost for good: whoever gets it goes on with a key frame. */
  lostForGood(encoding: number): void {
    if (this.encodings.length === 1 || this.#isUsed(encoding)) this.requestKeyFrame(encoding);
  }

  /** Sends key frame requests that are due. */
  handleKeyFrameTimeout(): void {
    if (this.ended) return;
    for (const { index, stream } of this.encodings) {
      if (stream === null) continue;
      const waiting = this.#forwarders.some((forwarder) => forwarder.waitsFor(index));
      this.#keyFrames[index].handleTimeout(stream.ssrc, waiting);
    }
  }

  /** Makes the stream of an encoding whose SSRC has become known. Called by StreamDemux only. */
  createStream(encoding: InboundEncoding, ssrc: number): InboundStream {
    encoding.stream = new InboundStream(this.#link, this, ssrc, encoding.index, this.#nackPolicy());
    return encoding.stream;
  }

  /** One packet of one of its streams, arrived at `arrivals[index]`: noted, and given to the forwarders or a run. */
  receive(packet: RtpPacket, stream: InboundStream, index: number): void {
    const table = this.payloadTypes;
    const codecIndex = table.codecIndex[packet.payloadType];
    if (codecIndex === noPayloadType) {
      this.#link.context.counters.unknownPayloadType++;
      return;
    }
    const codec = table.codecs[codecIndex];
    if (!stream.receive(packet, codec.clockRate, index)) return;
    this.codec = codec;
    if (this.#video) {
      const kept = this.#lookahead.release(packet, stream);
      if (kept !== null) this.#handOnAlone(kept, this.#lookahead.stream!);
      this.#readVideo(packet, stream);
    } else packet.startsKeyFrame = false;
    if (!this.#started) this.#start(packet);
    if (!this.#video) this.#forwardAudio(packet, stream, table, codec.clockRate);
    else this.#forwardVideo(packet, stream);
    this.#startingKeyFrame = -1;
  }

  #forwardVideo(packet: RtpPacket, stream: InboundStream): void {
    const { run } = this.#link.commons;
    if (run.add(stream)) return;
    const instead = this.#lookahead.keep(packet, stream);
    if (instead === null) this.#handOnAlone(packet, stream);
    else run.replaceSpare(instead);
  }

  #handOnAlone(packet: RtpPacket, stream: InboundStream): void {
    this.lane.handOnAlone(packet, stream);
    if (packet.newest && packet.payloadLength > 0) packet.layers.noteNumbers(stream.numbers);
  }

  #readVideo(packet: RtpPacket, stream: InboundStream): void {
    packet.startsKeyFrame = this.#isKeyFrame(packet, stream);
    this.#startingKeyFrame = packet.startsKeyFrame && packet.newest ? packet.encoding : -1;
    if (packet.hasExtension(ExtensionKind.VideoContentType)) this.#readContent(packet);
    this.layers.receive(packet, stream);
    if (packet.newest && packet.encoding === this.#steadiestEncoding)
      this.#quality.freezes.packet(packet.timestamp, packet.startsKeyFrame);
  }

  /** Told with key frames only: what was told last holds. Bit 0 says screen (libwebrtc's video-content-type). */
  #readContent({ bytes, extensionOffset, extensionLength }: RtpPacket): void {
    const kind = ExtensionKind.VideoContentType;
    const screen = extensionLength[kind] > 0 && (bytes[extensionOffset[kind]] & 1) === 1;
    if (screen === this.#screenTold) return;
    this.#screenTold = screen;
    this.onContentChange?.();
  }

  #forwardAudio(packet: RtpPacket, stream: InboundStream, table: PayloadTypeTable, clockRate: number): void {
    const forwarders = this.#forwarders;
    if (!table.hasRed) {
      this.audio?.receive(packet, clockRate, packet.payloadLength);
      this.lane.handOnAlone(packet, stream);
    } else if (this.#red.forward(packet, table, forwarders))
      this.audio?.receive(packet, clockRate, this.#red.primaryLength);
    else this.#link.context.counters.malformedRed++;
  }

  /** Called with each report: takes the bit rates. */
  sample(): void {
    for (const { stream } of this.encodings) stream?.rate.sample(stream.bytes, this.#link.nowMs);
    if (this.#video) {
      this.layers.sample();
      this.repairs.sample(this.#link.nowMs, this.#streams);
      tellForwarders(this.#forwarders, (forwarder) => forwarder.layersMeasured());
    }
    this.#sampleQuality();
  }

  get #streams(): InboundStream[] {
    return this.encodings.flatMap(({ stream }) => stream ?? []);
  }

  get #jitterMs(): number {
    const clockRate = this.codec?.clockRate ?? 0;
    const jitter = Math.max(0, ...this.#streams.map(({ statistics }) => statistics.jitter));
    return clockRate === 0 ? 0 : (jitter * 1000) / clockRate;
  }

  #sampleQuality(): void {
    const streams = this.#streams;
    if (streams.length === 0) return;
    let packets = 0;
    let received = 0;
    let lost = 0;
    for (const stream of streams) {
      packets += stream.packets;
      received += stream.statistics.packets;
      lost += stream.statistics.lost;
    }
    const share = this.#video ? this.#layerShare() : null;
    this.#quality.sample(packets, received, lost, this.#jitterMs, share);
  }

  /** The spatial layers that come, of those that came before and are still of use to somebody. */
  #layerShare(): number | null {
    const used = this.layers.list().filter(({ encoding }) => !this.unusedEncodings.includes(encoding));
    const top = ({ spatial }: { spatial: number }) => ({ spatial, temporal: 0 });
    const current = used.findLast(({ active }) => active);
    const best = used.at(-1);
    return current === undefined || best === undefined ? null : layerShare(top(current), top(best));
  }

  stats(): InboundTrackStats {
    const streams = this.#streams;
    const total = (value: (stream: InboundStream) => number) =>
      streams.reduce((sum, stream) => sum + value(stream), 0);
    return {
      codec: this.codec?.name ?? null,
      packets: total((stream) => stream.packets),
      bytes: total((stream) => stream.bytes),
      lost: Math.max(
        0,
        total((stream) => stream.statistics.lost),
      ),
      recovered: total((stream) => stream.recovered),
      redRecovered: this.#red.recovered,
      jitterMs: this.#jitterMs,
      bitrate: total((stream) => stream.rate.bitsPerSecond),
      nackSent: total((stream) => stream.nackSent),
      pliSent: this.#keyFrames.reduce((sum, { sent }) => sum + sent, 0),
      keyFrames: total((stream) => stream.keyFrames),
      freezes: this.#quality.freezes.count,
      frozenMs: this.#quality.freezes.frozenMs,
      quality: this.quality,
      rttMs: this.#link.rttMs < 0 ? null : this.#link.rttMs,
      encodings: this.encodings.map(({ index, rid, stream, ssrc }) => ({
        rid,
        ssrc: stream === null ? ssrc : stream.ssrc >>> 0,
        packets: stream?.packets ?? 0,
        bytes: stream?.bytes ?? 0,
        lost: Math.max(0, stream?.statistics.lost ?? 0),
        bitrate: stream?.rate.bitsPerSecond ?? 0,
        unused: this.unusedEncodings.includes(index),
      })),
      layers: this.#video ? this.layers.list() : [],
    };
  }

  #start(packet: RtpPacket): void {
    this.#started = true;
    this.#onStarted(this);
    // Whoever waited before the SSRC was known could not ask.
    if (
      !packet.startsKeyFrame &&
      this.#forwarders.length > 0 &&
      this.#keyFrames.every(({ sent }) => sent === 0)
    )
      this.requestKeyFrame(packet.encoding);
  }

  #isUsed(encoding: number): boolean {
    return this.#forwarders.some((forwarder) => forwarder.uses(encoding));
  }

  #layersChanged(): void {
    this.#chooseSteadiest();
    tellForwarders(this.#forwarders, (forwarder) => forwarder.layersChanged());
    this.demandChanged();
  }

  /** What nobody watches may be sent or not: that is no freeze. */
  #chooseSteadiest(): void {
    const idle = this.unusedEncodings.length === this.encodings.length;
    if (idle) this.#quality.freezes.paused();
    this.#steadiestEncoding = idle ? -1 : (this.layers.resolve(0)?.encoding ?? 0);
  }

  /** Reads what the packet says of its layers: whether a decoder can start with it. */
  #isKeyFrame(packet: RtpPacket, stream: InboundStream): boolean {
    const syntax = this.payloadTypes.keyFrameSyntax[packet.payloadType];
    const { layers, bytes, payloadOffset, payloadLength } = packet;
    let found = layers.read(syntax, bytes, payloadOffset, payloadLength, packet.marker);
    const described = payloadLength > 0 && packet.hasExtension(ExtensionKind.DependencyDescriptor);
    if (described && this.#readDependencies(packet, stream)) {
      found = layers.readDependencies(stream.dependencies!);
    } else if (syntax === KeyFrameSyntax.None) {
      // Nothing is known of the codec: a receiver may as well start anywhere.
      return true;
    }
    if (found === KeyFrame.None) return false;
    if (found === KeyFrame.Start) stream.parameterSetsSeen = true;
    if (packet.timestamp !== stream.keyFrameTimestamp || stream.keyFrames === 0) {
      stream.keyFrameTimestamp = packet.timestamp;
      stream.keyFrames++;
    }
    // A bare IDR slice is a start only where parameter sets do not come in band at all.
    const starts = found === KeyFrame.Start || !stream.parameterSetsSeen;
    // Nobody can start at one that comes late: then the request stands, and is repeated.
    if (starts && packet.newest) this.#keyFrames[stream.encoding].answered();
    return starts;
  }

  #readDependencies(packet: RtpPacket, stream: InboundStream): boolean {
    stream.dependencies ??= new DependencyDescriptor();
    const kind = ExtensionKind.DependencyDescriptor;
    const { bytes, extended } = packet;
    return stream.dependencies.read(
      bytes,
      packet.extensionOffset[kind],
      packet.extensionLength[kind],
      extended,
    );
  }

  #nackPolicy(): NackPolicy | null {
    if (!this.payloadTypes.allows('nack')) return null;
    return this.#video ? videoNackPolicy : audioNackPolicy;
  }
}
