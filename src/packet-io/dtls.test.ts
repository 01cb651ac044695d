import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  connectDtls,
  exchangeDtls,
  mutate,
  seededRandom,
  TestEndpoint,
} from '../../test/native/test-endpoint.ts';
import type { AddonPacketIo } from './addon-packet-io.ts';
import type { DtlsSession } from './packet-io.ts';

let endpoint: TestEndpoint;
let io: AddonPacketIo;

before(() => {
  endpoint = new TestEndpoint({ maxTransports: 4000 });
  io = endpoint.io;
});
after(() => endpoint.close());

function takeAll(session: DtlsSession): Uint8Array[] {
  const datagrams: Uint8Array[] = [];
  for (let datagram = session.takeDatagram(); datagram !== null; datagram = session.takeDatagram())
    datagrams.push(datagram);
  return datagrams;
}

/** Whether media keys of both sides fit: the one way to see them from outside. */
function assertConnected(client: DtlsSession, server: DtlsSession): void {
  assert.equal(client.state, 'connected', client.failure);
  assert.equal(server.state, 'connected', server.failure);
  assert.equal(client.srtpProfile, 'AEAD_AES_128_GCM');
  assert.equal(server.srtpProfile, 'AEAD_AES_128_GCM');
  assert.equal(client.peerFingerprint('sha-256'), io.localFingerprint('sha-256'));
  assert.equal(server.peerFingerprint('sha-512'), io.localFingerprint('sha-512'));
}

