import type { MediaClock } from '../media-context.ts';
import type { RtpPacket } from '../rtp/rtp-packet.ts';
import { timestampDelta } from '../rtp/serial-number.ts';
import type { LevelLog } from './level-log.ts';
import { levelOf, loudnessOfSize, noLevel } from './packet-loudness.ts';

/** One column of the grid: what most senders put into a packet. */
export const frameMs = 20;
/** Frames kept: a power of two, more than any window that is looked at. */
const keptFrames = 64;
const frameMask = keptFrames - 1;
/** The longest packet of Opus is 120 ms (RFC 7587 §4.2). */
const longestPacketFrames = 6;
/** A leap of the timestamps by more than this is a new clock. */
const maxLeapFrames = 3000;
/** Packets later than this leave silence behind them; jitter is mostly less. */
const idleMs = 120;
/** The noise floor is the quietest frame of the last 8 × 400 ms: speech pauses for breath within that. */
const floorBlocks = 8;
const floorBlockFrames = 20;
const noFloor = 255;

/**
 * How loud the last second of one audio track was, on a grid of 20 ms by its own RTP clock, whatever the length and
 * order of its packets. A packet costs a table entry; whoever wants to know looks at the grid now and then.
 */
export class AudioActivity {
  /** Whether the last packet said its level; otherwise loudness is guessed by size. */
  levelKnown = false;
  /** Packets noted so far. */
  packets = 0;
  /** Set by whoever wants the levels packet by packet. */
  levels: LevelLog | null = null;

  readonly #clock: MediaClock;
  /** Loudness by frame number & mask; 0 is silence. */
  readonly #frames = new Uint8Array(keptFrames);
  /** Number of the newest frame of the grid, and the timestamp at which it starts. */
  #newest = 0;
  #newestTimestamp = 0;
  #ticksPerFrame = 0;
  #lastPacketMs = 0;
  #lastLoudness = 0;
  #lastExtended = -1;
  #lastTimestamp = 0;
  #lastTicks = 0;
  /** How much sound is in a packet; 0 until known. */
  #packetTicks = 0;

  readonly #floors = new Uint8Array(floorBlocks).fill(noFloor);
  #floorBlock = 0;
  #floorFrame = 0;

  constructor(clock: MediaClock) {
    this.#clock = clock;
  }

  /** Notes a packet, the bytes of its (primary) encoding told apart from redundancy. */
  receive(packet: RtpPacket, clockRate: number, bytes: number): void {
    // Padding is no sound.
    if (packet.payloadLength === 0) return;
    const ticksPerFrame = (clockRate * frameMs) / 1000;
    if (ticksPerFrame !== this.#ticksPerFrame) this.#restart(packet.timestamp, ticksPerFrame);
    this.packets++;
    this.#lastPacketMs = this.#clock.nowMs;
    const level = levelOf(packet);
    this.levelKnown = level !== noLevel;
    if (this.levels !== null) this.levels.note(packet);
    const follows = this.#noteDuration(packet);
    const loudness = this.levelKnown ? level : loudnessOfSize(this.#bytesOf20Ms(bytes));
    const ahead = Math.floor(timestampDelta(packet.timestamp, this.#newestTimestamp) / ticksPerFrame);
    if (ahead > maxLeapFrames || ahead < -maxLeapFrames) {
      this.#restart(packet.timestamp, ticksPerFrame);
      this.#set(this.#newest, loudness);
    } else if (ahead > 0) {
      const covered = this.#framesBefore(ahead, follows);
      this.#append(covered, this.#lastLoudness);
      this.#append(ahead - 1 - covered, 0);
      this.#append(1, loudness);
    } else if (ahead > -keptFrames) this.#set(this.#newest + ahead, loudness);
    this.#lastLoudness = loudness;
    this.#noteFloor(loudness);
  }

  /** Brings the grid up to now: silence where no packet has come. */
  advance(): void {
    const silentMs = this.#clock.nowMs - this.#lastPacketMs - idleMs;
    if (this.packets === 0 || silentMs < frameMs) return;
    const frames = Math.min(Math.floor(silentMs / frameMs), maxLeapFrames);
    this.#append(frames, 0);
    this.#lastPacketMs += frames * frameMs;
  }

  /** Loudness of the frame `back` frames before the newest one; `back` at most 63. */
  loudness(back: number): number {
    return this.#frames[(this.#newest - back) & frameMask];
  }

  /** The quietest that was heard in the last 3 s, digital silence left out; 0 where nothing was. */
  get floor(): number {
    let floor = noFloor;
    for (let block = 0; block < floorBlocks; block++) floor = Math.min(floor, this.#floors[block]);
    return floor === noFloor ? 0 : floor;
  }

  #set(frame: number, loudness: number): void {
    this.#frames[frame & frameMask] = loudness;
  }

  #append(frames: number, loudness: number): void {
    const written = Math.min(frames, keptFrames);
    for (let i = 1; i <= written; i++) this.#set(this.#newest + frames - written + i, loudness);
    this.#newest = (this.#newest + frames) & 0x3fffffff;
    this.#newestTimestamp = (this.#newestTimestamp + frames * this.#ticksPerFrame) | 0;
    this.#floorFrame += frames;
    for (let i = 0; this.#floorFrame >= floorBlockFrames; i++) {
      this.#floorFrame -= floorBlockFrames;
      if (i >= floorBlocks) continue;
      this.#floorBlock = (this.#floorBlock + 1) % floorBlocks;
      this.#floors[this.#floorBlock] = noFloor;
    }
  }

  /** Digital silence, of a microphone that is muted or gated, says nothing about the room. */
  #noteFloor(loudness: number): void {
    if (loudness > 0 && loudness < this.#floors[this.#floorBlock]) this.#floors[this.#floorBlock] = loudness;
  }

  /** Learns how long packets are; returns whether this one follows the one before. */
  #noteDuration(packet: RtpPacket): boolean {
    if (!packet.newest) return false;
    const follows = packet.extended === this.#lastExtended + 1;
    if (follows) {
      const ticks = timestampDelta(packet.timestamp, this.#lastTimestamp);
      // Twice the same: no gap of DTX then.
      if (ticks > 0 && ticks === this.#lastTicks && ticks <= this.#ticksPerFrame * longestPacketFrames)
        this.#packetTicks = ticks;
      this.#lastTicks = ticks;
    }
    this.#lastExtended = packet.extended;
    this.#lastTimestamp = packet.timestamp;
    return follows;
  }

  /** How many frames, of those between a packet that is `ahead` frames ahead and the one before, are sound. */
  #framesBefore(ahead: number, follows: boolean): number {
    // What lies between was lost, or is a gap of DTX.
    if (!follows) return ahead <= longestPacketFrames ? ahead - 1 : 0;
    return Math.min(ahead, Math.max(1, Math.floor(this.#packetTicks / this.#ticksPerFrame))) - 1;
  }

  #bytesOf20Ms(bytes: number): number {
    if (this.#packetTicks === 0) return bytes;
    return Math.floor((bytes * this.#ticksPerFrame) / this.#packetTicks);
  }

  #restart(timestamp: number, ticksPerFrame: number): void {
    this.#ticksPerFrame = ticksPerFrame;
    this.#newestTimestamp = timestamp;
    this.#frames.fill(0);
    this.#lastLoudness = 0;
    this.#packetTicks = 0;
    this.#lastTicks = 0;
    this.#lastExtended = -1;
  }
}
