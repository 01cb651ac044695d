import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProtocolError } from '../../errors.ts';
import type { SocketAddress } from '../../packet-io/packet-io.ts';
import { maxPairs } from './candidate-pair.ts';
import { IceLiteAgent, type IceLiteAgentOptions } from './ice-lite-agent.ts';
import { StunAttribute, StunType } from './stun-format.ts';
import { hasValidFingerprint, hasValidIntegrity, parseStun } from './stun-message.ts';
import { StunWriter } from './stun-writer.ts';

const local = { usernameFragment: 'SRVR', password: 'server-password-22-chars' };
const renewed = { usernameFragment: 'SRV2', password: 'server-password-the-second' };
const remote = { usernameFragment: 'CLNT', password: 'client-password-22-chars' };
const remoteRenewed = { usernameFragment: 'CLN2', password: 'client-password-the-second' };
const home: SocketAddress = { family: 4, address: '192.0.2.1', port: 4000 };
const away: SocketAddress = { family: 4, address: '192.0.2.1', port: 4001 };

interface CheckOptions {
  to?: { usernameFragment: string; password: string };
  from?: { usernameFragment: string };
  nominate?: boolean;
  priority?: number;
  controlled?: boolean;
  extra?: number;
}

let transaction = 0;

function transactionId(): Uint8Array {
  return new Uint8Array(12).fill(++transaction);
}

function check(options: CheckOptions = {}): Uint8Array {
  const { to = local, from = remote, nominate = true, priority = 100 } = options;
  const writer = new StunWriter(StunType.BindingRequest, transactionId())
    .username(`${to.usernameFragment}:${from.usernameFragment}`)
    .priority(priority);
  if (options.controlled) writer.iceControlled(1n);
  else writer.iceControlling(1n);
  if (nominate) writer.useCandidate();
  if (options.extra !== undefined) writer.attribute(options.extra, new Uint8Array(2));
  return writer.messageIntegrity(to.password).fingerprint().finish();
}

/** An agent with a record of its callbacks. */
function setUp(options: Partial<IceLiteAgentOptions> = {}): { agent: IceLiteAgent; events: string[] } {
  const agent = new IceLiteAgent({ local, ...options });
  const events: string[] = [];
  agent.onStateChange = (state) => events.push(state);
  agent.onSelectedPair = (pair) => events.push(`selected ${pair.remote.port}`);
  agent.onValidatedPair = (pair) => events.push(`validated ${pair.remote.port}`);
  return { agent, events };
}

function connected(): { agent: IceLiteAgent; events: string[] } {
  const both = setUp();
  both.agent.setRemote(remote);
  both.agent.handleStun(0, check(), 0, home);
  both.events.length = 0;
  return both;
}

/** The parsed response to a request, having checked all that is common to responses. */
function answer(
  agent: IceLiteAgent,
  now: number,
  request: Uint8Array,
  from = home,
  key: string | null = local.password,
) {
  const datagram = agent.handleStun(now, request, 0, from);
  assert.ok(datagram !== null, 'there is a response');
  const response = parseStun(datagram);
  assert.ok(response !== null);
  assert.deepEqual(response.transactionId, request.subarray(8, 20));
  assert.ok(hasValidFingerprint(datagram, response));
  if (key === null) assert.equal(response.integrityOffset, -1);
  else assert.ok(hasValidIntegrity(datagram, response, key));
  return response;
}

