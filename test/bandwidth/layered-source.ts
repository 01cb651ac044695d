/** A publisher's video as a forwarder would send it: nine layers of three resolutions, in frames of varying size. */
import type { AllocatableLayer, AllocatableSender } from '../../src/media/bandwidth/allocatable-sender.ts';
import type { LayerPair } from '../../src/media/layers/layer-policy.ts';
import type { SeededRandom } from '../network/seeded-random.ts';

/** Bits per second of payload of each resolution with all its frames. */
const spatialBitrates = [200_000, 900_000, 3_600_000];
/** The shares of the first half, the first three quarters and all of the frames. */
const temporalShares = [0.55, 0.75, 1];
/** The temporal layer of each frame in turn (L×T3). */
const temporalPattern = [0, 2, 1, 2];
/** How much each layer's frames make of a second's bits, by temporal layer: quarter, quarter and half of the frames. */
const frameIntervalMs = 1000 / 30;
/** A switch up starts with a key frame of this many times the common size. */
const keyFrameFactor = 4;
const sizeDeviation = 0.15;

export interface LayerSwitch {
  readonly atMs: number;
  readonly spatial: number;
  readonly temporal: number;
  readonly reason: string;
}

export class LayeredSource implements AllocatableSender {
  readonly kind = 'video';
  readonly priority = 0;
  readonly detailed = false;
  readonly suspended = false;
  readonly preference = {};
  readonly bitrate = 0;
  target: LayerPair = { spatial: -1, temporal: -1 };
  targetReason = '';
  paused = false;
  readonly switches: LayerSwitch[] = [];

  readonly #random: SeededRandom;
  readonly #clock: { readonly nowMs: number };
  #nextFrameMs: number;
  #frame = 0;
  #keyFrameDue = true;

  constructor(clock: { readonly nowMs: number }, random: SeededRandom, startMs: number) {
    this.#clock = clock;
    this.#random = random;
    this.#nextFrameMs = startMs;
  }

  layers(): readonly AllocatableLayer[] {
    return spatialBitrates.flatMap((bitrate, spatial) =>
      temporalShares.map((share, temporal) => ({
        spatial,
        temporal,
        bitrate: bitrate * share,
        active: !this.paused,
      })),
    );
  }

  setTarget(spatial: number, temporal: number, reason: string): void {
    this.targetReason = reason;
    const { target } = this;
    if (target.spatial === spatial && target.temporal === temporal) return;
    if (spatial !== target.spatial) this.#keyFrameDue = true;
    this.target = { spatial, temporal };
    this.switches.push({ atMs: this.#clock.nowMs, spatial, temporal, reason });
  }

  /** Payload bytes of the frames due by now that belong to the target, one number a frame. */
  frames(nowMs: number): number[] {
    const due: number[] = [];
    while (this.#nextFrameMs <= nowMs) {
      this.#nextFrameMs += frameIntervalMs;
      const temporal = temporalPattern[this.#frame++ % temporalPattern.length];
      const { target } = this;
      if (this.paused || target.spatial < 0 || temporal > target.temporal) continue;
      const perSecond = spatialBitrates[target.spatial] / 8;
      const share = temporalShares[temporal] - (temporal > 0 ? temporalShares[temporal - 1] : 0);
      const framesPerSecond = (temporal === 2 ? 15 : 7.5) as number;
      const varied = Math.max(0.3, 1 + sizeDeviation * this.#random.normal());
      const factor = this.#keyFrameDue && temporal === 0 ? keyFrameFactor : 1;
      if (factor > 1) this.#keyFrameDue = false;
      due.push(Math.max(60, Math.round(((perSecond * share) / framesPerSecond) * varied * factor)));
    }
    return due;
  }
}
