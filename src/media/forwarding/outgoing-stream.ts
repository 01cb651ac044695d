import { noDependencyRewrite } from '../codecs/dependency-descriptor.ts';
import { DependencyRewriter } from '../codecs/dependency-rewriter.ts';
import { createDescriptorRewriter } from '../codecs/descriptor-rewriter.ts';
import { KeyFrameSyntax } from '../codecs/detect-key-frame.ts';
import {
  type DescriptorRewriter,
  emptyRewrite,
  noRewrite,
  pictureLeftOut,
} from '../codecs/payload-rewrite.ts';
import { LayerChoice } from '../layers/layer-choice.ts';
import type { InboundStream } from '../receiving/inbound-stream.ts';
import { noPayloadType } from '../receiving/payload-type-table.ts';
import type { RtpPacket } from '../rtp/rtp-packet.ts';
import { headerExtensionUri, type MediaKind, type SendParameters } from '../rtp-parameters.ts';
import type { TransportLink } from '../transport-link.ts';
import type { InboundTrack } from './inbound-track.ts';
import { noSequence, SequenceMap } from './sequence-map.ts';
import { TimestampMap } from './timestamp-map.ts';

/**
 * What one receiver gets of one source after another, as one stream: decides for each packet whether it is sent, and
 * with which numbers. Touches no bytes.
 */
export class OutgoingStream {
  // The decision on the last packet that is sent.
  sequence = 0;
  timestamp = 0;
  marker = 0;
  /** How its payload descriptor, its dependency descriptor and the mask in that are rewritten. */
  rewrite = noRewrite;
  dependencyRewrite = noDependencyRewrite;
  activeTargets = 0;

  /** The next packet has to be one to start at. */
  starting = true;
  /** What is forwarded, and the run of its numbers; -1 before the first. */
  stream: InboundStream | null = null;
  streamKey = -1;
  readonly choice = new LayerChoice();
  readonly sequences: SequenceMap;
  readonly timestamps: TimestampMap;
  /** Called when sending begins, or goes on with another stream; and for packets while it cannot. */
  onBegin: () => void = () => {};
  onWait: () => void = () => {};

  readonly #video: boolean;
  readonly #isBlocked: () => boolean;
  #source: InboundTrack | null = null;
  /** null while payload descriptors go out as they are. */
  #rewriter: DescriptorRewriter | null = null;
  #rewriterSyntax: number = KeyFrameSyntax.None;
  /** null until a dependency descriptor came. */
  #dependencies: DependencyRewriter | null = null;
  /** The key frame that was asked for to get to the layers wanted: encoding and spatial layer; -1 for none. */
  #requestedLayer = -1;
  /** The packet last left out, and the frame it was of: those missing just before another of that frame go too. */
  #leftOut = -1;
  #leftOutTimestamp = 0;
  #leftOutSpatial = 0;

  /** `isBlocked` says whether nothing may be sent now, whatever comes. */
  constructor(link: TransportLink, kind: MediaKind, isBlocked: () => boolean) {
    this.#video = kind === 'video';
    this.#isBlocked = isBlocked;
    this.choice.target.dropsTemporal = link.options.dropsTemporalLayers;
    this.timestamps = new TimestampMap(link);
    this.sequences = new SequenceMap(link.context.randomUint32() & 0x7fff);
  }

  /** Follows a renegotiation. */
  update({ headerExtensions }: SendParameters): void {
    const { target } = this.choice;
    const described = headerExtensions.some(({ uri }) => uri === headerExtensionUri.dependencyDescriptor);
    if (described === target.described) return;
    target.described = described;
    this.retarget();
  }