describe('IceLiteAgent: answers', () => {
  it('answers a check with the address it came from', () => {
    const { agent } = setUp();
    agent.setRemote(remote);
    const response = answer(agent, 0, check());
    assert.equal(response.type, StunType.BindingSuccess);
    assert.deepEqual(response.xorMappedAddress, home);
    const ipv6: SocketAddress = { family: 6, address: '2001:db8::7', port: 65535 };
    assert.deepEqual(answer(agent, 0, check(), ipv6).xorMappedAddress, ipv6);
  });

  it('answers before the remote description is known', () => {
    const { agent, events } = setUp();
    assert.equal(answer(agent, 0, check()).type, StunType.BindingSuccess);
    assert.deepEqual(events, ['validated 4000', 'selected 4000', 'checking', 'connected']);
    agent.setRemote(remote);
    assert.equal(agent.state, 'connected');
  });

  const request = () => new StunWriter(StunType.BindingRequest, transactionId());
  const refused: [string, () => Uint8Array, number][] = [
    ['no attributes', () => request().finish(), 400],
    ['no integrity', () => request().username('SRVR:CLNT').useCandidate().finish(), 400],
    ['no name', () => request().messageIntegrity(local.password).finish(), 400],
    ['half a name', () => request().username('SRVR').messageIntegrity(local.password).finish(), 401],
    ['another local fragment', () => check({ to: { ...local, usernameFragment: 'SRVX' } }), 401],
    ['another remote fragment', () => check({ from: { usernameFragment: 'CLNX' } }), 401],
    ['a wrong password', () => check({ to: { ...local, password: 'wrong' } }), 401],
    ['the remote password', () => check({ to: { ...local, password: remote.password } }), 401],
    ['an empty password', () => check({ to: { ...local, password: '' } }), 401],
  ];
  for (const [name, make, code] of refused) {
    it(`refuses ${name} with ${code} and changes nothing`, () => {
      const { agent, events } = setUp();
      agent.setRemote(remote);
      agent.handleTimeout(0);
      const deadline = agent.nextDeadline();
      events.length = 0;
      const datagram = agent.handleStun(10, make(), 0, home);
      assert.equal(parseStun(datagram!)!.errorCode, code);
      assert.equal(parseStun(datagram!)!.integrityOffset, -1);
      assert.deepEqual(events, []);
      assert.equal(agent.pairs.length, 0);
      assert.equal(agent.nextDeadline(), deadline);
      assert.equal(agent.counters.unauthenticated, 1);
    });
  }

  it('refuses what it must understand and does not, naming it', () => {
    const { agent, events } = connected();
    const response = answer(agent, 10, check({ extra: 0x7abc }), away);
    assert.equal(response.errorCode, 420);
    assert.deepEqual(response.unknownAttributes, [0x7abc]);
    assert.deepEqual(events, []);
    assert.equal(answer(agent, 10, check({ extra: 0xfabc })).type, StunType.BindingSuccess);
  });

  it('refuses a controlled peer, which then takes the other role', () => {
    const { agent, events } = setUp();
    agent.setRemote(remote);
    assert.equal(answer(agent, 0, check({ controlled: true })).errorCode, 487);
    assert.deepEqual(events, ['checking']);
    assert.equal(answer(agent, 0, check()).type, StunType.BindingSuccess);
    assert.equal(agent.state, 'connected');
  });

  it('takes checks without FINGERPRINT, PRIORITY or role, as old clients send', () => {
    const { agent } = setUp();
    const bare = request().username('SRVR:CLNT').useCandidate().messageIntegrity(local.password).finish();
    assert.equal(answer(agent, 0, bare).type, StunType.BindingSuccess);
    assert.equal(agent.state, 'connected');
  });

  it('is silent on what is no request', () => {
    const { agent, events } = connected();
    const broken = check();
    broken[broken.length - 1] ^= 1;
    const silent: [Uint8Array, keyof IceLiteAgent['counters']][] = [
      [new StunWriter(StunType.BindingIndication, transactionId()).fingerprint().finish(), 'indications'],
      [new StunWriter(StunType.BindingSuccess, transactionId()).finish(), 'ignored'],
      [new StunWriter(StunType.BindingError, transactionId()).errorCode(401, '').finish(), 'ignored'],
      [new StunWriter(0x0003, transactionId()).finish(), 'ignored'],
      [broken, 'malformed'],
      [new Uint8Array(20), 'malformed'],
      [new Uint8Array(0), 'malformed'],
    ];
    for (const [datagram, counter] of silent) {
      const before = agent.counters[counter];
      assert.equal(agent.handleStun(5, datagram, 0, away), null);
      assert.equal(agent.counters[counter], before + 1);
    }
    assert.deepEqual(events, []);
    assert.equal(agent.pairs.length, 1);
  });

  it('does not work with another lite agent, and says so', () => {
    const { agent } = setUp();
    assert.throws(
      () => agent.setRemote({ ...remote, iceLite: true }),
      (error) => error instanceof ProtocolError && error.code === 'unsupported-sdp',
    );
    assert.equal(agent.state, 'new');
  });

  it('is silent once closed', () => {
    const { agent, events } = connected();
    agent.close();
    agent.close();
    assert.equal(agent.handleStun(1, check(), 0, home), null);
    agent.restart(renewed, 2);
    agent.handleTimeout(100_000);
    assert.equal(agent.nextDeadline(), Number.POSITIVE_INFINITY);
    assert.deepEqual(events, ['closed']);
  });
});

