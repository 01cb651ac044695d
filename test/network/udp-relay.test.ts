import assert from 'node:assert/strict';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { afterEach, describe, it } from 'node:test';
import { UdpRelay, type UdpRelayOptions } from './udp-relay.ts';

const sockets: Socket[] = [];
let relay: UdpRelay | null = null;

afterEach(async () => {
  await relay?.close();
  relay = null;
  for (const socket of sockets.splice(0)) socket.close();
});

async function open(): Promise<Socket> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

async function receive(socket: Socket): Promise<{ text: string; from: RemoteInfo }> {
  const [datagram, from] = (await once(socket, 'message')) as [Uint8Array, RemoteInfo];
  return { text: Buffer.from(datagram).toString(), from };
}

async function setUp(options: Partial<UdpRelayOptions> = {}): Promise<{ server: Socket; relay: UdpRelay }> {
  const server = await open();
  relay = await UdpRelay.start({ ...options, server: { address: '127.0.0.1', port: server.address().port } });
  return { server, relay };
}

/** Sends one datagram through the relay and answers it; returns the address the server saw. */
async function roundTrip(
  relay: UdpRelay,
  client: Socket,
  server: Socket,
  text: string,
  index = 0,
): Promise<number> {
  const address = relay.addresses[index];
  const atServer = receive(server);
  client.send(text, address.port, address.address);
  const { text: got, from } = await atServer;
  assert.equal(got, text);
  const atClient = receive(client);
  server.send(`re: ${text}`, from.port, from.address);
  const answer = await atClient;
  assert.equal(answer.text, `re: ${text}`);
  assert.equal(answer.from.port, address.port, 'the answer comes from where the client sent to');
  return from.port;
}

describe('UdpRelay', () => {
  it('relays both ways and keeps clients and ports apart', async () => {
    const { server, relay } = await setUp({ ports: 2 });
    const [one, other] = [await open(), await open()];
    const seen = [
      await roundTrip(relay, one, server, 'a'),
      await roundTrip(relay, other, server, 'b'),
      await roundTrip(relay, one, server, 'c', 1),
    ];
    assert.equal(new Set(seen).size, 3);
    assert.equal(await roundTrip(relay, one, server, 'd'), seen[0]);
    assert.equal(relay.statistics.clients, 3);
    assert.equal(relay.statistics.toServer.packetsOut, 4);
    assert.equal(relay.statistics.toClient.packetsOut, 4);
  });

  it('shows the server another address after rebind()', async () => {
    const { server, relay } = await setUp();
    const client = await open();
    const before = await roundTrip(relay, client, server, 'a');
    await relay.rebind();
    const after = await roundTrip(relay, client, server, 'b');
    assert.notEqual(after, before);
    assert.equal(relay.statistics.clients, 1);
  });

  it('delays', async () => {
    const { server, relay } = await setUp({ toServer: { delayMs: 20 }, toClient: { delayMs: 30 } });
    const client = await open();
    const start = performance.now();
    await roundTrip(relay, client, server, 'a');
    assert.ok(performance.now() - start >= 49, 'no timer fires much early');
  });

  it('changes the network while it runs', async () => {
    const { server, relay } = await setUp();
    const client = await open();
    relay.update({ toServer: { loss: { kind: 'uniform', probability: 1 } } });
    for (let index = 0; index < 5; index++) client.send('lost', relay.addresses[0].port, '127.0.0.1');
    while (relay.statistics.toServer.lost < 5) await new Promise(setImmediate);
    relay.update({ toServer: { loss: null } });
    await roundTrip(relay, client, server, 'a');
    assert.equal(relay.statistics.toServer.packetsIn, 6);
  });

  it('follows a schedule', async () => {
    const { server, relay } = await setUp({ toServer: { capacityBps: 0 } });
    const client = await open();
    relay.schedule({ toServer: [{ atMs: 20, parameters: { capacityBps: Number.POSITIVE_INFINITY } }] });
    await roundTrip(relay, client, server, 'after the outage');
  });

  it('takes nothing from strangers', async () => {
    const { server, relay } = await setUp();
    const [client, stranger] = [await open(), await open()];
    const upstreamPort = await roundTrip(relay, client, server, 'a');
    stranger.send('boo', upstreamPort, '127.0.0.1');
    while (relay.statistics.droppedStrangers === 0) await new Promise(setImmediate);
    assert.equal(relay.statistics.toClient.packetsIn, 1);
  });

  it('stays on loopback', async () => {
    await assert.rejects(UdpRelay.start({ server: { address: '192.0.2.1', port: 1 } }), RangeError);
  });
});
