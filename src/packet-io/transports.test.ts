import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connectDtls, makeRtp, seededRandom, TestEndpoint } from '../../test/native/test-endpoint.ts';
import { PacketKind } from './layout.ts';
import type { SocketAddress } from './packet-io.ts';

const ping = Buffer.of(0, 1);
const at = (port: number): SocketAddress => ({ family: 4, address: '127.0.0.1', port });

describe('transports', () => {
  it('have a limit, and ids come back after all others', () => {
    const endpoint = new TestEndpoint({ maxTransports: 3 });
    const ids = [endpoint.io.createTransport(), endpoint.io.createTransport(), endpoint.io.createTransport()];
    assert.deepEqual(ids, [0, 1, 2]);
    assert.throws(() => endpoint.io.createTransport(), { code: 'ERR_TRANSPORT_LIMIT' });
    endpoint.io.closeTransport(2);
    endpoint.io.closeTransport(0);
    assert.equal(endpoint.io.createTransport(), 2);
    assert.equal(endpoint.io.createTransport(), 0);
    assert.throws(() => endpoint.io.closeTransport(7), { code: 'ERR_NO_TRANSPORT' });
    assert.throws(() => endpoint.io.sendRaw(0, ping), { code: 'ERR_NO_REMOTE_ADDRESS' });
    endpoint.close();
  });

  it('accept their selected address and eight others, and forget the oldest', async () => {
    const endpoint = new TestEndpoint();
    const here = endpoint.open();
    const peers = new TestEndpoint();
    const sockets = Array.from({ length: 11 }, () => peers.open());
    const transport = endpoint.connect(here.socket, sockets[0].address);
    for (const { address } of sockets.slice(1)) endpoint.io.addRemoteAddress(transport, here.socket, address);
    for (const { socket } of sockets) peers.io.sendTo(socket, here.address, ping);
    await endpoint.untilReceived(11);
    const accepted = sockets.map(
      ({ address }) =>
        endpoint.received.find((packet) => packet.from.port === address.port)?.transport === transport,
    );
    assert.deepEqual(accepted, [true, false, false, ...Array.from({ length: 8 }, () => true)]);
    endpoint.close();
    peers.close();
  });

  it('the last to claim an address has it, and closing an earlier owner takes nothing away', async () => {
    const endpoint = new TestEndpoint();
    const here = endpoint.open();
    const peer = new TestEndpoint();
    const there = peer.open();
    const first = endpoint.connect(here.socket, there.address);
    const second = endpoint.connect(here.socket, there.address);
    peer.io.sendTo(there.socket, here.address, ping);
    await endpoint.untilReceived(1);
    endpoint.io.closeTransport(first);
    peer.io.sendTo(there.socket, here.address, ping);
    await endpoint.untilReceived(2);
    endpoint.io.closeTransport(second);
    peer.io.sendTo(there.socket, here.address, ping);
    await endpoint.untilReceived(3);
    assert.deepEqual(
      endpoint.received.map(({ transport }) => transport),
      [second, second, -1],
    );
    endpoint.close();
    peer.close();
  });

  it('follow a change of the selected address and still hear the old one', async () => {
    const endpoint = new TestEndpoint();
    const here = endpoint.open();
    const peers = new TestEndpoint();
    const [one, two] = [peers.open(), peers.open()];
    const transport = endpoint.connect(here.socket, one.address);
    endpoint.io.setRemoteAddress(transport, here.socket, two.address);
    endpoint.io.sendRaw(transport, ping);
    await peers.untilReceived(1);
    assert.equal(peers.received[0].socket, two.socket);
    peers.io.sendTo(one.socket, here.address, ping);
    await endpoint.untilReceived(1);
    assert.equal(endpoint.received[0].transport, transport);
    endpoint.close();
    peers.close();
  });

  it('find their addresses among thousands that come and go', async () => {
    const endpoint = new TestEndpoint({ maxTransports: 4000 });
    const here = endpoint.open();
    const peer = new TestEndpoint();
    const there = peer.open();
    const random = seededRandom(42);
    const open = new Map<number, number>(); // port → transport
    for (let i = 0; i < 20_000; i++) {
      const port = 1 + (random() % 3000);
      const owner = open.get(port);
      if (owner === undefined) open.set(port, endpoint.connect(here.socket, at(port)));
      else {
        endpoint.io.closeTransport(owner);
        open.delete(port);
      }
    }
    const owner = open.get(there.address.port) ?? endpoint.connect(here.socket, there.address);
    peer.io.sendTo(there.socket, here.address, ping);
    await endpoint.untilReceived(1);
    assert.equal(endpoint.received[0].transport, owner);
    endpoint.close();
    peer.close();
  });

  it('a transport closed with records waiting drops them; its successor gets none', async () => {
    const endpoint = new TestEndpoint({ maxTransports: 1 });
    const here = endpoint.open();
    const peer = new TestEndpoint();
    const there = peer.open();
    const transport = endpoint.connect(here.socket, there.address);
    const [client, server] = connectDtls(endpoint.io, peer.io);
    endpoint.io.installSrtp(transport, client);
    endpoint.queue(PacketKind.Rtp, transport, makeRtp(1, 10));
    endpoint.io.closeTransport(transport);
    assert.equal(endpoint.connect(here.socket, there.address), transport);
    endpoint.flush();
    assert.equal(endpoint.io.counters.protectErrors, 1, 'the successor has no keys');
    assert.equal(endpoint.io.counters.datagramsSent, 0);
    client.free();
    server.free();
    endpoint.close();
    peer.close();
  });
});

describe('arguments', () => {
  it('that are wrong are TypeErrors or named, never a crash', () => {
    const endpoint = new TestEndpoint();
    const { socket, address } = endpoint.open();
    const io = endpoint.io as unknown as Record<string, (...args: unknown[]) => unknown>;
    const bad: unknown[] = [
      undefined,
      null,
      'x',
      {},
      1.5,
      Number.NaN,
      2 ** 40,
      -1,
      new Float64Array(2),
      () => {},
    ];
    for (const method of [
      'closeSocket',
      'closeTransport',
      'flush',
      'createTransport',
      'installSrtp',
      'sendRaw',
    ])
      for (const first of bad)
        for (const second of bad) {
          if (method === 'createTransport') continue;
          assert.throws(() => io[method](first, second), `${method}(${String(first)}, ${String(second)})`);
        }
    for (const datagram of bad) assert.throws(() => io.sendTo(socket, address, datagram), TypeError);
    for (const wrong of bad)
      assert.throws(() => io.setRemoteAddress(0, wrong, { address: '127.0.0.1', port: 1 }));
    assert.throws(() => io.sendTo(socket, { address: '127.0.0.1', port: -1 }, ping));
    assert.throws(() => io.sendTo(socket, { address: '1.2.3', port: 1 }, ping), {
      code: 'ERR_INVALID_ADDRESS',
    });
    assert.throws(() => io.sendTo(socket, { address: 'fe80::1%nothing', port: 1 }, ping));
    assert.throws(() => io.localFingerprint('md5'), /unknown hash/);
    for (const slotCount of [0, 256, 1000, 2 ** 21, -1, 512.5])
      assert.throws(() => new TestEndpoint({ slotCount }));
    for (const maxTransports of [0, -1, 2 ** 21]) assert.throws(() => new TestEndpoint({ maxTransports }));
    endpoint.close();
  });
});