describe('IceLiteAgent: pairs', () => {
  it('learns every address, and sends to the nominated one', () => {
    const { agent, events } = setUp();
    agent.setRemote(remote);
    agent.handleStun(0, check({ nominate: false }), 0, home);
    agent.handleStun(1, check({ nominate: false }), 0, away);
    assert.equal(agent.selected, null);
    agent.handleStun(2, check(), 0, away);
    assert.deepEqual(events, ['checking', 'validated 4000', 'validated 4001', 'selected 4001', 'connected']);
    assert.equal(agent.selectedReason, 'nominated');
    agent.handleStun(3, check(), 0, away);
    assert.equal(events.length, 5, 'told once');
  });

  it('follows a client that nominates another pair', () => {
    const { agent, events } = connected();
    agent.handleStun(100, check({ nominate: false, priority: 1 }), 0, away);
    agent.handleStun(200, check({ priority: 1 }), 0, away);
    agent.handleStun(300, check(), 0, home);
    assert.deepEqual(events, ['validated 4001', 'selected 4001', 'selected 4000']);
    assert.equal(agent.selectedReason, 're-nominated');
  });

  it('keeps the best pair of a client that nominates them all', () => {
    const { agent } = setUp();
    for (const [port, priority] of [
      [1, 20],
      [2, 30],
      [3, 10],
      [1, 20],
      [3, 10],
    ]) {
      agent.handleStun(0, check({ priority }), 0, { ...home, port });
    }
    assert.equal(agent.selected!.remote.port, 2);
    assert.equal(agent.selectedReason, 'higher-priority');
  });

  it('leaves a pair that is not checked any more for one that is', () => {
    const { agent } = setUp();
    agent.handleStun(0, check({ priority: 9 }), 0, home);
    agent.handleStun(0, check({ priority: 1 }), 0, away);
    for (let now = 2500; now <= 7000; now += 2250) {
      agent.handleStun(now, check({ priority: 1 }), 0, away);
      assert.equal(agent.selected!.remote.port, 4000);
    }
    agent.handleStun(9250, check({ priority: 1 }), 0, away);
    assert.equal(agent.selected!.remote.port, 4001);
    assert.equal(agent.selectedReason, 'selected-silent');
  });

  it('keeps the addresses of one peer bounded, and the selected one always', () => {
    const { agent } = connected();
    for (let index = 0; index < 1000; index++) {
      agent.handleStun(index, check({ nominate: false, priority: 1 }), 0, { ...home, port: 10_000 + index });
    }
    assert.equal(agent.pairs.length, maxPairs);
    assert.equal(agent.selected!.remote.port, 4000);
    assert.ok(agent.pairs.includes(agent.selected!));
  });
});

