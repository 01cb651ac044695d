import { ExtensionKind } from '../rtp/header-extension.ts';
import type { RtpPacket } from '../rtp/rtp-packet.ts';

/** Packets kept: a power of two; 2.5 s of 20 ms each. */
const keptPackets = 128;
const mask = keptPackets - 1;
const voiceFlag = 0x80;

/** What one packet said of its sound (RFC 6464). */
export interface PacketLevel {
  readonly sequenceNumber: number;
  /** RTP time, unsigned. */
  readonly timestamp: number;
  /** Minus dBov: 0 is loudest, 127 silence. */
  readonly level: number;
  /** Whether the sender takes it for voice. */
  readonly voice: boolean;
}

/** The last levels that the packets of a track said, for whoever lists them packet by packet. */
export class LevelLog {
  readonly #sequenceNumbers = new Uint16Array(keptPackets);
  readonly #timestamps = new Int32Array(keptPackets);
  /** The extension's byte: the voice flag and the level. */
  readonly #levels = new Uint8Array(keptPackets);
  #count = 0;
  #taken = 0;

  /** Notes a packet; one that does not say its level leaves nothing. */
  note(packet: RtpPacket): void {
    const kind = ExtensionKind.AudioLevel;
    if (!packet.hasExtension(kind) || packet.extensionLength[kind] < 1) return;
    const at = this.#count & mask;
    this.#sequenceNumbers[at] = packet.sequenceNumber;
    this.#timestamps[at] = packet.timestamp;
    this.#levels[at] = packet.bytes[packet.extensionOffset[kind]];
    this.#count = (this.#count + 1) & 0x3fffffff;
  }

  /** What was noted since the last time, oldest first; of very many, the last. */
  take(): PacketLevel[] {
    const news = (this.#count - this.#taken) & 0x3fffffff;
    this.#taken = this.#count;
    const listed = Math.min(news, keptPackets);
    return Array.from({ length: listed }, (_, i) => {
      const at = (this.#count - listed + i) & mask;
      const byte = this.#levels[at];
      return {
        sequenceNumber: this.#sequenceNumbers[at],
        timestamp: this.#timestamps[at] >>> 0,
        level: byte & ~voiceFlag,
        voice: (byte & voiceFlag) !== 0,
      };
    });
  }
}
