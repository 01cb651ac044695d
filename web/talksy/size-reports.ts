/** Tells the server how large each video is shown: at most once a second for each track, by the channel `internal`. */
const intervalMs = 1000;

export class SizeReports {
  readonly #send: (text: string) => void;
  readonly #quirks: boolean;
  readonly #stops = new Map<HTMLVideoElement, () => void>();

  /** `quirks`: as the original, which reports 0x0 of visible videos too, and drops what comes within a second. */
  constructor(send: (text: string) => void, quirks: boolean) {
    this.#send = send;
    this.#quirks = quirks;
  }

  watch(video: HTMLVideoElement, trackId: string): void {
    if (this.#stops.has(video)) return;
    let visible = true;
    let lastMs = Number.NEGATIVE_INFINITY;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = (width: number, height: number): void => {
      lastMs = performance.now();
      this.#send(JSON.stringify({ type: 'video_size', data: { track_id: trackId, width, height } }));
    };
    const report = (width: number, height: number): void => {
      const waitMs = lastMs + intervalMs - performance.now();
      clearTimeout(timer);
      if (waitMs <= 0) tell(width, height);
      else if (!this.#quirks) timer = setTimeout(() => tell(width, height), waitMs);
    };
    const resized = new ResizeObserver(() => {
      if (visible) report(video.clientWidth, video.clientHeight);
    });
    const seen = new IntersectionObserver(([entry]) => {
      visible = entry?.isIntersecting === true;
      // The attributes, which nobody sets, are what the original reads here.
      if (this.#quirks) report(video.width, video.height);
      else if (visible) report(video.clientWidth, video.clientHeight);
      else report(0, 0);
    });
    resized.observe(video);
    seen.observe(video);
    this.#stops.set(video, () => {
      clearTimeout(timer);
      resized.disconnect();
      seen.disconnect();
    });
  }

  forget(video: HTMLVideoElement): void {
    this.#stops.get(video)?.();
    this.#stops.delete(video);
  }

  end(): void {
    for (const stop of this.#stops.values()) stop();
    this.#stops.clear();
  }
}
