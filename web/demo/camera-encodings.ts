/**
 * The camera's picture in up to three sizes (simulcast), smallest first: the server gives each receiver the largest
 * it has use for and its network carries. Those that nobody has use for are switched off, so that the browser does not
 * make them: the server says that only after a while, and takes it back at once; here no change overtakes another.
 */

/** The part of an RTCRtpSender this works on. */
export type EncodingSender = Pick<RTCRtpSender, 'getParameters' | 'setParameters' | 'track'>;

interface CameraEncoding {
  readonly rid: string;
  readonly scaleResolutionDownBy: number;
  readonly maxBitrate: number;
  /** Of a size of its own: sent if anybody has use for it. */
  readonly distinct: boolean;
}

const rids = ['low', 'mid', 'high'] as const;
/** Bits per second, by the number of sizes there are. */
const bitrates = [[400_000], [200_000, 900_000], [150_000, 500_000, 1_700_000]] as const;
/** Pixels from which on libwebrtc makes two sizes, and three; below, it leaves the last encodings out. */
const pixelsForTwo = 480 * 270;
const pixelsForThree = 960 * 540;

/** The encodings of a camera of a size; 720p where that is not known. */
export function cameraEncodings(track: MediaStreamTrack | null): CameraEncoding[] {
  const { width = 1280, height = 720 } = track?.getSettings?.() ?? {};
  const sizes = width * height >= pixelsForThree ? 3 : width * height >= pixelsForTwo ? 2 : 1;
  return rids.map((rid, index) => ({
    rid,
    // The last that is sent has the full size.
    scaleResolutionDownBy: 2 ** Math.max(0, sizes - 1 - index),
    maxBitrate: bitrates[sizes - 1]![Math.min(index, sizes - 1)]!,
    distinct: index < sizes,
  }));
}

export class CameraEncodings {
  readonly #sender: EncodingSender;
  #unused: ReadonlySet<string> = new Set();
  #applying = false;
  #again = false;

  constructor(sender: EncodingSender) {
    this.#sender = sender;
  }

  /** RIDs; in place of those named before. */
  setUnused(unused: readonly string[]): void {
    this.#unused = new Set(unused);
    this.apply();
  }

  /** The camera may be another; or what was refused is to be tried again, as browsers do in the midst of an exchange. */
  apply(): void {
    this.#again = true;
    if (!this.#applying) void this.#applyAll();
  }

  async #applyAll(): Promise<void> {
    this.#applying = true;
    while (this.#again) {
      this.#again = false;
      try {
        await this.#applyOnce();
      } catch {
        // The next exchange of descriptions brings the next try; until then more is sent than is needed, or the
        // connection is closed anyway.
      }
    }
    this.#applying = false;
  }

  async #applyOnce(): Promise<void> {
    const wanted = cameraEncodings(this.#sender.track);
    const parameters = this.#sender.getParameters();
    let changed = false;
    // Firefox leaves `encodings` out in some states of a sender, and `active` where it is true.
    for (const encoding of parameters.encodings ?? []) {
      const { rid, scaleResolutionDownBy, maxBitrate, distinct } =
        wanted.find((other) => other.rid === encoding.rid) ?? {};
      if (rid === undefined) continue;
      const active = distinct === true && !this.#unused.has(rid);
      const same =
        (encoding.active ?? true) === active &&
        encoding.scaleResolutionDownBy === scaleResolutionDownBy &&
        encoding.maxBitrate === maxBitrate;
      if (same) continue;
      Object.assign(encoding, { active, scaleResolutionDownBy, maxBitrate });
      changed = true;
    }
    if (changed) await this.#sender.setParameters(parameters);
  }
}
