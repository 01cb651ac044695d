import type { NegotiationTimings } from './negotiation.ts';

/** All in ms. */
export interface TalksyTimings extends NegotiationTimings {
  /** From the last track that arrived until its owner is asked what they are. */
  readonly askOwnerMs: number;
  /** How often a client is told its statistics. */
  readonly statisticsMs: number;
  /** From the socket's opening until the connection must be up. */
  readonly joinMs: number;
  /** How long a room without connected members stays. */
  readonly roomIdleMs: number;
  /** How often it is looked who speaks. */
  readonly voiceMs: number;
  /** From the connection's coming up until tracks are sent even if the client takes no data channel. */
  readonly channelPatienceMs: number;
}

export const defaultTimings: TalksyTimings = {
  collectMs: 100,
  clientTurnMs: 10_000,
  answerTimeoutMs: 30_000,
  askOwnerMs: 100,
  statisticsMs: 1000,
  joinMs: 300_000,
  roomIdleMs: 180_000,
  voiceMs: 100,
  channelPatienceMs: 2000,
};

/** What there is of time. */
export interface Time {
  /** Calls `run` once after `delayMs`; returns what cancels it. */
  after(delayMs: number, run: () => void): () => void;
  /** Monotonic, in ms. */
  now(): number;
}
