import { batchSize, slotBytes } from '../../packet-io/layout.ts';
import { Urgency, wireOverheadBytes } from '../bandwidth/packet-outlet.ts';
import { noCopy, sentCopy } from '../bandwidth/sent-copy.ts';
import { absSendTimeAt } from '../rtp/abs-send-time.ts';
import type { ExtensionMapping } from '../rtp/extension-mapping.ts';
import { type RtpPacket, writeUint16 } from '../rtp/rtp-packet.ts';
import { originalSequenceBytes } from '../rtp/rtx.ts';
import { packetAge, sequenceDelta, toSequence } from '../rtp/serial-number.ts';
import type { TransportLink } from '../transport-link.ts';
import { PacketHistory } from './packet-history.ts';
import { commitPacket, offsetInPacket, rtpHeaderBytes, writeRtpHeader } from './write-rtp.ts';

/** A history that begins with so many packets grows for as long as they are less than 0.7 s of video. */
const firstHistoryPackets = 128;
const keptTicks = 63_000;

/** Between two times of one packet, where the time until the receiver could say that the first was lost is unknown. */
const defaultResponseMs = 50;
const minResponseMs = 10;
/** A packet is sent again so many times at most, and only while it can still be of use. */
const maxRepeats = 5;
const usefulMs = 1000;
/**
 * libwebrtc asks ten times for a packet, every tenth of a second where it does not know the RTT, then waits for three
 * seconds in silence. Repairs that have got lost for so long are given up while it still asks, so that we notice.
 */
const repairableMs = 600;

/** More sequence numbers than any history holds. */
const long = 1 << 20;

/** What became of a NACK. */
export const Repair = {
  /** It was sent again. */
  Sent: 0,
  /** It is on its way, or gone, or the receiver can do without it. */
  Needless: 1,
  /** It could not be sent again: what depends on it will not be seen. */
  GivenUp: 2,
} as const;

/** Of one packet: the count is a byte. */
const maxPaddingBytes = 255;
const paddingFlag = 0x20;
/** The latest packets that padding repeats. */
const paddingPackets = 16;

/** How retransmissions of one forwarder look. */
export interface RetransmissionFormat {
  /** The number of the forwarder within its transport. */
  readonly forwarder: number;
  readonly ssrc: number;
  /** Signed; used where rtxPayloadType is given. */
  readonly rtxSsrc: number;
  /** By the payload type of the original; noPayloadType where the packet is to be repeated as it was. */
  readonly rtxPayloadTypes: Uint8Array;
  readonly mapping: ExtensionMapping;
  readonly mid: Uint8Array;
  /** ExtensionKind by the ids of the packets in the ring; null where those are another source's by now. */
  readonly extensionKinds: Uint8Array | null;
}

/** Answers the NACKs of one receiver from the packet ring, by RTX (RFC 4588) where it was negotiated. */
export class Retransmitter {
  readonly history: PacketHistory;
  /** Of the last retransmit(). */
  repeatedBytes = 0;
  /** Packets sent again, and NACKs that could not be answered. */
  sent = 0;
  missed = 0;
  /** RtpPacket.redBlock of `history` entries, by number & mask; null until there is one that is not 0. */
  #redBlocks: Uint8Array | null = null;
  /** Of `history` entries written from now on. */
  epoch = 0;
  /** Whether to be told of repairs that get lost: the receiver may not ask for them again. */
  watchesRepairs = false;

  readonly #link: TransportLink;
  readonly #maxPackets: number;
  #rtxSequence: number;
  /** How far back from the newest the packet lies that padding repeated last. */
  #paddingBack = 0;
  /** How many sequence numbers ago a key frame began: what is before it is of no use any more. */
  #sinceKeyFrame = long;

  constructor(link: TransportLink, historyPackets: number) {
    this.#link = link;
    this.#maxPackets = historyPackets;
    // The table's length is a power of two, whatever is asked for.
    const capacity = 2 ** Math.ceil(Math.log2(historyPackets));
    this.history = new PacketHistory(Math.min(firstHistoryPackets, capacity), capacity, keptTicks);
    this.#rtxSequence = link.context.randomUint32() & 0xffff;
  }

  /** What is sent from now on comes from another source, or by other ids: what was sent is kept apart. */
  nextEpoch(): void {
    this.epoch = (this.epoch + 1) & 0xff;
  }

  /** What was recorded last under `sequence` was this block of its packet. */
  noteRedBlock(sequence: number, redBlock: number): void {
    if (this.#redBlocks === null) {
      if (redBlock === 0) return;
      this.#redBlocks = new Uint8Array(this.history.capacity);
    }
    this.#redBlocks[sequence & (this.#redBlocks.length - 1)] = redBlock;
  }

