/** How hard to try for lost packets. */
export interface NackPolicy {
  /** Packets missing at once beyond which only a key frame helps. */
  readonly maxMissing: number;
  /** A packet that is only reordered should have this much time, in ms, before it is asked for. */
  readonly reorderMs: number;
  readonly maxTries: number;
  /** Age in ms at which a packet is of no more use. */
  readonly maxAgeMs: number;
}

/** libwebrtc keeps 1000 and tries 10 times; a video jitter buffer seldom waits longer than a second. */
export const videoNackPolicy: NackPolicy = { maxMissing: 512, reorderMs: 5, maxTries: 10, maxAgeMs: 1000 };
/** Audio is played within a fraction of a second or not at all. */
export const audioNackPolicy: NackPolicy = { maxMissing: 64, reorderMs: 10, maxTries: 4, maxAgeMs: 300 };

/** Retransmissions are asked for again after an RTT and a bit, but not more often than this. */
const minRetryMs = 20;
const maxRetryMs = 250;
/** An answer that comes in less than this share of an RTT is one to the question before. */
const tooSoon = 0.5;
/** Taken until a repair has been timed. */
const defaultRttMs = 80;

const noIntegers = new Int32Array(0);
const noTimes = new Float64Array(0);
const noTries = new Uint8Array(0);

/** The missing packets of one stream, and when to ask for which of them. Extended sequence numbers throughout. */
export class NackGenerator {
  /** Round-trip time to the sender in ms, measured on repairs; or told by whoever knows better. */
  rttMs = defaultRttMs;
  /** Packets asked for, repetitions included. */
  sent = 0;

  readonly #policy: NackPolicy;
  /** Ascending; the columns of a table, which is there once a packet is missing: of many streams none ever comes. */
  #missing = noIntegers;
  #detectedMs = noTimes;
  #askedMs = noTimes;
  #tries = noTries;
  #count = 0;

  constructor(policy: NackPolicy) {
    this.#policy = policy;
  }

  get missing(): number {
    return this.#count;
  }

  /**
   * Packets `from` to before `to` were skipped.
   * @returns false where that is too much to repair; all is forgotten then
   */
  addMissing(from: number, to: number, nowMs: number): boolean {
    if (this.#count + (to - from) > this.#policy.maxMissing) {
      this.#count = 0;
      return false;
    }
    if (this.#missing.length === 0) this.#makeTable();
    for (let extended = from; extended < to; extended++) {
      const row = this.#count++;
      this.#missing[row] = extended;
      this.#detectedMs[row] = nowMs;
      this.#askedMs[row] = 0;
      this.#tries[row] = 0;
    }
    return true;
  }

  /**
   * A packet arrived after all.
   * @param answer whether it was sent again. One that was overtaken comes soon after it was asked for: taken for an
   *   answer, it would make the RTT seem so short that all tries were used up before the first answer could come.
   */
  received(extended: number, nowMs: number, answer: boolean): void {
    const row = this.#find(extended);
    if (row < 0) return;
    if (answer) this.#learnRtt(row, nowMs);
    this.#removeRow(row);
  }

  /** Asked for once, the answer's delay is an RTT. Asked twice, nobody knows (Karn), unless it came too soon for that. */
  #learnRtt(row: number, nowMs: number): void {
    const tries = this.#tries[row];
    const sinceAskedMs = nowMs - this.#askedMs[row];
    if (tries === 1) this.rttMs += (sinceAskedMs - this.rttMs) / 8;
    else if (tries === 2 && sinceAskedMs < tooSoon * this.rttMs) {
      const sinceFirstMs = nowMs - this.#detectedMs[row] - this.#policy.reorderMs;
      this.rttMs += (sinceFirstMs - this.rttMs) / 8;
    }
  }

  /** When collect() has something to do, in ms; Infinity if never. */
  nextDueMs(): number {
    let due = Number.POSITIVE_INFINITY;
    for (let row = 0; row < this.#count; row++) due = Math.min(due, this.#dueMs(row));
    return due;
  }

  /**
   * Writes the sequence numbers to ask for now into `sequences`, ascending, as many as fit. Gives up on those
   * asked for too often or too old, and says so by `gaveUp`.
   */
  collect(nowMs: number, sequences: Uint16Array, result: { count: number; gaveUp: number }): void {
    const { maxTries, maxAgeMs } = this.#policy;
    result.count = 0;
    result.gaveUp = 0;
    let kept = 0;
    for (let row = 0; row < this.#count; row++) {
      const due = this.#dueMs(row) <= nowMs;
      if (due && (this.#tries[row] >= maxTries || nowMs - this.#detectedMs[row] > maxAgeMs)) {
        result.gaveUp++;
        continue;
      }
      if (due && result.count < sequences.length) {
        sequences[result.count++] = this.#missing[row];
        this.#askedMs[row] = nowMs;
        this.#tries[row]++;
        this.sent++;
      }
      this.#moveRow(row, kept++);
    }
    this.#count = kept;
  }

  clear(): void {
    this.#count = 0;
  }

  #makeTable(): void {
    const { maxMissing } = this.#policy;
    this.#missing = new Int32Array(maxMissing);
    this.#detectedMs = new Float64Array(maxMissing);
    this.#askedMs = new Float64Array(maxMissing);
    this.#tries = new Uint8Array(maxMissing);
  }

  #dueMs(row: number): number {
    if (this.#tries[row] === 0) return this.#detectedMs[row] + this.#policy.reorderMs;
    return this.#askedMs[row] + Math.min(maxRetryMs, Math.max(minRetryMs, this.rttMs * 1.25));
  }

  #find(extended: number): number {
    let low = 0;
    let high = this.#count - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const found = this.#missing[middle];
      if (found === extended) return middle;
      if (found < extended) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  #removeRow(row: number): void {
    for (let next = row + 1; next < this.#count; next++) this.#moveRow(next, next - 1);
    this.#count--;
  }

  #moveRow(from: number, to: number): void {
    if (from === to) return;
    this.#missing[to] = this.#missing[from];
    this.#detectedMs[to] = this.#detectedMs[from];
    this.#askedMs[to] = this.#askedMs[from];
    this.#tries[to] = this.#tries[from];
  }
}
