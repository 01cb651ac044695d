import type { RedPayload } from '../codecs/red.ts';
import { noPayloadType, type PayloadTypeTable } from '../receiving/payload-type-table.ts';
import type { RtpPacket } from '../rtp/rtp-packet.ts';
import { addTicks, timestampDelta } from '../rtp/serial-number.ts';
import type { TransportLink } from '../transport-link.ts';
import type { Forwarder } from './forwarder.ts';
import { handOnRed } from './hand-on.ts';

/** Sequence numbers for which it is remembered that their Opus was handed on: the bits of one integer. */
const windowPackets = 32;
/** The longest Opus packet (RFC 7587 §4.2), in ticks of 48 kHz: between packets further apart lies a DTX gap. */
const longestPacketTicks = 5760;

/**
 * Opus for receivers without RED, out of a track that sends RED: the primary block of each packet under the
 * packet's own number, and what the network lost out of the redundant blocks of later packets, under the numbers
 * of the lost ones.
 *
 *     lost              ×
 *     RED      10[9]   11[10]   12[11]   13[12]
 *     Opus     10               11, 12   13
 *
 * A block only says how much earlier it was (RFC 2198 §3), so its number follows from the distance of packets.
 */
export class RedUnwrapper {
  /** Packets recovered out of redundant blocks. */
  recovered = 0;
  /** Payload bytes of the packet given last, its redundancy left out. */
  primaryLength = 0;

  readonly #link: TransportLink;
  #streamKey = -1;
  /** Bit i: packet `#highest - i` has been handed on. */
  #highest = 0;
  #handedOn = 0;
  /** By extended number & 31. */
  readonly #timestamps = new Int32Array(windowPackets);

  constructor(link: TransportLink) {
    this.#link = link;
  }

  /**
   * Hands a packet of a track that may send RED to its forwarders, whole or unwrapped as each wants it. `table` is
   * that of the track.
   * @returns false for a malformed RED packet, which nobody gets
   */
  forward(packet: RtpPacket, table: PayloadTypeTable, forwarders: readonly Forwarder[]): boolean {
    const { red } = this.#link.commons;
    const primary = table.redPrimary[packet.payloadType];
    const wrapped = primary !== noPayloadType;
    if (wrapped && !this.#parse(red, packet, primary)) return false;
    this.primaryLength = wrapped ? red.length[red.count - 1] : packet.payloadLength;
    let unwrapping = false;
    for (let i = 0; i < forwarders.length && !unwrapping; i++) unwrapping = forwarders[i].unwrapsRed;
    handOnRed(packet, forwarders, false);
    if (packet.streamKey !== this.#streamKey) this.#restart(packet);
    if (wrapped && unwrapping) this.#unwrap(red, packet, primary, forwarders);
    else if (this.#take(packet.extended, packet.timestamp) && unwrapping) handOnRed(packet, forwarders, true);
    return true;
  }

  #parse(red: RedPayload, packet: RtpPacket, primary: number): boolean {
    if (!red.parse(packet.bytes, packet.payloadOffset, packet.payloadLength)) return false;
    return red.payloadType[red.count - 1] === primary;
  }

  #unwrap(red: RedPayload, packet: RtpPacket, primary: number, forwarders: readonly Forwarder[]): void {
    const { extended, timestamp, newest, marker, extensions, serial, payloadType } = packet;
    const { payloadOffset, payloadLength } = packet;
    const last = red.count - 1;
    packet.payloadType = primary;
    packet.newest = false;
    packet.marker = 0;
    // What the extensions say is said of the primary.
    packet.extensions = 0;
    for (let block = 0; block < last; block++) {
      if (red.payloadType[block] !== primary || red.length[block] === 0) continue;
      const number = this.#numberOf(extended, timestamp, red.timestampOffset[block], last - block);
      if (number < 0) continue;
      packet.extended = number;
      packet.timestamp = addTicks(timestamp, -red.timestampOffset[block]);
      if (!this.#take(number, packet.timestamp)) continue;
      this.recovered++;
      this.#link.context.counters.redRecovered++;
      packet.serial = this.#link.commons.nextSerial();
      packet.payloadOffset = red.offset[block];
      packet.payloadLength = red.length[block];
      packet.redBlock = red.count - block;
      handOnRed(packet, forwarders, true);
    }
    packet.extended = extended;
    packet.timestamp = timestamp;
    packet.newest = newest;
    packet.marker = marker;
    packet.extensions = extensions;
    packet.serial = serial;
    if (this.#take(extended, timestamp)) {
      packet.payloadOffset = red.offset[last];
      packet.payloadLength = red.length[last];
      packet.redBlock = 1;
      handOnRed(packet, forwarders, true);
    }
    packet.payloadType = payloadType;
    packet.payloadOffset = payloadOffset;
    packet.payloadLength = payloadLength;
    packet.redBlock = 0;
  }

  /**
   * The extended number of the packet that a redundant block repeats, `before` ticks older than packet `extended`
   * and `position` blocks before its primary; -1 where that was handed on already, or cannot be told.
   */
  #numberOf(extended: number, timestamp: number, before: number, position: number): number {
    const lower = this.#handedOnBelow(extended);
    if (lower < 0 || before === 0) return -1;
    const ticks = timestampDelta(timestamp, this.#timestamps[lower & (windowPackets - 1)]);
    const packets = extended - lower;
    const step = ticks / packets;
    let number = extended - position;
    // Packets of equal length: the timestamp names the packet. Otherwise they are taken to follow one another.
    if (ticks > 0 && ticks % packets === 0 && step <= longestPacketTicks && before % step === 0)
      number = extended - before / step;
    else if (number <= lower) return -1;
    const neighbour = this.#handedOnBelow(number);
    if (neighbour < 0) return -1;
    const blockTimestamp = addTicks(timestamp, -before);
    return timestampDelta(blockTimestamp, this.#timestamps[neighbour & (windowPackets - 1)]) > 0
      ? number
      : -1;
  }

  /** The highest number below `extended` that was handed on; -1 where none is remembered. */
  #handedOnBelow(extended: number): number {
    for (
      let number = Math.min(extended - 1, this.#highest);
      number > this.#highest - windowPackets;
      number--
    ) {
      if ((this.#handedOn & (1 << (this.#highest - number))) !== 0) return number;
    }
    return -1;
  }

  /** Notes that a packet is handed on; false where it was already, or is too old to tell. */
  #take(extended: number, timestamp: number): boolean {
    const ahead = extended - this.#highest;
    if (ahead > 0) {
      this.#handedOn = ahead >= windowPackets ? 1 : (this.#handedOn << ahead) | 1;
      this.#highest = extended;
    } else {
      if (ahead <= -windowPackets) return false;
      const bit = 1 << -ahead;
      if ((this.#handedOn & bit) !== 0) return false;
      this.#handedOn |= bit;
    }
    this.#timestamps[extended & (windowPackets - 1)] = timestamp;
    return true;
  }

  /** Nothing is known of what came before `packet`. */
  #restart(packet: RtpPacket): void {
    this.#streamKey = packet.streamKey;
    this.#highest = packet.extended - 1;
    this.#handedOn = 0;
  }
}