  /** A packet is being sent now, and with it a key frame begins or not. To be called before `history` has it. */
  noteKeyFrame(sequence: number, starts: boolean): void {
    if (starts) this.#sinceKeyFrame = 0;
    else if (this.#sinceKeyFrame < long)
      this.#sinceKeyFrame += Math.max(0, sequenceDelta(sequence, this.history.newest));
  }

  /** Packets up to `sequence` were sent, and no key frame began with any: `history` has them. */
  passed(sequence: number): void {
    this.noteKeyFrame(sequence, false);
    this.history.passed(sequence);
  }

  /** Whether writeHistoryEntry() says all that there is to remember of a packet that was not rewritten. */
  get remembersPlainly(): boolean {
    return this.#redBlocks === null && !this.history.remembersRewrites;
  }

  /**
   * Sends the packet numbered `sequence` again, if that is of use and the path carries it. `isLost` says that the last
   * copy is known to be lost, else it may still be on its way.
   * @returns one of Repair; `repeatedBytes` says how many bytes were queued
   */
  retransmit(sequence: number, format: RetransmissionFormat, isLost: boolean): number {
    const { context, bandwidth, outlet } = this.#link;
    const { counters, clock } = context;
    const { history } = this;
    this.repeatedBytes = 0;
    // The receiver goes on with the key frame as soon as it has that: where room is scarce nothing is to be in its way.
    const superseded = sequenceDelta(history.newest, sequence) > this.#sinceKeyFrame;
    const forgotten = sequenceDelta(history.newest, sequence) >= this.#maxPackets;
    if (forgotten || !history.find(sequence) || !this.#inRing(history.packetNumber)) {
      this.missed++;
      counters.retransmissionsMissed++;
      return Repair.Needless;
    }
    const { repeats, dispensable } = history;
    const sinceMs = history.sinceSentMs(clock.nowMs);
    const responseMs = this.#responseMs();
    const onItsWay = !isLost && repeats > 0 && sinceMs < responseMs;
    if (onItsWay || (superseded && outlet.pacing)) {
      counters.retransmissionsThrottled++;
      return Repair.Needless;
    }
    const tooOld = sinceMs > usefulMs + responseMs || repeats * responseMs > repairableMs;
    const bytes = history.length + wireOverheadBytes;
    if (tooOld || repeats >= maxRepeats || !bandwidth.repairs.take(clock, bytes, dispensable)) {
      counters.retransmissionsRefused++;
      return dispensable || superseded ? Repair.Needless : Repair.GivenUp;
    }
    const copy = this.watchesRepairs ? sentCopy(format.forwarder, repeats + 1, sequence) : noCopy;
    this.repeatedBytes = this.#send(sequence, format, Urgency.Repair, copy);
    if (this.repeatedBytes === 0) return Repair.GivenUp;
    history.repeated(clock);
    this.sent++;
    counters.rtxSent++;
    return Repair.Sent;
  }

  /** Whether packet `sequence` has been sent again so many times, and is remembered. */
  isLatest(sequence: number, repeats: number): boolean {
    return this.history.find(sequence) && this.history.repeats === repeats;
  }

  /**
   * Sends a recent packet again though nobody has asked for it, or padding alone where none is left or wanted.
   * @returns the bytes queued
   */
  sendPadding(bytes: number, format: RetransmissionFormat, rtxPayloadType: number): number {
    if (bytes > maxPaddingBytes) {
      // Not always the same one: a receiver may find a use for it if it was lost.
      this.#paddingBack = (this.#paddingBack + 1) % paddingPackets;
      const sequence = toSequence(this.history.newest - this.#paddingBack);
      const { history } = this;
      const repeatable = history.find(sequence) && format.rtxPayloadTypes[history.payloadType] <= 127;
      if (repeatable && this.#inRing(history.packetNumber)) {
        const sent = this.#send(sequence, format, Urgency.Now, noCopy);
        if (sent > 0) return sent;
      }
    }
    return this.#sendEmpty(format, rtxPayloadType);
  }

  /** An RTX packet of nothing but padding (RFC 3550 §5.1). */
  #sendEmpty(format: RetransmissionFormat, rtxPayloadType: number): number {
    const { context, commons, outlet } = this.#link;
    const packet = commons.repairPacket;
    packet.extensions = 0;
    packet.serial = commons.nextSerial();
    packet.absSendTime = absSendTimeAt(context.clock);
    const at = context.sendQueue.begin();
    const bytes = context.sendQueue.prefixes;
    const { mapping } = format;
    const end = mapping.write(bytes, at + rtpHeaderBytes, packet, format.mid);
    const extended = end > at + rtpHeaderBytes;
    const rtxSequence = this.#nextRtxSequence();
    writeRtpHeader(bytes, at, extended, rtxPayloadType, rtxSequence, this.#timestamp(), format.rtxSsrc);
    bytes[at] |= paddingFlag;
    bytes.fill(0, end, end + maxPaddingBytes);
    bytes[end + maxPaddingBytes - 1] = maxPaddingBytes;
    const length = end + maxPaddingBytes - at;
    outlet.commit(Urgency.Now, at, length, offsetInPacket(mapping.sequenceOffset), 0, 0, 0, 0);
    return length;
  }

  /** Of the newest packet: padding has no time of its own. */
  #timestamp(): number {
    return this.history.find(this.history.newest) ? this.history.timestamp : 0;
  }

  #nextRtxSequence(): number {
    const sequence = this.#rtxSequence;
    this.#rtxSequence = (sequence + 1) & 0xffff;
    return sequence;
  }

