/** What one load run measured. */
export interface LoadReport {
  readonly publishers: number;
  readonly subscribers: number;
  /** Length of the measured window in seconds. */
  readonly seconds: number;
  readonly packetsPublished: number;
  /** Packets the subscribers should have received in the window, by RTP sequence numbers. */
  readonly packetsExpected: number;
  readonly packetsReceived: number;
  /** 0–1 */
  readonly lossRatio: number;
  /** Subscribers that received nothing at all. */
  readonly silentSubscribers: number;
  readonly delayMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly joins: {
    readonly count: number;
    readonly perSecond: number;
    /** From the HTTP request to installed keys. */
    readonly p50Ms: number;
    readonly p99Ms: number;
  };
  /** Of the server process, where its id was given and it runs on this machine. */
  readonly server: ServerUsage | null;
}

export interface ServerUsage {
  /** CPU time per forwarded packet, user and system, in µs. */
  readonly cpuMicrosPerPacket: number;
  /** Share of one core, 0–1 and beyond. */
  readonly cpuShare: number;
  /** What a virtual machine's host withheld of its processors' time, 0–1: it disturbs all figures, delay most of all. */
  readonly stolenShare: number;
  readonly cpuMillisPerJoin: number;
  readonly residentBytes: number;
  /** What one more takes of resident memory: its growth from a tenth of the subscribers to all of them, for each. */
  readonly residentBytesPerSubscriber: number;
}