describe('DtlsSession', () => {
  it('connects with itself, keeps to its MTU, and then has no timer', () => {
    const client = io.createDtls('client');
    const server = io.createDtls('server');
    assert.equal(client.state, 'connecting');
    assert.equal(client.takeDatagram(), null);
    assert.equal(client.srtpProfile, null);
    assert.equal(client.peerFingerprint('sha-256'), null);
    client.start();
    const timeoutMs = client.nextTimeoutMs();
    assert.ok(timeoutMs > 0 && timeoutMs <= 250, `${timeoutMs}`);
    let largest = 0;
    exchangeDtls(client, server, (datagram) => {
      largest = Math.max(largest, datagram.length);
      return false;
    });
    assert.ok(largest <= 1200);
    assertConnected(client, server);
    assert.equal(client.nextTimeoutMs(), -1);
    assert.equal(server.nextTimeoutMs(), -1);
    client.free();
    server.free();
  });

  it('gives fingerprints in the form of SDP', () => {
    assert.match(io.localFingerprint('sha-256'), /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    assert.match(io.localFingerprint('sha-384'), /^([0-9A-F]{2}:){47}[0-9A-F]{2}$/);
    assert.match(io.localFingerprint('sha-512'), /^([0-9A-F]{2}:){63}[0-9A-F]{2}$/);
    const other = new TestEndpoint();
    assert.notEqual(other.io.localFingerprint('sha-256'), io.localFingerprint('sha-256'));
    other.close();
  });

  it('start does nothing for a server', () => {
    const server = io.createDtls('server');
    server.start();
    assert.equal(server.takeDatagram(), null);
    assert.equal(server.nextTimeoutMs(), -1);
    server.free();
  });

  it('tells the other side that it closes', () => {
    for (const closer of [0, 1]) {
      const sessions = connectDtls(io, io);
      sessions[closer].close();
      assert.equal(sessions[closer].state, 'closed');
      exchangeDtls(...sessions);
      assert.equal(sessions[1 - closer].state, 'closed');
      for (const session of sessions) session.free();
    }
  });

  it('carries application data both ways, up to what its MTU allows', () => {
    const [client, server] = connectDtls(io, io);
    for (const bytes of [1, 37, 1163]) {
      const sent = Buffer.from(Array.from({ length: bytes }, (_, index) => index & 0xff));
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        assert.equal(from.sendApplicationData(sent), true);
        let largest = 0;
        exchangeDtls(client, server, (datagram) => {
          largest = Math.max(largest, datagram.length);
          return false;
        });
        assert.equal(largest, bytes + 37);
        assert.deepEqual(to.takeApplicationData(), sent);
        assert.equal(to.takeApplicationData(), null);
      }
    }
    for (const bytes of [0, 1164, 100_000])
      assert.equal(client.sendApplicationData(Buffer.alloc(bytes)), false);
    assertConnected(client, server);
    client.close();
    assert.equal(client.sendApplicationData(Buffer.alloc(1)), false);
    for (const session of [client, server]) session.free();
  });

  it('refuses application data before it is connected', () => {
    const client = io.createDtls('client');
    client.start();
    assert.equal(client.sendApplicationData(Buffer.of(1)), false);
    assert.equal(client.takeApplicationData(), null);
    client.free();
  });

  it('keeps the order of application data, and no more of it than 64 pieces', () => {
    const [client, server] = connectDtls(io, io);
    for (let number = 0; number < 100; number++) {
      client.sendApplicationData(Buffer.of(number));
      exchangeDtls(client, server);
    }
    for (let number = 0; number < 64; number++)
      assert.deepEqual(server.takeApplicationData(), Buffer.of(number));
    assert.equal(server.takeApplicationData(), null);
    client.sendApplicationData(Buffer.of(255));
    exchangeDtls(client, server);
    assert.deepEqual(server.takeApplicationData(), Buffer.of(255));
    for (const session of [client, server]) session.free();
  });

  it('loses what 64 outgoing datagrams leave no room for', () => {
    const [client, server] = connectDtls(io, io);
    for (let number = 0; number < 100; number++) client.sendApplicationData(Buffer.of(number));
    assert.equal(takeAll(client).length, 64);
    for (const session of [client, server]) session.free();
  });

  it('application data that comes again or changed is lost without harm', () => {
    const [client, server] = connectDtls(io, io);
    const random = seededRandom(5);
    client.sendApplicationData(Buffer.from('once'));
    const [datagram] = takeAll(client);
    for (let round = 0; round < 2000; round++) server.receive(mutate(datagram, random));
    server.receive(datagram);
    server.receive(datagram);
    const pieces = [];
    for (let piece = server.takeApplicationData(); piece !== null; piece = server.takeApplicationData())
      pieces.push(piece.toString());
    // A change after the record's end leaves it whole.
    assert.ok(pieces.length === 1 && pieces[0] === 'once', `${pieces}`);
    assertConnected(client, server);
    for (const session of [client, server]) session.free();
  });

  it('close before connected only ends it', () => {
    const client = io.createDtls('client');
    client.start();
    takeAll(client);
    client.close();
    assert.equal(client.state, 'closed');
    assert.equal(client.takeDatagram(), null);
    assert.equal(client.nextTimeoutMs(), -1);
    client.receive(Buffer.of(22, 254, 253));
    client.handleTimeout();
    client.free();
  });

  it('two clients or two servers do not connect, and do not harm each other', () => {
    for (const role of ['client', 'server'] as const) {
      const a = io.createDtls(role);
      const b = io.createDtls(role);
      a.start();
      b.start();
      exchangeDtls(a, b);
      assert.notEqual(a.state, 'connected');
      a.free();
      b.free();
    }
  });

  it('a repeated last flight is a replay and does no harm', () => {
    const client = io.createDtls('client');
    const server = io.createDtls('server');
    client.start();
    for (const datagram of takeAll(client)) server.receive(datagram);
    for (const datagram of takeAll(server)) client.receive(datagram);
    const last = takeAll(client);
    for (const datagram of last) server.receive(datagram);
    assert.equal(server.state, 'connected');
    const finished = takeAll(server);
    assert.ok(finished.length > 0);
    for (const datagram of last) server.receive(datagram);
    assert.equal(server.state, 'connected');
    assert.equal(client.state, 'connecting');
    for (const datagram of finished) client.receive(datagram);
    assertConnected(client, server);
    client.free();
    server.free();
  });

  it('connects although a third of all datagrams is lost', async () => {
    const random = seededRandom(7);
    await Promise.all(
      Array.from({ length: 12 }, async () => {
        const client = io.createDtls('client');
        const server = io.createDtls('server');
        const lose = () => random() % 3 === 0;
        client.start();
        const deadline = performance.now() + 60_000;
        while (client.state !== 'connected' || server.state !== 'connected') {
          exchangeDtls(client, server, lose);
          assert.notEqual(client.state, 'failed', client.failure);
          assert.notEqual(server.state, 'failed', server.failure);
          assert.ok(performance.now() < deadline);
          const timers = [client, server].map((session) => session.nextTimeoutMs()).filter((ms) => ms >= 0);
          if (timers.length === 0) continue;
          await delay(Math.min(...timers));
          client.handleTimeout();
          server.handleTimeout();
        }
        assertConnected(client, server);
        client.free();
        server.free();
      }),
    );
  });

  it('a timeout that is not due does nothing', () => {
    const client = io.createDtls('client');
    client.start();
    assert.ok(takeAll(client).length > 0);
    client.handleTimeout();
    assert.equal(client.takeDatagram(), null);
    client.free();
  });

  it('refuses a handshake message beyond any certificate', () => {
    const server = io.createDtls('server');
    // ClientHello fragment 0 of 10 bytes, of a message that says it has 16 MB.
    const record = Buffer.alloc(13 + 12 + 10);
    record.set([22, 254, 253]);
    record.writeUInt16BE(12 + 10, 11);
    record.set([1, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 10], 13);
    server.receive(record);
    takeAll(server);
    assert.notEqual(server.state, 'connected');
    server.free();
  });

  it('ignores datagrams longer than a slot and empty ones', () => {
    const client = io.createDtls('client');
    const server = io.createDtls('server');
    client.start();
    server.receive(Buffer.alloc(0));
    server.receive(Buffer.alloc(100_000, 22));
    exchangeDtls(client, server);
    assertConnected(client, server);
    client.free();
    server.free();
  });

  it('a connected session survives 10 000 changed datagrams', () => {
    const recorded: Uint8Array[] = [];
    const client = io.createDtls('client');
    const server = io.createDtls('server');
    client.start();
    exchangeDtls(client, server, (datagram) => {
      recorded.push(datagram);
      return false;
    });
    const another = connectDtls(io, io);
    another[0].close();
    recorded.push(...takeAll(another[0]));
    const random = seededRandom(20260101);
    for (let i = 0; i < 10_000; i++) {
      const datagram = mutate(recorded[random() % recorded.length], random);
      for (const session of [client, server]) {
        session.receive(datagram);
        takeAll(session);
      }
    }
    assertConnected(client, server);
    client.close();
    exchangeDtls(client, server);
    assert.equal(server.state, 'closed');
    for (const session of [client, server, ...another]) session.free();
  });

  it('a session in its handshake takes any changed datagram without harm to others', () => {
    const random = seededRandom(99);
    let connected = 0;
    for (let i = 0; i < 400; i++) {
      const client = io.createDtls('client');
      const server = io.createDtls('server');
      client.start();
      const sessions = [client, server];
      for (let round = 0; round < 4; round++)
        for (const [n, from] of sessions.entries())
          for (const datagram of takeAll(from))
            sessions[1 - n].receive(random() % 4 === 0 ? mutate(datagram, random) : datagram);
      if (client.state === 'connected') connected++;
      if (client.state === 'failed') assert.notEqual(client.failure, '');
      client.free();
      server.free();
    }
    assert.ok(connected > 20 && connected < 400, `${connected}`);
    const [client, server] = connectDtls(io, io);
    assertConnected(client, server);
    client.free();
    server.free();
  });
});
