import { detectKeyFrame, KeyFrameSyntax } from '../codecs/detect-key-frame.ts';
import { KeyFrame } from '../codecs/key-frame.ts';
import { FreezeDetector } from '../quality/freeze-detector.ts';
import { QualityMeter } from '../quality/quality-meter.ts';
import { InboundStream } from '../receiving/inbound-stream.ts';
import { KeyFrameRequests } from '../receiving/key-frame-requests.ts';
import { audioNackPolicy, type NackPolicy, videoNackPolicy } from '../receiving/nack-generator.ts';
import { noPayloadType, PayloadTypeTable } from '../receiving/payload-type-table.ts';
import type { RtpPacket } from '../rtp/rtp-packet.ts';
import type { MediaKind, ReceiveParameters, RtpCodecParameters } from '../rtp-parameters.ts';
import { AudioActivity } from '../speakers/audio-activity.ts';
import type { TransportLink } from '../transport-link.ts';
import type { Forwarder } from './forwarder.ts';
import { RedUnwrapper } from './red-unwrapper.ts';

/** One encoding of a track: what signaling said of it, and its stream once the SSRC is known. */
export interface InboundEncoding {
  readonly index: number;
  readonly rid: string | null;
  /** As signaled; -1 while unknown. */
  readonly ssrc: number;
  readonly rtxSsrc: number;
  stream: InboundStream | null;
}

export interface InboundTrackStats {
  /** Name of the codec of the last packet; null before the first. */
  readonly codec: string | null;
  readonly packets: number;
  /** Payload bytes. */
  readonly bytes: number;
  /** Packets the network lost, whether or not they were repaired. */
  readonly lost: number;
  /** Packets repaired by retransmission. */
  readonly recovered: number;
  /** Audio: packets repaired out of redundancy (RED), for receivers without RED. */
  readonly redRecovered: number;
  /** Of the encoding that is forwarded. */
  readonly jitterMs: number;
  /** Bits per second of payload over about the last second. */
  readonly bitrate: number;
  readonly nackSent: number;
  /** Key frame requests sent, PLI or FIR. */
  readonly pliSent: number;
  readonly keyFrames: number;
  /** Video: how often and for how long no frame came. */
  readonly freezes: number;
  readonly frozenMs: number;
  /** 1 … 5 (qualityScore()); null while nothing comes. */
  readonly quality: number | null;
  /** null until measured. */
  readonly rttMs: number | null;
  readonly encodings: readonly InboundEncodingStats[];
}

export interface InboundEncodingStats {
  readonly rid: string | null;
  readonly ssrc: number;
  readonly packets: number;
  readonly bytes: number;
  readonly bitrate: number;
}

