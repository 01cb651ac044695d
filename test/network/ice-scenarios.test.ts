import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IceClient, type IceClientOptions } from '../../src/load/ice-client.ts';
import type { SocketAddress } from '../../src/packet-io/packet-io.ts';
import { IceLiteAgent } from '../../src/webrtc/ice/ice-lite-agent.ts';
import { StunType } from '../../src/webrtc/ice/stun-format.ts';
import { hasValidIntegrity, parseStun } from '../../src/webrtc/ice/stun-message.ts';
import { StunWriter } from '../../src/webrtc/ice/stun-writer.ts';
import type { LinkParameters } from './link-parameters.ts';
import { NetworkEmulator } from './network-emulator.ts';
import { SeededRandom } from './seeded-random.ts';

const server = { usernameFragment: 'SRVR', password: 'server-password-22-chars' };
const server2 = { usernameFragment: 'SRV2', password: 'server-password-the-second' };
const client = { usernameFragment: 'CLNT', password: 'client-password-22-chars' };
const client2 = { usernameFragment: 'CLN2', password: 'client-password-the-second' };

/** Agent and client over an emulated network; the clock jumps from one deadline to the next. */
class Scenario {
  now = 0;
  address: SocketAddress = { family: 4, address: '192.0.2.1', port: 4000 };
  readonly agent = new IceLiteAgent({ local: server });
  readonly iceClient: IceClient;
  /** The agent's, from `checking` on. */
  readonly states: string[] = [];
  readonly selections: number[] = [];
  readonly #up: NetworkEmulator<{ length: number; datagram: Uint8Array; from: SocketAddress }>;
  readonly #down: NetworkEmulator<{ length: number; datagram: Uint8Array; to: SocketAddress }>;

  constructor(link: Partial<LinkParameters>, options: Partial<IceClientOptions> = {}, seed = 1) {
    const random = new SeededRandom(seed);
    this.#up = new NetworkEmulator(link, seed + 100);
    this.#down = new NetworkEmulator(link, seed + 200);
    this.iceClient = new IceClient({
      local: client,
      remote: server,
      randomBytes: (length) => Uint8Array.from({ length }, () => random.uint32() >>> 24),
      remoteAddress: { family: 4, address: '203.0.113.1', port: 3478 },
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
      const machines = [this.iceClient, this.agent, this.#up, this.#down];
      const next = Math.max(this.now, Math.min(...machines.map((machine) => machine.nextDeadline())));
      if (next > end) break;
      this.now = next;
      this.#step();
    }
    this.now = end;
  }

  #step(): void {
    const { now } = this;
    this.#sendUp(this.iceClient.handleTimeout(now));
    if (this.agent.nextDeadline() <= now) this.agent.handleTimeout(now);
    for (const { datagram, from } of this.#up.take(now)) {
      const response = this.agent.handleStun(now, datagram, 0, from);
      if (response !== null)
        this.#down.enqueue(now, { length: response.length, datagram: response, to: from });
    }
    for (const { datagram, to } of this.#down.take(now)) {
      // What is sent to an address the client has left is lost.
      if (to.port === this.address.port) this.#sendUp(this.iceClient.handleStun(now, datagram));
    }
  }

  #sendUp(datagram: Uint8Array | null): void {
    if (datagram === null) return;
    this.#up.enqueue(this.now, { length: datagram.length, datagram, from: this.address });
  }
}

