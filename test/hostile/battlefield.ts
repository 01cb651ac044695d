/** A server, a call in a room of it, and an attacker: what an attack costs the server and the call. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ManifoldProcess,
  type ServerOptions,
  startManifold,
} from '../browser/harness/manifold-process.ts';
import { HeadlessNetwork } from '../signaling/headless-peer.ts';
import type { Attack, AttackReport } from './attack.ts';
import { Attacker } from './attacker.ts';
import { type Passage, UndisturbedCall } from './undisturbed-call.ts';

const settleMs = 150;
/** Of the call, before and after each attack. */
const defaultCalmMs = 2000;
const memorySampleMs = 50;
const bytesPerPage = 4096;

export interface Damage {
  readonly before: Passage;
  readonly during: Passage;
  readonly after: Passage;
  /** Resident memory in MiB, before and at its highest. */
  readonly residentBefore: number;
  readonly residentPeak: number;
  /** What of JavaScript's heap is left when it is over, in MiB; negative where it shrank. */
  readonly heapGrowth: number;
}

export class Battlefield {
  readonly server: ManifoldProcess;
  readonly #network: HeadlessNetwork;
  readonly #call: UndisturbedCall;
  readonly #attacker: Attacker;
  readonly #calmMs: number;

  private constructor(
    server: ManifoldProcess,
    network: HeadlessNetwork,
    call: UndisturbedCall,
    calmMs: number,
  ) {
    this.server = server;
    this.#network = network;
    this.#call = call;
    this.#calmMs = calmMs;
    this.#attacker = new Attacker(server.httpPort);
  }

  static async open(options: ServerOptions = {}, calmMs = defaultCalmMs): Promise<Battlefield> {
    const server = await startManifold({ logging: { level: 'error' }, ...options });
    const network = new HeadlessNetwork();
    try {
      const call = await UndisturbedCall.start(network, server.origin);
      return new Battlefield(server, network, call, calmMs);
    } catch (error) {
      network.close();
      await server.close();
      throw error;
    }
  }

  /** Carries an attack out. Throws when the server ends, has a bug, or its call is not as it was. */
  async suffer(attack: Attack): Promise<{ report: AttackReport; damage: Damage }> {
    const memory = await this.server.memory();
    // A collection of the whole garbage holds the server up.
    await sleep(settleMs);
    const before = await this.#call.during(() => sleep(this.#calmMs));
    const resident = new ResidentPeak(this.server.pid);
    let report: AttackReport | null = null;
    const during = await this.#call.during(async () => {
      report = await this.#attacker.attack(attack);
    });
    const residentPeak = resident.stop();
    const after = await this.#call.during(() => sleep(this.#calmMs));
    this.server.assertAlive();
    await this.#call.poll();
    assert.equal(
      (await this.server.metrics()).sum('manifold_session_bugs_total'),
      0,
      'a session ended by a bug',
    );
    const heapGrowth = mebibytes((await this.server.memory()).heapUsed - memory.heapUsed);
    const damage = { before, during, after, residentBefore: mebibytes(memory.rss), residentPeak, heapGrowth };
    return { report: report!, damage };
  }

  async close(): Promise<void> {
    await this.#attacker.close();
    this.#network.close();
    await this.server.close();
  }
}

/** Looks at the resident memory of a process, several times a second. */
class ResidentPeak {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  #peak = 0;

  constructor(pid: number) {
    this.#pid = pid;
    this.#timer = setInterval(() => this.#sample(), memorySampleMs);
    this.#sample();
  }

  /** @returns the highest seen, in MiB */
  stop(): number {
    clearInterval(this.#timer);
    this.#sample();
    return this.#peak;
  }

  #sample(): void {
    const [, pages] = readFileSync(`/proc/${this.#pid}/statm`, 'utf8').split(' ');
    this.#peak = Math.max(this.#peak, mebibytes(Number(pages) * bytesPerPage));
  }
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
