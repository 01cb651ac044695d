import { slotBytes } from '../../packet-io/layout.ts';
import { Urgency } from '../bandwidth/packet-outlet.ts';
import { delayOnBothPaths, type RepairDelay } from '../bandwidth/repair-delay.ts';
import { noCopy, sentCopy } from '../bandwidth/sent-copy.ts';
import { noDependencyRewrite } from '../codecs/dependency-descriptor.ts';
import { noRewrite } from '../codecs/payload-rewrite.ts';
import type { ExtensionMapping } from '../rtp/extension-mapping.ts';
import type { RtpPacket } from '../rtp/rtp-packet.ts';
import type { SendParameters } from '../rtp-parameters.ts';
import type { TransportLink } from '../transport-link.ts';
import { repeatsExactly, sentExtensions } from './exact-repetition.ts';
import type { ForwarderStats } from './forwarder-stats.ts';
import type { OutgoingStream } from './outgoing-stream.ts';
import { Repair, type RetransmissionFormat, Retransmitter } from './retransmitter.ts';
import { commitPacket, rtpHeaderBytes, writeRtpHeader } from './write-rtp.ts';

const noMid = new Uint8Array(0);

/** Writes what one forwarder has decided to send, and writes it again when the receiver asks. */
export class PacketWriter {
  /** First transmissions, and the bytes of their payloads. */
  packets = 0;
  bytes = 0;

  readonly #link: TransportLink;
  readonly #signedSsrc: number;
  readonly #number: number;
  readonly #urgency: number;
  readonly #midBytes: Uint8Array;
  /** Written until the receiver has shown that it knows the SSRC. */
  #mid: Uint8Array;
  #repeatsExactly = false;
  /** Whether the receiver is told how long to wait for repairs: what is repeated exactly must not change. */
  #asksForDelay = false;
  /** Of the source: for what gets lost on the way to us. */
  #sourceDelay: RepairDelay | null = null;
  #mapping: ExtensionMapping;
  #retransmitter: Retransmitter | null = null;
  #retransmissionFormat: RetransmissionFormat | null = null;

  /** `number` is the forwarder's. */
  constructor(link: TransportLink, parameters: SendParameters, number: number) {
    this.#link = link;
    this.#number = number;
    this.#signedSsrc = parameters.ssrc | 0;
    this.#urgency = parameters.kind === 'video' ? Urgency.Paced : Urgency.Now;
    this.#midBytes = new TextEncoder().encode(parameters.mid);
    this.#mid = this.#midBytes;
    this.#mapping = link.commons.mappings.acquire(sentExtensions(parameters), this.#midBytes.length);
  }