describe('IceLiteAgent: time', () => {
  it('waits for nothing before there is a peer', () => {
    const { agent } = setUp();
    agent.handleTimeout(1e9);
    assert.equal(agent.nextDeadline(), Number.POSITIVE_INFINITY);
    assert.equal(agent.deadlineReason, 'none');
    assert.equal(agent.state, 'new');
  });

  it('gives up where no check ever comes', () => {
    const { agent, events } = setUp();
    agent.setRemote(remote);
    assert.ok(agent.nextDeadline() <= 500, 'it has to be told the time');
    agent.handleTimeout(500);
    assert.equal(agent.nextDeadline(), 30_500);
    assert.equal(agent.deadlineReason, 'connect');
    agent.handleTimeout(30_499);
    assert.equal(agent.state, 'checking');
    agent.handleTimeout(30_500);
    assert.deepEqual(events, ['checking', 'failed']);
    assert.equal(agent.failure, 'no-checks');
    assert.equal(agent.handleStun(30_501, check(), 0, home), null, 'the peer shall notice');
  });

  it('gives up where nothing is nominated', () => {
    const { agent } = setUp();
    agent.setRemote(remote);
    for (let now = 0; now < 30_000; now += 1000) agent.handleStun(now, check({ nominate: false }), 0, home);
    assert.equal(agent.nextDeadline(), 30_000);
    agent.handleTimeout(30_000);
    assert.equal(agent.failure, 'not-nominated');
  });

  it('is disconnected after 10 s without a check, failed after 30 s', () => {
    const { agent, events } = connected();
    agent.handleStun(4000, check(), 0, home);
    assert.equal(agent.nextDeadline(), 14_000);
    assert.equal(agent.deadlineReason, 'disconnect');
    agent.handleTimeout(14_000);
    assert.equal(agent.nextDeadline(), 34_000);
    assert.equal(agent.deadlineReason, 'fail');
    agent.handleStun(20_000, check(), 0, home);
    agent.handleTimeout(30_000);
    agent.handleTimeout(50_000);
    assert.deepEqual(events, ['disconnected', 'connected', 'disconnected', 'failed']);
    assert.equal(agent.failure, 'checks-stopped');
  });

  it('does not wait for one that has connected and gone as long as for one that has yet to connect', () => {
    const { agent } = setUp({ failedTimeoutMs: 12_000, connectTimeoutMs: 60_000 });
    agent.setRemote(remote);
    agent.handleTimeout(0);
    agent.handleStun(1000, check(), 0, home);
    agent.handleTimeout(11_000);
    assert.equal(agent.nextDeadline(), 13_000);
    agent.handleTimeout(13_000);
    assert.equal(agent.failure, 'checks-stopped');
  });

  it('catches up at once after a long sleep', () => {
    const { agent, events } = connected();
    agent.handleTimeout(60_000);
    assert.deepEqual(events, ['disconnected', 'failed']);
  });

  it('takes its times from the options', () => {
    const times = { connectTimeoutMs: 100, disconnectedTimeoutMs: 200, failedTimeoutMs: 300 };
    const { agent } = setUp(times);
    agent.setRemote(remote);
    agent.handleTimeout(0);
    assert.equal(agent.nextDeadline(), 100);
    agent.handleStun(50, check(), 0, home);
    assert.equal(agent.nextDeadline(), 250);
    agent.handleTimeout(250);
    assert.equal(agent.nextDeadline(), 350);
  });

  it('is not kept alive by what is not authenticated or refused', () => {
    const { agent } = connected();
    agent.handleStun(5000, check({ to: { ...local, password: 'wrong' } }), 0, home);
    agent.handleStun(5000, check({ controlled: true }), 0, home);
    agent.handleStun(5000, new StunWriter(StunType.BindingIndication, transactionId()).finish(), 0, home);
    assert.equal(agent.nextDeadline(), 10_000);
  });
});

