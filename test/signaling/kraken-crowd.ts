/** Many Kraken clients in many rooms, each of which polls for itself, as the web clients do. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { HeadlessNetwork } from './headless-peer.ts';
import { call, KrakenCaller } from './kraken-caller.ts';

export interface CrowdOptions {
  readonly rooms: number;
  readonly clientsPerRoom: number;
  /** Pause of each client between the end of one poll and the next. */
  readonly pollMs: number;
  /** Over which the clients join. */
  readonly joinMs: number;
  /** A packet of audio at each so many ticks of 20 ms. */
  readonly ticksPerPacket: number;
}

export class KrakenCrowd {
  readonly callers: KrakenCaller[] = [];
  /** How long each poll took since they were last looked at, in ms. */
  pollsMs: number[] = [];
  readonly failures: unknown[] = [];
  readonly #options: CrowdOptions;
  #running = true;

  constructor(network: HeadlessNetwork, url: string, options: CrowdOptions) {
    this.#options = options;
    for (let index = 0; index < options.rooms * options.clientsPerRoom; index++) {
      const caller = new KrakenCaller(network, url, `room-${index % options.rooms}`, `client-${index}`);
      caller.peer.ticksPerPacket = options.ticksPerPacket;
      this.callers.push(caller);
    }
  }

  /** Everybody publishes, spread over the time for it, and goes on polling. */
  async join(): Promise<void> {
    const spacingMs = this.#options.joinMs / this.callers.length;
    await Promise.all(
      this.callers.map(async (caller, index) => {
        await sleep(index * spacingMs);
        await caller.publish();
        void this.#keepPolling(caller).catch((error: unknown) => this.failures.push(error));
      }),
    );
  }

  /** Those who hear everybody else in their room. */
  get complete(): number {
    const others = this.#options.clientsPerRoom - 1;
    return this.callers.filter(({ heard }) => heard.length === others).length;
  }

  stop(): void {
    this.#running = false;
  }

  async #keepPolling(caller: KrakenCaller): Promise<void> {
    while (this.#running) {
      const startedAt = performance.now();
      const { data, error } = await call(caller.url, 'subscribe', [caller.rid, caller.uid, caller.cid]);
      this.pollsMs.push(performance.now() - startedAt);
      if (error !== undefined) throw new Error(`${caller.uid}: ${JSON.stringify(error)}`);
      if (data.type === 'offer') await caller.answer(data.sdp);
      await sleep(this.#options.pollMs);
    }
  }
}
