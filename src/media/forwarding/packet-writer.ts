import { slotBytes } from '../../packet-io/layout.ts';
import { Urgency } from '../bandwidth/packet-outlet.ts';
import { delayOnBothPaths, type RepairDelay } from '../bandwidth/repair-delay.ts';
import { noCopy, sentCopy } from '../bandwidth/sent-copy.ts';
import { noDependencyRewrite } from '../codecs/dependency-descriptor.ts';
import { noRewrite } from '../codecs/payload-rewrite.ts';
import type { ExtensionMapping } from '../rtp/extension-mapping.ts';
import type { RtpPacket } from '../rtp/rtp-packet.ts';
import { toSequence } from '../rtp/serial-number.ts';
import type { SendParameters } from '../rtp-parameters.ts';
import type { TransportLink } from '../transport-link.ts';
import { repeatsExactly, sentExtensions } from './exact-repetition.ts';
import type { ForwarderStats } from './forwarder-stats.ts';
import type { OutgoingStream } from './outgoing-stream.ts';
import type { PacketHistory } from './packet-history.ts';
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
  /** Of the last send(). */
  #payloadBytes = 0;
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
    const { context } = this.#link;
    const { sequence, timestamp, rewrite, dependencyRewrite, activeTargets } = outgoing;
    const markerAndPayloadType = (outgoing.marker << 7) | payloadType;
    const retransmitter = this.#retransmitter;
    const watched = retransmitter !== null && isForgotten(outgoing);
    this.#countOut(
      this.send(
        packet,
        sequence,
        timestamp,
        markerAndPayloadType,
        rewrite,
        dependencyRewrite,
        activeTargets,
        watched ? sentCopy(this.#number, 0, sequence) : noCopy,
      ),
    );
    this.packets++;
    this.bytes += this.#payloadBytes;
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

  /** Sends a packet with what is the receiver's own, and remembers nothing of it. @returns its bytes */
  send(
    packet: RtpPacket,
    sequence: number,
    timestamp: number,
    markerAndPayloadType: number,
    rewrite: number,
    dependencyRewrite: number,
    activeTargets: number,
    copy: number,
  ): number {
    const { context, outlet } = this.#link;
    const mapping = this.#mapping;
    const at = context.sendQueue.begin();
    const bytes = outlet.prefixes;
    const end = mapping.write(
      bytes,
      at + rtpHeaderBytes,
      packet,
      this.#mid,
      dependencyRewrite,
      activeTargets,
      this.#asksForDelay ? delayOnBothPaths(outlet.playoutDelay, this.#sourceDelay) : 0,
    );
    const extended = end > at + rtpHeaderBytes;
    writeRtpHeader(bytes, at, extended, markerAndPayloadType, sequence, timestamp, this.#signedSsrc);
    const sent = commitPacket(
      outlet,
      this.#urgency,
      packet,
      at,
      end,
      mapping.sequenceOffset,
      mapping.absSendTimeOffset,
      rewrite,
      packet.number,
      copy,
    );
    this.#payloadBytes = sent - (end - at);
    return sent;
  }

  /** Whether nothing of a packet but its RTP header is the receiver's own, and it goes out at once and unnoted. */
  get writesBareHeaders(): boolean {
    return this.#mapping.empty && this.#link.outlet.open;
  }

  /** Whether what is sent without a rewrite and watching is remembered by writeHistoryEntry(). */
  get remembersPlainly(): boolean {
    return this.#retransmitter === null || this.#retransmitter.remembersPlainly;
  }

  /** What was sent lately; null where nothing is sent again. */
  get history(): PacketHistory | null {
    return this.#retransmitter === null ? null : this.#retransmitter.history;
  }

  /** Of `history` entries written from now on. */
  get epoch(): number {
    return this.#retransmitter === null ? 0 : this.#retransmitter.epoch;
  }

  /**
   * So many packets, of so many bytes of payload and the last with the extended number `highest`, were sent by send() and
   * are in `history`; or past this, with bare headers.
   */
  passed(packets: number, bytes: number, highest: number, bare: boolean): void {
    if (bare) this.#link.outlet.passed(packets, packets * rtpHeaderBytes + bytes);
    this.packets += packets;
    this.bytes += bytes;
    this.#retransmitter?.passed(toSequence(highest));
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
