import type { MediaClock } from '../media-context.ts';

/** A gap is a freeze from three times the usual time between frames, and at least this much longer (webrtc-stats). */
const freezeFactor = 3;
export const freezeExtraMs = 150;
/** A longer gap is a pause: a camera that was turned off. */
const longestFreezeMs = 5000;
/** Receivers ask for key frames while they start, too. */
const startMs = 1000;
/** Weight of the newest time between frames in the mean. */
const meanWeight = 1 / 16;

/**
 * When a picture stood still: gaps between frames as they pass, by the definition of freezeCount in W3C's
 * webrtc-stats, and the time from a receiver's report that it cannot decode (PLI, FIR) to the next key frame.
 */
export class FreezeDetector {
  /** Freezes that are over, and their duration in ms. */
  count = 0;
  frozenMs = 0;

  readonly #clock: MediaClock;
  #timestamp = 0;
  #lastFrameMs = -1;
  #meanMs = 0;
  #keyFrameMs = -1;
  /** Since when the receiver cannot decode; -1 while it can. */
  #stuckMs = -1;

  constructor(clock: MediaClock) {
    this.#clock = clock;
  }

  /** A packet of the newest frame passes now. */
  packet(timestamp: number, startsKeyFrame: boolean): void {
    if (timestamp === this.#timestamp && this.#lastFrameMs >= 0) return;
    const { nowMs } = this.#clock;
    if (startsKeyFrame) this.#keyFrame(nowMs);
    if (this.#lastFrameMs >= 0) this.#gap(nowMs - this.#lastFrameMs);
    this.#timestamp = timestamp;
    this.#lastFrameMs = nowMs;
  }

  /**
   * So many frames have passed since, none of them a key frame or after a gap of `freezeExtraMs`: the last with
   * `timestamp`, at `atMs`. Taken as equally far apart.
   */
  passed(frames: number, timestamp: number, atMs: number): void {
    if (this.#lastFrameMs >= 0) {
      const gapMs = (atMs - this.#lastFrameMs) / frames;
      const forgotten = this.#meanMs === 0 ? 0 : (1 - meanWeight) ** frames;
      this.#meanMs = gapMs + (this.#meanMs - gapMs) * forgotten;
    }
    this.#timestamp = timestamp;
    this.#lastFrameMs = atMs;
  }

  /** The receiver says that it cannot go on without a key frame. */
  pictureLost(): void {
    const { nowMs } = this.#clock;
    if (this.#keyFrameMs < 0 || nowMs - this.#keyFrameMs < startMs) return;
    if (this.#stuckMs < 0) this.#stuckMs = nowMs;
  }

  /** Nothing is sent on purpose: what follows is no gap. */
  paused(): void {
    this.#lastFrameMs = -1;
    this.#stuckMs = -1;
    this.#keyFrameMs = -1;
  }

  /** frozenMs, with what lasts at this moment. */
  frozenMsNow(): number {
    const { nowMs } = this.#clock;
    const since = this.#stuckMs >= 0 ? this.#stuckMs : this.#lastFrameMs;
    if (since < 0) return this.frozenMs;
    const lastingMs = nowMs - since;
    return this.#stuckMs >= 0 || this.#isFreeze(lastingMs) ? this.frozenMs + lastingMs : this.frozenMs;
  }

  #keyFrame(nowMs: number): void {
    if (this.#stuckMs >= 0) {
      this.count++;
      this.frozenMs += nowMs - this.#stuckMs;
      this.#stuckMs = -1;
      // The gap before it is in that.
      this.#lastFrameMs = -1;
    }
    this.#keyFrameMs = nowMs;
  }

  #gap(gapMs: number): void {
    if (this.#isFreeze(gapMs) && this.#stuckMs < 0) {
      this.count++;
      this.frozenMs += gapMs;
    }
    if (gapMs > longestFreezeMs) return;
    this.#meanMs = this.#meanMs === 0 ? gapMs : this.#meanMs + (gapMs - this.#meanMs) * meanWeight;
  }

  #isFreeze(gapMs: number): boolean {
    if (this.#meanMs === 0 || gapMs > longestFreezeMs) return false;
    return gapMs >= Math.max(freezeFactor * this.#meanMs, this.#meanMs + freezeExtraMs);
  }
}