describe('IceLiteAgent: restart', () => {
  const checkRenewed = (options: CheckOptions = {}) =>
    check({ to: renewed, from: remoteRenewed, ...options });

  it('answers the old credentials until the new ones are used', () => {
    const { agent, events } = connected();
    agent.restart(renewed, 1000);
    agent.setRemote(remoteRenewed);
    assert.deepEqual(agent.local, renewed);
    assert.deepEqual(agent.localUsernameFragments, ['SRV2', 'SRVR']);
    assert.equal(answer(agent, 2000, check()).type, StunType.BindingSuccess);
    assert.equal(agent.selected!.remote.port, 4000);
    assert.equal(agent.state, 'connected');

    assert.equal(
      answer(agent, 3000, checkRenewed({ nominate: false }), away, renewed.password).errorCode,
      null,
    );
    assert.deepEqual(agent.localUsernameFragments, ['SRV2']);
    assert.equal(answer(agent, 3001, check(), home, null).errorCode, 401, 'the old ones are gone');
    assert.equal(agent.selected!.remote.port, 4000, 'media goes on over the old pair');

    agent.handleStun(3100, checkRenewed(), 0, away);
    assert.deepEqual(events, ['validated 4001', 'selected 4001']);
  });

  it('does not mix the credentials of two sessions', () => {
    const { agent } = connected();
    agent.restart(renewed, 1000);
    agent.setRemote(remoteRenewed);
    assert.equal(answer(agent, 1001, check({ from: remoteRenewed }), home, null).errorCode, 401);
    assert.equal(answer(agent, 1001, check({ to: renewed }), home, null).errorCode, 401);
    assert.equal(
      answer(agent, 1001, check({ to: { ...renewed, password: local.password } }), home, null).errorCode,
      401,
    );
  });

  it('tells nothing where the path stays the same', () => {
    const { agent, events } = connected();
    agent.restart(renewed, 1000);
    agent.handleStun(1500, checkRenewed(), 0, home);
    assert.deepEqual(events, ['validated 4000']);
    assert.equal(agent.deadlineReason, 'disconnect');
  });

  it('fails where the new session is checked but never nominates', () => {
    const { agent } = connected();
    agent.restart(renewed, 1000);
    for (let now = 2000; now < 32_000; now += 2500)
      agent.handleStun(now, checkRenewed({ nominate: false }), 0, home);
    assert.equal(agent.nextDeadline(), 32_000);
    assert.equal(agent.deadlineReason, 'nominate');
    agent.handleTimeout(32_000);
    assert.equal(agent.failure, 'not-nominated');
  });

  it('goes on where the peer never takes the restart up', () => {
    const { agent } = connected();
    agent.restart(renewed, 1000);
    for (let now = 2000; now < 120_000; now += 2500) {
      agent.handleTimeout(now);
      assert.equal(answer(agent, now, check()).type, StunType.BindingSuccess);
    }
    assert.equal(agent.state, 'connected');
  });

  it('gives a restart its time where the peer was gone', () => {
    const { agent } = connected();
    agent.handleTimeout(29_000);
    assert.equal(agent.state, 'disconnected');
    agent.restart(renewed, 29_000);
    assert.equal(agent.nextDeadline(), 59_000);
    agent.handleStun(40_000, checkRenewed(), 0, away);
    assert.equal(agent.state, 'connected');
    assert.equal(agent.selected!.remote.port, 4001);
  });

  it('brings a failed agent back', () => {
    const { agent, events } = connected();
    agent.handleTimeout(40_000);
    agent.restart(renewed, 50_000);
    agent.setRemote(remoteRenewed);
    assert.equal(agent.failure, null);
    assert.equal(agent.nextDeadline(), 80_000);
    agent.handleStun(51_000, checkRenewed(), 0, home);
    assert.deepEqual(events, ['disconnected', 'failed', 'checking', 'validated 4000', 'connected']);
  });

  it('keeps what the peer uses through two restarts in a row', () => {
    const { agent } = connected();
    agent.restart({ usernameFragment: 'SRVX', password: 'never used by anybody' }, 1000);
    agent.restart(renewed, 1100);
    assert.deepEqual(agent.localUsernameFragments, ['SRV2', 'SRVR']);
    assert.equal(answer(agent, 1200, check()).type, StunType.BindingSuccess);
    assert.equal(answer(agent, 1300, checkRenewed(), home, renewed.password).type, StunType.BindingSuccess);
  });

  it('has nothing to keep before the first check', () => {
    const { agent } = setUp();
    agent.setRemote(remote);
    agent.restart(renewed, 0);
    assert.deepEqual(agent.localUsernameFragments, ['SRV2']);
    assert.equal(agent.nextDeadline(), 30_000);
    assert.equal(answer(agent, 1, check(), home, null).errorCode, 401);
  });
});

