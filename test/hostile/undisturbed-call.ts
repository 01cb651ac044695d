/** A call that goes on in another room while somebody attacks the server: what it loses, and how late it comes. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HeadlessNetwork } from '../signaling/headless-peer.ts';
import { KrakenCaller } from '../signaling/kraken-caller.ts';

export interface Passage {
  readonly packets: number;
  readonly lost: number;
  /** From the sender's sending to the receiver's socket, in ms. */
  readonly medianDelayMs: number;
  readonly p99DelayMs: number;
}

/** What is on its way when an attack ends. */
const drainMs = 100;

/** What one of two callers gets of the other. */
export class UndisturbedCall {
  readonly #callers: readonly KrakenCaller[];
  #delays: number[] = [];
  #first = -1;
  #last = -1;

  private constructor(callers: readonly [KrakenCaller, KrakenCaller]) {
    this.#callers = callers;
    callers[0].peer.onPacket = (packet, arrivedUs) => {
      const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
      const sequenceNumber = view.getUint16(2);
      if (this.#first < 0) this.#first = sequenceNumber;
      this.#last = sequenceNumber;
      this.#delays.push((arrivedUs - view.getFloat64(packet.length - 8)) / 1000);
    };
  }

  static async start(network: HeadlessNetwork, origin: string): Promise<UndisturbedCall> {
    const join = async (uid: string) => {
      const caller = await KrakenCaller.join(network, origin, 'undisturbed', uid);
      caller.peer.stamps = true;
      return caller;
    };
    const [a, b] = [await join('a'), await join('b')];
    await a.hears(b);
    await b.hears(a);
    return new UndisturbedCall([a, b]);
  }

  async during(action: () => Promise<unknown>): Promise<Passage> {
    this.#delays = [];
    this.#first = -1;
    await action();
    await sleep(drainMs);
    const delays = [...this.#delays].sort((a, b) => a - b);
    const quantile = (share: number) => delays[Math.floor(delays.length * share)] ?? Number.POSITIVE_INFINITY;
    return {
      packets: delays.length,
      lost: this.#first < 0 ? 0 : ((this.#last - this.#first) & 0xffff) + 1 - delays.length,
      medianDelayMs: quantile(0.5),
      p99DelayMs: quantile(0.99),
    };
  }

  /** Fails unless the call is as it was, and its clients are answered. */
  async poll(): Promise<void> {
    for (const caller of this.#callers) assert.equal((await caller.subscribe()).type, 'unknown');
  }
}
