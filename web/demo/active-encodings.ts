/**
 * Switches the encodings of one sender off that nobody has use for, so that the browser does not make them, and on
 * again. The server says the first only after a while, the other at once; here no change overtakes another.
 */

/** The part of an RTCRtpSender this works on. */
export type EncodingSender = Pick<RTCRtpSender, 'getParameters' | 'setParameters'>;

export class ActiveEncodings {
  readonly #sender: EncodingSender;
  #unused: ReadonlySet<string> = new Set();
  #applying = false;
  #again = false;

  constructor(sender: EncodingSender) {
    this.#sender = sender;
  }

  /** RIDs; in place of those named before. */
  setUnused(rids: readonly string[]): void {
    this.#unused = new Set(rids);
    this.apply();
  }

  /** Tries again what may have failed: a browser refuses while descriptions are exchanged. */
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
    const parameters = this.#sender.getParameters();
    // Firefox leaves `encodings` out, and `active` at true, in some states of a sender.
    const encodings = parameters.encodings ?? [];
    let changed = false;
    for (const encoding of encodings) {
      if (encoding.rid === undefined) continue;
      const active = !this.#unused.has(encoding.rid);
      if ((encoding.active ?? true) === active) continue;
      encoding.active = active;
      changed = true;
    }
    if (changed) await this.#sender.setParameters(parameters);
  }
}