  /** Goes on with another source; null for none. */
  setSource(source: InboundTrack | null): void {
    this.stop();
    this.#source = source;
    this.choice.setLayers(this.#video && source !== null ? source.layers : null);
  }

  /** Nothing is sent until something to start at comes. */
  stop(): void {
    if (!this.starting) this.#createRewriter();
    this.starting = true;
  }

  /**
   * Whether `packet` is sent; the fields say with which numbers. `payloadType` is the receiver's for it, or
   * noPayloadType.
   */
  decide(packet: RtpPacket, payloadType: number): boolean {
    const begins = packet.streamKey !== this.streamKey || this.starting;
    if (begins) {
      if (!this.#begin(packet, payloadType)) return false;
    } else if (packet.startsKeyFrame && packet.newest) this.choice.keyFrame(packet);
    if (payloadType === noPayloadType) {
      this.stop();
      this.onWait();
      return false;
    }
    // Padding keeps the publisher's path busy; the receiver has no use for it.
    if (packet.payloadLength === 0 && this.sequences.leaveOut(packet.extended)) return false;
    const { selector } = this.choice;
    if (selector !== null && packet.payloadLength > 0 && !selector.select(packet))
      return this.#leaveOut(packet);
    const sequence = this.sequences.map(packet.extended);
    if (sequence === noSequence) return false;
    this.sequence = sequence;
    this.timestamp = this.timestamps.map(packet.timestamp);
    this.rewrite = noRewrite;
    if (this.#video) {
      this.marker = selector === null ? packet.marker : selector.marker(packet);
      this.#decideRewrites(packet);
    } else {
      // Audio that begins, or goes on after a pause, is a talkspurt (RFC 3551 §4.1): receivers may adapt their buffer.
      this.marker = begins ? 1 : packet.marker;
    }
    return true;
  }

  /** Whether what follows the packet last sent, of the same layers, is sent with the numbers and bytes that follow. */
  get goesOnPlainly(): boolean {
    return !this.starting && this.choice.selector === null && this.#rewriter === null;
  }

  /** Packets up to `source`, its extended number, were sent as goesOnPlainly() says: the last as `timestamp`. */
  passed(source: number, timestamp: number, atMs: number): void {
    this.sequences.passed(source);
    this.timestamps.passed(timestamp, atMs);
  }

  /** Aims at the layers wanted now, and asks for a key frame where that takes one that was not asked for yet. */
  retarget(): void {
    const { choice } = this;
    choice.retarget();
    if (this.starting || !this.#video || this.#isBlocked()) return;
    if (!choice.needsKeyFrame) {
      this.#requestedLayer = -1;
      return;
    }
    const wanted = choice.wantedLayer;
    if (wanted === this.#requestedLayer) return;
    this.#requestedLayer = wanted;
    this.#source?.requestKeyFrame(choice.wantedEncoding);
  }

  /** Asks for the key frame that sending starts with. */
  requestStart(): void {
    if (this.#video && !this.#isBlocked()) this.#source?.requestKeyFrame(this.choice.wantedEncoding);
  }

  /** Whether sending may go on with `packet` of a stream that is not the one sent; if so, numbers go on from here. */
  #begin(packet: RtpPacket, payloadType: number): boolean {
    const { choice } = this;
    const { encoding } = packet;
    if (this.starting) {
      if (!choice.mayStartWith(encoding)) return false;
    } else if (encoding !== choice.wantedEncoding && encoding !== choice.encoding) return false;
    const starts =
      payloadType !== noPayloadType &&
      packet.payloadLength > 0 &&
      packet.newest &&
      (packet.startsKeyFrame || !this.#video);
    if (!starts) {
      this.#cannotBegin(packet);
      return false;
    }
    const source = this.#source!;
    this.stop();
    this.stream = source.encodings[encoding].stream!;
    this.streamKey = packet.streamKey;
    this.sequences.start(packet.extended);
    this.timestamps.start(this.stream, packet.timestamp, source.codec!.clockRate);
    this.#leftOut = -1;
    choice.begin(packet);
    if (this.#video) this.#splice(packet);
    this.starting = false;
    this.onBegin();
    this.retarget();
    return true;
  }

  #cannotBegin(packet: RtpPacket): void {
    if (!this.starting) {
      // The other encoding has no key frame yet.
      if (packet.encoding !== this.choice.encoding) return;
      // The source's numbers have started anew under way.
      if (packet.payloadLength > 0 && packet.newest && this.#video) {
        this.stop();
        this.requestStart();
      }
    }
    this.onWait();
  }

  /** A packet of layers the receiver does not get: true where it has to go out empty, as its number is taken. */
  #leaveOut(packet: RtpPacket): boolean {
    const { extended, timestamp, newest } = packet;
    const { spatial } = packet.layers;
    if (this.#rewriter === null) this.#createRewriter();
    this.#rewriter?.leaveOut(packet);
    const ofSameFrame =
      newest &&
      this.#leftOut === this.sequences.highestSource &&
      this.#leftOutTimestamp === timestamp &&
      this.#leftOutSpatial === spatial;
    if (this.sequences.leaveOut(extended, ofSameFrame ? this.#leftOut + 1 : extended)) {
      if (newest) {
        this.#leftOut = extended;
        this.#leftOutTimestamp = timestamp;
        this.#leftOutSpatial = spatial;
      }
      return false;
    }
    this.sequence = this.sequences.map(extended);
    this.timestamp = this.timestamps.map(timestamp);
    this.marker = 0;
    this.rewrite = emptyRewrite;
    this.dependencyRewrite = noDependencyRewrite;
    return true;
  }

  #decideRewrites(packet: RtpPacket): void {
    const rewriter = this.#rewriter;
    const { layers } = packet;
    if (rewriter !== null && layers.syntax === this.#rewriterSyntax) {
      this.rewrite = rewriter.rewrite(packet);
      // Its picture was left out before its layers were wanted.
      if (this.rewrite === pictureLeftOut) this.rewrite = emptyRewrite;
    }
    const { dependencies } = layers;
    if (dependencies === null) {
      this.dependencyRewrite = noDependencyRewrite;
      return;
    }
    this.#dependencies ??= new DependencyRewriter();
    this.#dependencies.next(dependencies, this.choice.activeTargets(packet), packet.newest);
    this.dependencyRewrite = this.#dependencies.rewrite;
    this.activeTargets = this.#dependencies.activeTargets;
  }

  /** The numbers within packets go on over a change of the stream. */
  #splice(packet: RtpPacket): void {
    const { syntax, dependencies } = packet.layers;
    if (syntax === this.#rewriterSyntax) this.#rewriter?.splice(packet);
    else this.#rewriter = null;
    if (dependencies !== null) this.#dependencies?.splice(dependencies);
  }

  /** Payload descriptors will not go out as they are any more: from the last that was sent on. */
  #createRewriter(): void {
    if (this.#rewriter !== null || this.stream === null) return;
    const { numbers } = this.stream;
    this.#rewriter = createDescriptorRewriter(numbers);
    this.#rewriterSyntax = numbers.syntax;
  }
}
