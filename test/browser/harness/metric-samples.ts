/** Samples of one scrape in the Prometheus text format, "name{labels}" → value. */
export class MetricSamples {
  readonly #samples: ReadonlyMap<string, number>;

  constructor(samples: ReadonlyMap<string, number>) {
    this.#samples = samples;
  }

  get names(): string[] {
    return [...new Set([...this.#samples.keys()].map((key) => key.replace(/\{.*/, '')))];
  }

  /** Sum of all samples of a name whose labels contain every given one. Fails when there is none: a typo must not pass as zero. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
    let total: number | null = null;
    for (const [key, value] of this.#samples) {
      if (key !== name && !key.startsWith(`${name}{`)) continue;
      if (wanted.every((label) => key.includes(label))) total = (total ?? 0) + value;
    }
    if (total === null)
      throw new Error(`no metric ${name} ${wanted.join(' ')} among ${this.names.join(', ')}`);
    return total;
  }
}

/** Reads the text format; lines that are no samples are comments by the format's definition. */
export function parseMetrics(text: string): MetricSamples {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = /^([a-zA-Z_:][\w:]*(?:\{.*\})?) (\S+)/.exec(line);
    if (match !== null) samples.set(match[1]!, Number(match[2]));
  }
  return new MetricSamples(samples);
}