describe('IceClient and IceLiteAgent', () => {
  it('connect in one round trip and keep consent', () => {
    const scenario = new Scenario({ delayMs: 40 });
    scenario.runUntil(80);
    assert.equal(scenario.iceClient.state, 'connected');
    assert.equal(scenario.iceClient.roundTripMs, 80);
    assert.deepEqual(scenario.iceClient.mappedAddress, scenario.address);
    scenario.runUntil(120_000);
    assert.deepEqual(scenario.states, ['connected']);
    assert.deepEqual(scenario.selections, [4000]);
    const { sent, answered } = scenario.iceClient.counters;
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
      assert.equal(scenario.iceClient.state, 'connected', `seed ${seed}`);
      assert.ok(scenario.iceClient.counters.sent > scenario.iceClient.counters.answered, `seed ${seed}`);
    }
  });

  for (const nominate of ['every', 'after-answer'] as const) {
    it(`follow a change of address mid-call, nominating ${nominate}`, () => {
      const scenario = new Scenario({ delayMs: 20 }, { nominate });
      scenario.runUntil(10_000);
      scenario.address = { ...scenario.address, port: 5000 };
      scenario.runUntil(14_000);
      assert.deepEqual(scenario.selections, [4000, 5000]);
      assert.equal(scenario.iceClient.mappedAddress!.port, 5000);
      scenario.address = { ...scenario.address, port: 4000 };
      scenario.runUntil(30_000);
      assert.equal(scenario.selections.at(-1), 4000);
      assert.deepEqual(scenario.states, ['connected']);
    });
  }

  it('follow a change of address where consent checks nominate nothing, as Firefox sends them', () => {
    const scenario = new Scenario({ delayMs: 20 }, { nominate: 'until-answer', checkIntervalMs: 5000 });
    scenario.runUntil(20_000);
    scenario.address = { ...scenario.address, port: 5000 };
    scenario.runUntil(26_000);
    assert.deepEqual(scenario.selections, [4000, 5000]);
    assert.equal(scenario.agent.selectedReason, 'address-changed');
    assert.deepEqual(scenario.states, ['connected']);
  });

  it('go through an ICE restart without an interruption', () => {
    const scenario = new Scenario({ delayMs: 50 });
    scenario.runUntil(5000);
    scenario.agent.restart(server2, 5000);
    scenario.runUntil(20_000);
    assert.equal(scenario.agent.state, 'connected', 'the client still checks with the old credentials');
    scenario.agent.setRemote(client2);
    scenario.address = { ...scenario.address, port: 5000 };
    scenario.iceClient.restart(client2, server2);
    scenario.runUntil(20_100);
    assert.equal(scenario.iceClient.state, 'connected');
    assert.deepEqual(scenario.selections, [4000, 5000]);
    scenario.runUntil(60_000);
    assert.deepEqual(scenario.states, ['connected']);
    assert.equal(scenario.iceClient.counters.refused, 0);
  });

  it('settle a role conflict', () => {
    const scenario = new Scenario({ delayMs: 30 }, { controlled: true });
    scenario.runUntil(200);
    assert.ok(scenario.iceClient.controlling);
    assert.equal(scenario.iceClient.counters.refused, 1);
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
    assert.equal(scenario.iceClient.state, 'failed');
    assert.equal(scenario.iceClient.nextDeadline(), Number.POSITIVE_INFINITY);
    assert.deepEqual(scenario.states, ['connected', 'disconnected', 'connected', 'disconnected', 'failed']);
  });

  it('never connect with a wrong password', () => {
    const scenario = new Scenario({}, { remote: { ...server, password: 'not that password at all' } });
    scenario.runUntil(40_000);
    assert.equal(scenario.agent.failure, 'no-checks');
    assert.equal(scenario.iceClient.state, 'failed');
    assert.equal(scenario.iceClient.counters.answered, 0);
    assert.ok(scenario.iceClient.counters.ignored > 5, 'an unauthenticated 401 is not believed');
  });

  it('repeat themselves exactly', () => {
    const trace = () => {
      const scenario = new Scenario({ delayMs: 60, loss: { kind: 'uniform', probability: 0.5 } }, {}, 5);
      scenario.runUntil(100_000);
      return [scenario.states, scenario.iceClient.counters, scenario.agent.counters];
    };
    assert.deepEqual(trace(), trace());
  });

  it('the client answers a server that checks too, if it is the right one', () => {
    const { iceClient } = new Scenario({});
    const from = { family: 4, address: '203.0.113.1', port: 3478 } as const;
    const check = (password: string) =>
      new StunWriter(StunType.BindingRequest, new Uint8Array(12))
        .username('CLNT:SRVR')
        .iceControlled(1n)
        .messageIntegrity(password)
        .finish();
    assert.equal(iceClient.handleStun(0, check('a wrong password')), null);
    const response = iceClient.handleStun(0, check(client.password))!;
    assert.deepEqual(parseStun(response)!.xorMappedAddress, from);
    assert.ok(hasValidIntegrity(response, parseStun(response)!, client.password));
  });
});