  stats(): Pick<ForwarderStats, 'packets' | 'bytes' | 'retransmitted' | 'retransmissionsMissed'> {
    const { packets, bytes } = this;
    const retransmitted = this.#retransmitter?.sent ?? 0;
    return { packets, bytes, retransmitted, retransmissionsMissed: this.#retransmitter?.missed ?? 0 };
  }

  /** Follows a renegotiation. */
  update(parameters: SendParameters): void {
    this.#repeatsExactly = repeatsExactly(parameters);
    this.#asksForDelay = parameters.kind === 'video' && !this.#repeatsExactly;
    const { mappings } = this.#link.commons;
    const mapping = mappings.acquire(sentExtensions(parameters), this.#midBytes.length);
    mappings.release(this.#mapping);
    // What was written with another mapping cannot be repeated exactly.
    if (mapping !== this.#mapping) this.#nextEpoch();
    this.#mapping = mapping;
    const history = parameters.codecs.some(({ feedback }) => feedback.includes('nack'));
    const { videoHistoryPackets, audioHistoryPackets } = this.#link.options;
    const packets = parameters.kind === 'video' ? videoHistoryPackets : audioHistoryPackets;
    if (!history) this.#retransmitter = null;
    else this.#retransmitter ??= new Retransmitter(this.#link, packets);
  }

  /** How packets are sent again from now on; `extensionKinds` are the source's, null without one. */
  setRetransmission(rtxSsrc: number, rtxPayloadTypes: Uint8Array, extensionKinds: Uint8Array | null): void {
    this.#retransmissionFormat = {
      forwarder: this.#number,
      ssrc: this.#signedSsrc,
      rtxSsrc: rtxSsrc | 0,
      rtxPayloadTypes,
      mapping: this.#mapping,
      mid: this.#midBytes,
      extensionKinds,
    };
  }

  /** What is sent from now on comes from another source, of which repairs take that long; null for none. */
  setSource(delay: RepairDelay | null): void {
    this.#sourceDelay = delay;
    this.#nextEpoch();
  }

  /** What is sent from now on is mapped in another way, or comes from another source. */
  #nextEpoch(): void {
    this.#retransmitter?.nextEpoch();
  }

  /** The receiver knows the SSRC: the MID need not be told any more. */
  ssrcKnown(): void {
    if (!this.#repeatsExactly) this.#mid = noMid;
  }

  /** Sends a packet as `outgoing` has decided. */
  write(packet: RtpPacket, outgoing: OutgoingStream, payloadType: number): void {
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
      this.#asksForDelay ? delayOnBothPaths(outlet.playoutDelay, this.#sourceDelay) : 0,
    );
    const markerAndPayloadType = (outgoing.marker << 7) | payloadType;
    const extended = end > at + rtpHeaderBytes;
    const retransmitter = this.#retransmitter;
    const watched = retransmitter !== null && isForgotten(outgoing);
    writeRtpHeader(bytes, at, extended, markerAndPayloadType, sequence, timestamp, this.#signedSsrc);
    const { sequenceOffset, absSendTimeOffset } = this.#mapping;
    const sent = commitPacket(
      outlet,
      this.#urgency,
      packet,
      at,
      end,
      sequenceOffset,
      absSendTimeOffset,
      rewrite,
      packet.number,
      watched ? sentCopy(this.#number, 0, sequence) : noCopy,
    );
    this.packets++;
    this.bytes += sent - (end - at);
    this.#countOut(sent);
    if (retransmitter === null) return;
    retransmitter.watchesRepairs = watched;
    retransmitter.noteKeyFrame(sequence, packet.startsKeyFrame && packet.newest);
    retransmitter.history.record(
      context.clock,
      sequence,
      packet.number,
      timestamp,
      markerAndPayloadType,
      retransmitter.epoch,
      isDispensable(packet),
      packet.start % slotBytes,
      packet.length,
    );
    if (rewrite !== noRewrite || dependencyRewrite !== noDependencyRewrite)
      retransmitter.history.recordRewrite(sequence, rewrite, dependencyRewrite, activeTargets);
    retransmitter.noteRedBlock(sequence, packet.redBlock);
  }

  /** Whether packet `sequence` has been sent again so many times. */
  isLatest(sequence: number, repeats: number): boolean {
    return this.#retransmitter?.isLatest(sequence, repeats) === true;
  }

  /** Sends the packet numbered `sequence` again, if that is of use. Returns one of Repair. */
  repeat(sequence: number, isLost: boolean): number {
    const retransmitter = this.#retransmitter;
    if (retransmitter === null) return Repair.GivenUp;
    const result = retransmitter.retransmit(sequence, this.#retransmissionFormat!, isLost);
    if (result === Repair.Sent) this.#countOut(retransmitter.repeatedBytes);
    return result;
  }

  /** Whether pad() can send anything that receivers take for padding: as repetitions with `payloadType`. */
  canPad(payloadType: number): boolean {
    return this.#retransmitter !== null && payloadType >= 0;
  }

  /** Sends about `bytes` that the receiver throws away; canPad() must hold. Returns the bytes queued. */
  pad(bytes: number, payloadType: number): number {
    const sent = this.#retransmitter!.sendPadding(bytes, this.#retransmissionFormat!, payloadType);
    this.#countOut(sent);
    return sent;
  }

  close(): void {
    this.#link.commons.mappings.release(this.#mapping);
  }

  #countOut(bytes: number): void {
    const { counters } = this.#link.context;
    counters.packetsOut++;
    counters.bytesOut += bytes;
  }
}

/** Whether pictures that follow do without a packet: those of higher temporal layers. */
function isDispensable({ layers }: RtpPacket): boolean {
  return layers.temporal > 0;
}

/**
 * Whether receivers may forget what they miss of a picture, so that we have to see to it: where it consists of several
 * frames. libwebrtc's FrameBuffer calls a frame continuous when those it refers to are, though others of their pictures
 * are not complete, and its NackRequester does not ask again for anything before a continuous frame. It has asked once
 * by then; but without all frames of a picture it decodes none, nor anything that follows.
 */
function isForgotten({ stream }: OutgoingStream): boolean {
  return stream !== null && stream.layers !== null && stream.layers.spatialLayers > 1;
}