/** Encoding switches wait for this many silent report intervals of the encoding in use. */
const silentReportsBeforeSwitch = 2;

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
  /** Index of the encoding that is forwarded. */
  preferredEncoding = 0;
  /** Audio: how loud it is; null for video. */
  readonly audio: AudioActivity | null;
  /** ExtensionKind by the publisher's extension id. */
  readonly extensionKinds: Uint8Array;

  readonly #link: TransportLink;
  readonly #video: boolean;
  readonly #onStarted: (track: InboundTrack) => void;
  readonly #keyFrames: KeyFrameRequests;
  /** Replaced, never changed: it may be walked through meanwhile. */
  #forwarders: readonly Forwarder[] = [];
  readonly #red: RedUnwrapper;
  readonly #freezes: FreezeDetector;
  readonly #quality: QualityMeter;
  #freezesCounted = 0;
  #expected = 0;
  #lost = 0;
  #started = false;
  #silentReports = 0;

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
    this.payloadTypes = new PayloadTypeTable(parameters.codecs);
    this.#red = new RedUnwrapper(link);
    this.#freezes = new FreezeDetector(link.context.clock);
    this.#quality = new QualityMeter(parameters.kind);
    this.audio = this.#video ? null : new AudioActivity(link.context.clock);
    this.#keyFrames = new KeyFrameRequests(
      link,
      () => !this.payloadTypes.allows('nack pli') && this.payloadTypes.allows('ccm fir'),
    );
    this.update(parameters);
  }

  /** Follows a renegotiation. Streams whose encoding is still there go on. */
  update(parameters: ReceiveParameters): void {
    this.payloadTypes = new PayloadTypeTable(parameters.codecs);
    const former = this.encodings;
    this.encodings = parameters.encodings.map(({ rid, ssrc, rtxSsrc }, index) => {
      const stream = former[index]?.rid === rid ? former[index].stream : null;
      return { index, rid, ssrc, rtxSsrc, stream };
    });
    if (this.preferredEncoding >= this.encodings.length) this.preferredEncoding = 0;
    for (const forwarder of this.#forwarders) forwarder.sourceChanged();
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
  }

  detach(forwarder: Forwarder): void {
    this.#forwarders = this.#forwarders.filter((other) => other !== forwarder);
  }

  /** The stream that is forwarded, if its SSRC is known. */
  get preferredStream(): InboundStream | null {
    return this.encodings[this.preferredEncoding]?.stream ?? null;
  }

  /**
   * Asks the publisher for a key frame. Requests are coalesced, and kept apart by the interval of the options;
   * no effect for audio.
   */
  requestKeyFrame(): void {
    const stream = this.preferredStream;
    if (this.ended || !this.#video || stream === null) return;
    this.#keyFrames.request(stream.ssrc);
  }

  /** Sends key frame requests that are due. */
  handleKeyFrameTimeout(): void {
    const stream = this.preferredStream;
    if (this.ended || stream === null) return;
    const waiting = this.#forwarders.some((forwarder) => forwarder.state === 'waiting-keyframe');
    this.#keyFrames.handleTimeout(stream.ssrc, waiting);
  }

  /** Makes the stream of an encoding whose SSRC has become known. Called by StreamDemux only. */
  createStream(encoding: InboundEncoding, ssrc: number): InboundStream {
    encoding.stream = new InboundStream(this.#link, this, ssrc, encoding.index, this.#nackPolicy());
    return encoding.stream;
  }

  /** One packet of one of its streams, arrived at `arrivals[index]`: noted, and given to the forwarders. */
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
    packet.startsKeyFrame = this.#video && this.#isKeyFrame(packet, stream);
    if (!this.#started) this.#start(packet, stream);
    if (this.#video && packet.newest && packet.encoding === this.preferredEncoding)
      this.#freezes.packet(packet.timestamp, packet.startsKeyFrame);
    this.#forward(packet, table, codec.clockRate);
  }

  #forward(packet: RtpPacket, table: PayloadTypeTable, clockRate: number): void {
    const forwarders = this.#forwarders;
    if (!table.hasRed) {
      this.audio?.receive(packet, clockRate, packet.payloadLength);
      for (let i = 0; i < forwarders.length; i++) forwarders[i].forward(packet);
    } else if (this.#red.forward(packet, table, forwarders))
      this.audio?.receive(packet, clockRate, this.#red.primaryLength);
    else this.#link.context.counters.malformedRed++;
  }

  /** Called with each report: takes the bit rates, and leaves an encoding the publisher has stopped. */
  sample(): void {
    for (const { stream } of this.encodings) stream?.rate.sample(stream.bytes, this.#link.nowMs);
    this.#sampleQuality();
    const preferred = this.preferredStream;
    this.#silentReports = preferred?.heardSinceReport === false ? this.#silentReports + 1 : 0;
    if (this.#silentReports < silentReportsBeforeSwitch) return;
    const speaking = this.encodings.find(({ stream }) => stream?.heardSinceReport);
    if (speaking !== undefined) this.preferredEncoding = speaking.index;
  }

  get #jitterMs(): number {
    const clockRate = this.codec?.clockRate ?? 0;
    const jitter = this.preferredStream?.statistics.jitter ?? 0;
    return clockRate === 0 ? 0 : (jitter * 1000) / clockRate;
  }

  #sampleQuality(): void {
    const stream = this.preferredStream;
    if (stream === null) return;
    const { packets, lost } = stream.statistics;
    const expected = packets + lost;
    const newlyExpected = expected - this.#expected;
    const newlyLost = Math.max(0, lost - this.#lost);
    this.#expected = expected;
    this.#lost = lost;
    this.#quality.sample(
      {
        packets: stream.packets,
        // Another encoding, or one that started anew, counts from elsewhere.
        lossShare: newlyExpected <= 0 ? null : Math.min(1, newlyLost / newlyExpected),
        rttMs: this.#link.rttMs < 0 ? null : this.#link.rttMs,
        jitterMs: this.#jitterMs,
        frozenMs: this.#freezes.frozenMsNow(),
        layerShare: null,
      },
      this.#link.nowMs,
    );
    this.#link.context.counters.freezesIn += this.#freezes.count - this.#freezesCounted;
    this.#freezesCounted = this.#freezes.count;
  }

  stats(): InboundTrackStats {
    const streams = this.encodings.flatMap(({ stream }) => stream ?? []);
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
      nackSent: total((stream) => stream.nack?.sent ?? 0),
      pliSent: this.#keyFrames.sent,
      keyFrames: total((stream) => stream.keyFrames),
      freezes: this.#freezes.count,
      frozenMs: this.#freezes.frozenMs,
      quality: this.quality,
      rttMs: this.#link.rttMs < 0 ? null : this.#link.rttMs,
      encodings: this.encodings.map(({ rid, stream, ssrc }) => ({
        rid,
        ssrc: stream === null ? ssrc : stream.ssrc >>> 0,
        packets: stream?.packets ?? 0,
        bytes: stream?.bytes ?? 0,
        bitrate: stream?.rate.bitsPerSecond ?? 0,
      })),
    };
  }

  #start(packet: RtpPacket, stream: InboundStream): void {
    this.#started = true;
    this.preferredEncoding = stream.encoding;
    this.#onStarted(this);
    // Whoever waited before the SSRC was known could not ask.
    if (!packet.startsKeyFrame && this.#forwarders.length > 0 && this.#keyFrames.sent === 0)
      this.requestKeyFrame();
  }

  #isKeyFrame(packet: RtpPacket, stream: InboundStream): boolean {
    const syntax = this.payloadTypes.keyFrameSyntax[packet.payloadType];
    // Nothing is known of the codec: a receiver may as well start anywhere.
    if (syntax === KeyFrameSyntax.None) return true;
    const found = detectKeyFrame(syntax, packet.bytes, packet.payloadOffset, packet.payloadLength);
    if (found === KeyFrame.None) return false;
    if (found === KeyFrame.Start) stream.parameterSetsSeen = true;
    if (packet.timestamp !== stream.keyFrameTimestamp || stream.keyFrames === 0) {
      stream.keyFrameTimestamp = packet.timestamp;
      stream.keyFrames++;
    }
    // A bare IDR slice is a start only where parameter sets do not come in band at all.
    const starts = found === KeyFrame.Start || !stream.parameterSetsSeen;
    // Nobody can start at one that comes late: then the request stands, and is repeated.
    if (starts && packet.newest && stream.encoding === this.preferredEncoding) this.#keyFrames.answered();
    return starts;
  }

  #nackPolicy(): NackPolicy | null {
    if (!this.payloadTypes.allows('nack')) return null;
    return this.#video ? videoNackPolicy : audioNackPolicy;
  }
}
