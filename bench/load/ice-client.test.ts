import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SocketAddress } from '../../src/packet-io/packet-io.ts';
import { IceLiteAgent } from '../../src/webrtc/ice/ice-lite-agent.ts';
import type { LinkParameters } from '../../test/network/link-parameters.ts';
import { NetworkEmulator } from '../../test/network/network-emulator.ts';
import { SeededRandom } from '../../test/network/seeded-random.ts';
import { IceControllingProbe, type IceControllingProbeOptions } from './ice-client.ts';

const server = { usernameFragment: 'SRVR', password: 'server-password-22-chars' };
const server2 = { usernameFragment: 'SRV2', password: 'server-password-the-second' };
const client = { usernameFragment: 'CLNT', password: 'client-password-22-chars' };
const client2 = { usernameFragment: 'CLN2', password: 'client-password-the-second' };

/** Agent and client over an emulated network; the clock jumps from one deadline to the next. */
class Scenario {
  now = 0;
  address: SocketAddress = { family: 4, address: '192.0.2.1', port: 4000 };
  readonly agent = new IceLiteAgent({ local: server });
  readonly probe: IceControllingProbe;
  /** The agent's, from `checking` on. */
  readonly states: string[] = [];
  readonly selections: number[] = [];
  readonly #up: NetworkEmulator<{ length: number; datagram: Uint8Array; from: SocketAddress }>;
  readonly #down: NetworkEmulator<{ length: number; datagram: Uint8Array; to: SocketAddress }>;

  constructor(link: Partial<LinkParameters>, options: Partial<IceControllingProbeOptions> = {}, seed = 1) {
    const random = new SeededRandom(seed);
    this.#up = new NetworkEmulator(link, seed + 100);
    this.#down = new NetworkEmulator(link, seed + 200);
    this.probe = new IceControllingProbe({
      local: client,
      remote: server,
      randomUint32: () => random.uint32(),
      ...options,
    });
    this.agent.setRemote(client);
    this.agent.onStateChange = (state) => this.states.push(state);
    this.agent.onSelectedPair = (pair) => this.selections.push(pair.remote.port);
    this.agent.handleTimeout(0);
  }

  setLink(change: Partial<LinkParameters>): void {
    this.#up.update(this.now, change);
    this.#down.update(this.now, change);
  }

  runUntil(end: number): void {
    for (;;) {
      const machines = [this.probe, this.agent, this.#up, this.#down];
      const next = Math.max(this.now, Math.min(...machines.map((machine) => machine.nextDeadline())));
      if (next > end) break;
      this.now = next;
      this.#step();
    }
    this.now = end;
  }

  #step(): void {
    const { now } = this;
    if (this.probe.nextDeadline() <= now) this.probe.handleTimeout(now);
    if (this.agent.nextDeadline() <= now) this.agent.handleTimeout(now);
    const request = this.probe.takeDatagram();
    if (request !== null)
      this.#up.enqueue(now, { length: request.length, datagram: request, from: this.address });
    for (const { datagram, from } of this.#up.take(now)) {
      const response = this.agent.handleStun(now, datagram, 0, from);
      if (response !== null)
        this.#down.enqueue(now, { length: response.length, datagram: response, to: from });
    }
    for (const { datagram, to } of this.#down.take(now)) {
      // What is sent to an address the client has left is lost.
      if (to.port === this.address.port) this.probe.handleStun(now, datagram);
    }
  }
}

