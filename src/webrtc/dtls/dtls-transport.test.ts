import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DtlsSession } from '../../packet-io/packet-io.ts';
import { type DtlsState, DtlsTransport } from './dtls-transport.ts';

/** A session that does as the test says. */
class FakeSession implements DtlsSession {
  state: DtlsSession['state'] = 'connecting';
  failure = '';
  srtpProfile: DtlsSession['srtpProfile'] = 'AEAD_AES_128_GCM';
  timeoutMs = -1;
  readonly calls: string[] = [];
  start(): void {
    this.calls.push('start');
  }
  receive(): void {
    this.calls.push('receive');
  }
  takeDatagram(): null {
    return null;
  }
  sendApplicationData(): boolean {
    return this.state === 'connected';
  }
  takeApplicationData(): null {
    return null;
  }
  nextTimeoutMs(): number {
    return this.timeoutMs;
  }
  handleTimeout(): void {
    this.calls.push('timeout');
  }
  peerFingerprint(): string {
    return 'AA';
  }
  close(): void {
    this.calls.push('close');
  }
  free(): void {
    this.calls.push('free');
  }
}

function transport(role: 'client' | 'server', value = 'AA') {
  const session = new FakeSession();
  const states: DtlsState[] = [];
  let sessions = 0;
  const createDtls = () => {
    sessions++;
    return session;
  };
  const io = { createDtls, sendRaw() {}, installSrtp: () => session.calls.push('install') };
  const dtls = new DtlsTransport(io, 1, {
    role,
    fingerprints: [{ algorithm: 'sha-256', value }],
    handshakeTimeoutMs: 10_000,
    onStateChange: (state) => states.push(state),
  });
  return { dtls, session, states, sessions: () => sessions };
}

describe('the time a handshake may take', () => {
  it('a server does not wait for ever for a client that has a path and says nothing', () => {
    const { dtls, states } = transport('server');
    assert.equal(dtls.nextDeadline(), Number.POSITIVE_INFINITY);
    dtls.pathReady(5000);
    assert.equal(dtls.nextDeadline(), 15_000);
    // Another path gives no more time.
    dtls.pathReady(9000);
    dtls.handleTimeout(14_999);
    assert.deepEqual(states, []);
    dtls.handleTimeout(15_000);
    assert.deepEqual(states, ['failed']);
    assert.equal(dtls.failure, 'dtls-timeout');
    assert.equal(dtls.nextDeadline(), Number.POSITIVE_INFINITY);
  });

  it('flights are repeated until then', () => {
    const { dtls, session } = transport('client');
    session.timeoutMs = 250;
    dtls.pathReady(0);
    assert.equal(dtls.nextDeadline(), 250);
    dtls.handleTimeout(250);
    assert.deepEqual(session.calls, ['start', 'timeout']);
    assert.equal(dtls.nextDeadline(), 500);
    session.timeoutMs = 20_000;
    dtls.handleTimeout(500);
    assert.equal(dtls.nextDeadline(), 10_000);
  });

  it('ends with the handshake', () => {
    const { dtls, session, states } = transport('server');
    dtls.pathReady(0);
    session.state = 'connected';
    dtls.receive(new Uint8Array(1), 100);
    assert.deepEqual(states, ['connected']);
    assert.equal(dtls.nextDeadline(), Number.POSITIVE_INFINITY);
  });

  it('is no more of interest once closed', () => {
    const { dtls, session } = transport('server');
    dtls.pathReady(0);
    dtls.receive(new Uint8Array(1), 0);
    dtls.close();
    dtls.handleTimeout(20_000);
    assert.equal(dtls.nextDeadline(), Number.POSITIVE_INFINITY);
    assert.deepEqual(session.calls, ['receive', 'free']);
  });
});

it('has no session until the first datagram comes or goes', () => {
  const never = transport('server');
  never.dtls.pathReady(0);
  never.dtls.handleTimeout(20_000);
  never.dtls.close();
  assert.equal(never.sessions(), 0);
  const client = transport('client');
  assert.equal(client.sessions(), 0);
  client.dtls.pathReady(0);
  client.dtls.receive(new Uint8Array(1), 0);
  client.dtls.close();
  client.dtls.receive(new Uint8Array(1), 0);
  assert.equal(client.sessions(), 1);
});

it('a certificate of another fingerprint installs no keys', () => {
  const { dtls, session, states } = transport('server', 'BB');
  session.state = 'connected';
  dtls.receive(new Uint8Array(1), 0);
  assert.deepEqual(states, ['failed']);
  assert.equal(dtls.failure, 'fingerprint-mismatch');
  assert.ok(!session.calls.includes('install'));
});