  #send(sequence: number, format: RetransmissionFormat, urgency: number, copy: number): number {
    const { context, commons, outlet } = this.#link;
    const { history } = this;
    const packet = commons.repairPacket;
    const slot = (history.packetNumber & (context.slotCount - 1)) * slotBytes;
    if (!packet.parse(context.arena, slot + history.start, history.length)) return 0;
    packet.serial = commons.nextSerial();
    packet.absSendTime = absSendTimeAt(context.clock);
    const redBlock = this.#redBlocks === null ? 0 : this.#redBlocks[sequence & (this.#redBlocks.length - 1)];
    if (redBlock > 0 && !this.#selectBlock(packet, redBlock)) return 0;
    const sameSource = history.epoch === this.epoch && format.extensionKinds !== null;
    // A packet taken out of a later one's redundancy went out without that one's extensions.
    if (sameSource && redBlock <= 1) packet.readExtensions(format.extensionKinds!);
    const rtxPayloadType = format.rtxPayloadTypes[history.payloadType];
    const plain = rtxPayloadType > 127;
    // The same SRTP index must not protect two different texts (RFC 7714 §8.4): byte for byte the same or not at all.
    if (plain && !sameSource) return 0;
    const queue = context.sendQueue;
    const at = queue.begin();
    const bytes = queue.prefixes;
    let end = format.mapping.write(
      bytes,
      at + rtpHeaderBytes,
      packet,
      format.mid,
      history.dependencyRewrite,
      history.activeTargets,
    );
    const extended = end > at + rtpHeaderBytes;
    const marker = history.marker << 7;
    if (plain) {
      writeRtpHeader(
        bytes,
        at,
        extended,
        marker | history.payloadType,
        sequence,
        history.timestamp,
        format.ssrc,
      );
    } else {
      const rtxSequence = this.#nextRtxSequence();
      writeRtpHeader(
        bytes,
        at,
        extended,
        marker | rtxPayloadType,
        rtxSequence,
        history.timestamp,
        format.rtxSsrc,
      );
      writeUint16(bytes, end, sequence);
      end += originalSequenceBytes;
    }
    return commitPacket(
      outlet,
      urgency,
      packet,
      at,
      end,
      format.mapping.sequenceOffset,
      0,
      history.rewrite,
      history.packetNumber,
      copy,
    );
  }

  /** Puts one block of a RED payload in its place, as it was when it was sent. */
  #selectBlock(packet: RtpPacket, redBlock: number): boolean {
    const { red } = this.#link.commons;
    if (!red.parse(packet.bytes, packet.payloadOffset, packet.payloadLength)) return false;
    const block = red.count - redBlock;
    if (block < 0) return false;
    packet.payloadOffset = red.offset[block];
    packet.payloadLength = red.length[block];
    return true;
  }

  #inRing(packetNumber: number): boolean {
    const { ring, slotCount } = this.#link.context;
    return packetAge(ring.newest, packetNumber) < slotCount - batchSize;
  }

  /** How long it takes until the receiver can say that something sent now did not come, ms. */
  #responseMs(): number {
    const { rttMs, bandwidth } = this.#link;
    const { responseMs } = bandwidth;
    const known = responseMs < 0 ? rttMs : responseMs;
    return known < 0 ? defaultResponseMs : Math.max(minResponseMs, known);
  }
}