describe('IceControllingProbe and IceLiteAgent', () => {
  it('connect in one round trip and keep consent', () => {
    const scenario = new Scenario({ delayMs: 40 });
    scenario.runUntil(80);
    assert.equal(scenario.probe.state, 'connected');
    assert.equal(scenario.probe.roundTripMs, 80);
    assert.deepEqual(scenario.probe.mappedAddress, scenario.address);
    scenario.runUntil(120_000);
    assert.deepEqual(scenario.states, ['connected']);
    assert.deepEqual(scenario.selections, [4000]);
    const { sent, answered } = scenario.probe.counters;
    assert.equal(sent, answered);
    assert.equal(sent, 1 + Math.floor((120_000 - 80) / 2580));
  });

  it('connect where only an answered pair is nominated', () => {
    const scenario = new Scenario({ delayMs: 40 }, { nominate: 'after-answer' });
    scenario.runUntil(119);
    assert.equal(scenario.agent.state, 'checking');
    assert.equal(scenario.agent.pairs.length, 1);
    scenario.runUntil(120);
    assert.equal(scenario.agent.state, 'connected');
  });

  it('connect and stay connected through 30 % loss, with jitter, duplicates and reordering', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const scenario = new Scenario(
        {
          delayMs: 60,
          jitterMs: 20,
          jitterReorders: true,
          duplicateProbability: 0.1,
          loss: { kind: 'uniform', probability: 0.3 },
        },
        {},
        seed,
      );
      scenario.runUntil(60_000);
      assert.equal(scenario.agent.state, 'connected', `seed ${seed}`);
      assert.equal(scenario.probe.state, 'connected', `seed ${seed}`);
      assert.ok(scenario.probe.counters.sent > scenario.probe.counters.answered, `seed ${seed}`);
    }
  });

  for (const nominate of ['every', 'after-answer'] as const) {
    it(`follow a change of address mid-call, nominating ${nominate}`, () => {
      const scenario = new Scenario({ delayMs: 20 }, { nominate });
      scenario.runUntil(10_000);
      scenario.address = { ...scenario.address, port: 5000 };
      scenario.runUntil(14_000);
      assert.deepEqual(scenario.selections, [4000, 5000]);
      assert.equal(scenario.probe.mappedAddress!.port, 5000);
      scenario.address = { ...scenario.address, port: 4000 };
      scenario.runUntil(30_000);
      assert.equal(scenario.selections.at(-1), 4000);
      assert.deepEqual(scenario.states, ['connected']);
    });
  }

  it('go through an ICE restart without an interruption', () => {
    const scenario = new Scenario({ delayMs: 50 });
    scenario.runUntil(5000);
    scenario.agent.restart(server2, 5000);
    scenario.runUntil(20_000);
    assert.equal(scenario.agent.state, 'connected', 'the client still checks with the old credentials');
    scenario.agent.setRemote(client2);
    scenario.address = { ...scenario.address, port: 5000 };
    scenario.probe.restart(client2, server2);
    scenario.runUntil(20_100);
    assert.equal(scenario.probe.state, 'connected');
    assert.deepEqual(scenario.selections, [4000, 5000]);
    scenario.runUntil(60_000);
    assert.deepEqual(scenario.states, ['connected']);
    assert.equal(scenario.probe.counters.refused, 0);
  });

  it('settle a role conflict', () => {
    const scenario = new Scenario({ delayMs: 30 }, { controlled: true });
    scenario.runUntil(200);
    assert.ok(scenario.probe.controlling);
    assert.equal(scenario.probe.counters.refused, 1);
    assert.equal(scenario.agent.state, 'connected');
  });

  it('survive an outage of 20 s and give up after a longer one', () => {
    const scenario = new Scenario({ delayMs: 30 });
    scenario.runUntil(10_000);
    scenario.setLink({ loss: { kind: 'uniform', probability: 1 } });
    scenario.runUntil(30_000);
    assert.equal(scenario.agent.state, 'disconnected');
    scenario.setLink({ loss: null });
    scenario.runUntil(40_000);
    assert.equal(scenario.agent.state, 'connected');
    scenario.setLink({ loss: { kind: 'uniform', probability: 1 } });
    scenario.runUntil(80_000);
    assert.equal(scenario.agent.state, 'failed');
    assert.equal(scenario.agent.failure, 'checks-stopped');
    assert.equal(scenario.probe.state, 'failed');
    assert.equal(scenario.probe.nextDeadline(), Number.POSITIVE_INFINITY);
    assert.deepEqual(scenario.states, ['connected', 'disconnected', 'connected', 'disconnected', 'failed']);
  });

  it('never connect with a wrong password', () => {
    const scenario = new Scenario({}, { remote: { ...server, password: 'not that password at all' } });
    scenario.runUntil(40_000);
    assert.equal(scenario.agent.failure, 'no-checks');
    assert.equal(scenario.probe.state, 'failed');
    assert.equal(scenario.probe.counters.answered, 0);
    assert.ok(scenario.probe.counters.ignored > 5, 'an unauthenticated 401 is not believed');
  });

  it('repeat themselves exactly', () => {
    const trace = () => {
      const scenario = new Scenario({ delayMs: 60, loss: { kind: 'uniform', probability: 0.5 } }, {}, 5);
      scenario.runUntil(100_000);
      return [scenario.states, scenario.probe.counters, scenario.agent.counters];
    };
    assert.deepEqual(trace(), trace());
  });
});