describe('IceLiteAgent: attributes after MESSAGE-INTEGRITY', () => {
  it('are not believed', () => {
    const { agent } = setUp();
    const request = new StunWriter(StunType.BindingRequest, transactionId())
      .username('SRVR:CLNT')
      .messageIntegrity(local.password)
      .useCandidate()
      .attribute(StunAttribute.IceControlled, new Uint8Array(8))
      .finish();
    assert.equal(answer(agent, 0, request).type, StunType.BindingSuccess);
    assert.equal(agent.selected, null);
  });
});

describe('IceLiteAgent: keepalives', () => {
  function keptAlive(keepaliveMs: number) {
    let random = 0;
    const { agent, events } = setUp({
      keepaliveMs,
      disconnectedTimeoutMs: 2500,
      randomUint32: () => ++random,
    });
    const sent: Uint8Array[] = [];
    agent.onSend = (pair, datagram) => {
      assert.deepEqual(pair.remote, home);
      sent.push(datagram);
    };
    agent.setRemote(remote);
    agent.handleTimeout(0);
    return { agent, events, sent };
  }

  it('sends an indication on the selected pair at each interval, and none before there is one', () => {
    const { agent, sent } = keptAlive(1000);
    agent.handleTimeout(1500);
    assert.equal(sent.length, 0);
    agent.handleStun(2000, check(), 0, home);
    assert.equal(agent.nextDeadline(), 3000);
    assert.equal(agent.deadlineReason, 'keepalive');
    agent.handleTimeout(2999);
    assert.equal(sent.length, 0);
    for (const at of [3000, 4000]) agent.handleTimeout(at);
    const messages = sent.map((datagram) => {
      const message = parseStun(datagram);
      assert.ok(message !== null && hasValidFingerprint(datagram, message));
      assert.equal(message.integrityOffset, -1);
      assert.equal(message.type, StunType.BindingIndication);
      return Buffer.from(message.transactionId).toString('hex');
    });
    assert.equal(new Set(messages).size, 2);
  });

  it('does not take its own interval for a sign that the peer is gone, nor for one that it is there', () => {
    const { agent, events, sent } = keptAlive(1000);
    agent.handleStun(0, check(), 0, home);
    for (const at of [1000, 2000]) agent.handleTimeout(at);
    assert.equal(agent.state, 'connected');
    assert.equal(agent.nextDeadline(), 2500);
    assert.equal(agent.deadlineReason, 'disconnect');
    for (const at of [2500, 3000, 4000]) agent.handleTimeout(at);
    assert.equal(events.at(-1), 'disconnected');
    assert.equal(sent.length, 4, 'also while disconnected');
    agent.handleTimeout(30_000);
    assert.equal(agent.state, 'failed');
    assert.equal(agent.nextDeadline(), Number.POSITIVE_INFINITY);
  });

  it('sends none unless told to', () => {
    const { agent, sent } = keptAlive(0);
    agent.handleStun(0, check(), 0, home);
    agent.handleTimeout(2499);
    assert.equal(agent.nextDeadline(), 2500);
    assert.equal(sent.length, 0);
  });
});
