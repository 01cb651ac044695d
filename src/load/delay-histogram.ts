/** Counts delays in log-linear buckets: at most 1/32 relative error, fixed memory, no allocation on record(). */

const subBucketBits = 5;
const subBuckets = 1 << subBucketBits;
/** Delays up to 2^31 µs. */
const bucketCount = (31 - subBucketBits + 2) * subBuckets;

export class DelayHistogram {
  readonly #counts = new Uint32Array(bucketCount);
  #total = 0;

  get count(): number {
    return this.#total;
  }

  /** Records one delay in whole microseconds; negative ones count as 0. */
  record(micros: number): void {
    this.#counts[bucketOf(Math.max(0, micros))]++;
    this.#total++;
  }

  /** The delay in µs that a share `quantile` (0–1) of the recorded ones does not exceed; 0 if there are none. */
  quantile(quantile: number): number {
    if (this.#total === 0) return 0;
    const rank = Math.max(1, Math.ceil(quantile * this.#total));
    let seen = 0;
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      seen += this.#counts[bucket];
      if (seen >= rank) return upperBound(bucket);
    }
    return upperBound(bucketCount - 1);
  }

  reset(): void {
    this.#counts.fill(0);
    this.#total = 0;
  }
}

function bucketOf(micros: number): number {
  if (micros < subBuckets) return micros;
  const octave = 31 - Math.clz32(micros) - subBucketBits;
  return (octave + 1) * subBuckets + ((micros >> octave) - subBuckets);
}

function upperBound(bucket: number): number {
  if (bucket < subBuckets) return bucket;
  const octave = (bucket >> subBucketBits) - 1;
  return ((bucket & (subBuckets - 1)) + subBuckets + 1) * 2 ** octave - 1;
}
