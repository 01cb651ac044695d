/** What a load publisher sends: kinds of traffic shaped like audio and video. */

export interface TrafficShape {
  readonly kind: 'audio' | 'video';
  /** Bytes of one RTP packet, its 12-byte header included. */
  readonly packetBytes: number;
  readonly packetsPerSecond: number;
  /** How many times a second packets leave; all that are due leave together. */
  readonly sendsPerSecond: number;
}

/** Named shapes of the command line and the benchmark. */
export const trafficShapes = {
  /** One Opus frame every 20 ms. */
  audio: { kind: 'audio', packetBytes: 120, packetsPerSecond: 50, sendsPerSecond: 50 },
  /** 1.5 Mbit/s in frames: 30 bursts a second. */
  'video-bursts': videoAt(1_500_000, 30),
  /** 1.5 Mbit/s as a paced sender spreads it: one packet at a time. */
  'video-paced': videoAt(1_500_000, 1_500_000 / 8 / 1100),
} as const satisfies Record<string, TrafficShape>;

export type TrafficName = keyof typeof trafficShapes;

/** Video-like traffic of a bit rate in packets of 1100 bytes. */
export function videoAt(bitsPerSecond: number, sendsPerSecond: number): TrafficShape {
  const packetBytes = 1100;
  return { kind: 'video', packetBytes, packetsPerSecond: bitsPerSecond / 8 / packetBytes, sendsPerSecond };
}
