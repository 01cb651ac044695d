import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { connectDtls, makeRtp, openSecuredPair, TestEndpoint } from '../../test/native/test-endpoint.ts';
import { openPacketIo } from './addon.ts';
import { batchSize, PacketKind, slotBytes } from './layout.ts';
import { findAddon } from './load-addon.ts';

const addonModule = fileURLToPath(new URL('./addon.ts', import.meta.url));
const ping = Buffer.of(0, 1, 0, 0);

/** Runs a module of its own with openPacketIo in scope, and returns how the process ended. */
async function runScript(body: string): Promise<{ code: number | null; output: string }> {
  const source = `import { openPacketIo } from ${JSON.stringify(addonModule)};\n${body}`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', source], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (data) => {
    output += data;
  });
  child.stderr.on('data', (data) => {
    output += data;
  });
  const [code] = await once(child, 'close');
  return { code, output };
}

describe('batches', () => {
  it('timers fire during a flood', async () => {
    const endpoint = new TestEndpoint({ gso: false });
    const { socket, address } = endpoint.open();
    let running = true;
    let turns = 0;
    // Each batch causes the next one, so that the socket never runs dry.
    const flood = () => {
      endpoint.received.length = 0;
      if (running) for (let i = 0; i < 300; i++) endpoint.io.sendTo(socket, address, ping);
    };
    endpoint.onBatch = flood;
    flood();
    await new Promise<void>((resolve) => {
      const again = () => {
        if (++turns === 20) resolve();
        else setTimeout(again, 1);
      };
      setTimeout(again, 1);
    });
    await new Promise((resolve) => setImmediate(resolve));
    running = false;
    assert.ok(endpoint.io.counters.datagramsReceived > batchSize);
    endpoint.close();
  });

  it('hands over at most a batch at once, and no datagram twice', async () => {
    const endpoint = new TestEndpoint();
    const { socket, address } = endpoint.open();
    const sizes: number[] = [];
    endpoint.onBatch = (count) => sizes.push(count);
    for (let i = 0; i < 1000; i++) endpoint.io.sendTo(socket, address, Buffer.of(0, i >> 8, i));
    await endpoint.untilReceived(1000);
    assert.ok(Math.max(...sizes) <= batchSize);
    assert.deepEqual(
      endpoint.received.map(({ bytes }) => (bytes[1] << 8) | bytes[2]),
      Array.from({ length: 1000 }, (_, i) => i),
    );
    endpoint.close();
  });

  it('RTP takes ring slots in turn and stays readable until its slot comes round', async () => {
    const slotCount = 1024;
    const { a, b, toB } = openSecuredPair({ slotCount });
    const total = 3000;
    for (let i = 0; i < total; ) {
      for (let n = 0; n < 100; n++, i++) a.queue(PacketKind.Rtp, toB, makeRtp(i, 20));
      a.flush();
      await b.untilReceived(i);
    }
    assert.deepEqual(
      b.received.map(({ packetNumber }) => packetNumber),
      Array.from({ length: total }, (_, i) => i),
    );
    for (let n = total - slotCount + batchSize + 1; n < total; n++) {
      const at = (n % slotCount) * slotBytes;
      assert.deepEqual(Buffer.from(b.io.arena.subarray(at, at + 32)), makeRtp(n, 20));
    }
    a.close();
    b.close();
  });

  it('an exception of the handler is an uncaught one, and receiving goes on', async () => {
    const { code, output } = await runScript(`
      const io = openPacketIo({ slotCount: 1024, maxTransports: 1 });
      const { socket, port } = io.openSocket('127.0.0.1', 0);
      const self = { family: 4, address: '127.0.0.1', port };
      let batches = 0;
      process.on('uncaughtException', (error) => {
        console.log('caught', error.message);
        io.sendTo(socket, self, Buffer.of(0, 2));
      });
      io.start(() => {
        if (++batches === 1) throw new Error('first batch');
        console.log('second batch');
        io.close();
      });
      io.sendTo(socket, self, Buffer.of(0, 1));
    `);
    assert.equal(output, 'caught first batch\nsecond batch\n');
    assert.equal(code, 0);
  });

  it('an exception nobody catches ends the process as usual', async () => {
    const { code, output } = await runScript(`
      const io = openPacketIo({ slotCount: 1024, maxTransports: 1 });
      const { socket, port } = io.openSocket('127.0.0.1', 0);
      io.start(() => { throw new Error('a bug above'); });
      io.sendTo(socket, { family: 4, address: '127.0.0.1', port }, Buffer.of(0, 1));
    `);
    assert.match(output, /a bug above/);
    assert.equal(code, 1);
  });
});

describe('closing', () => {
  it('a closed PacketIo refuses everything, and closing again does nothing', () => {
    const endpoint = new TestEndpoint();
    const { socket, address } = endpoint.open();
    const transport = endpoint.connect(socket, address);
    endpoint.close();
    endpoint.close();
    const { io } = endpoint;
    for (const call of [
      () => io.openSocket('127.0.0.1', 0),
      () => io.createTransport(),
      () => io.sendTo(socket, address, ping),
      () => io.sendRaw(transport, ping),
      () => io.flush(0),
      () => io.createDtls('client'),
      () => io.closeTransport(transport),
      () => io.start(() => {}),
    ])
      assert.throws(call, { code: 'ERR_CLOSED' });
    assert.equal(io.counters.datagramsReceived, 0);
    assert.equal(typeof io.features.gso, 'boolean');
    assert.equal(io.arena.length, (io.slotCount + batchSize) * slotBytes);
  });

  it('the handler may close its socket, another one, and everything', async () => {
    for (const closing of ['own', 'other', 'reopen', 'all'] as const) {
      const endpoint = new TestEndpoint();
      const first = endpoint.open();
      const second = endpoint.open();
      for (let i = 0; i < 600; i++) endpoint.io.sendTo(first.socket, first.address, ping);
      endpoint.io.sendTo(first.socket, second.address, ping);
      let batches = 0;
      endpoint.onBatch = () => {
        if (batches++ > 0) return;
        if (closing === 'all') return endpoint.close();
        endpoint.io.closeSocket(closing === 'other' ? second.socket : first.socket);
        if (closing === 'reopen') endpoint.open();
      };
      await endpoint.untilReceived(1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (closing === 'all') assert.equal(batches, 1);
      endpoint.close();
    }
  });

  it('transports of a closed socket send nothing, and their addresses are nobody’s', async () => {
    const { a, b, toB, socketOfA, addressOfB } = openSecuredPair();
    a.io.closeSocket(socketOfA);
    a.queue(PacketKind.Rtp, toB, makeRtp(1, 10));
    a.flush();
    assert.equal(a.io.counters.sendErrors, 1);
    assert.throws(() => a.io.sendRaw(toB, ping), { code: 'ERR_NO_REMOTE_ADDRESS' });
    const again = a.open();
    assert.equal(again.socket, socketOfA, 'the number is given out again');
    b.io.sendTo(0, again.address, ping);
    await a.untilReceived(1);
    assert.equal(a.received[0].transport, -1);
    a.io.setRemoteAddress(toB, again.socket, addressOfB);
    a.queue(PacketKind.Stun, toB, ping);
    a.flush();
    await b.untilReceived(1);
    a.close();
    b.close();
  });

  it('closing with a backlog, and sessions outliving their PacketIo', () => {
    const { a, b, toB } = openSecuredPair();
    a.io.injectSendFault('EAGAIN', 10);
    a.queue(PacketKind.Rtp, toB, makeRtp(1, 10));
    a.flush();
    const [client, server] = connectDtls(a.io, b.io);
    a.close();
    b.close();
    client.close();
    assert.ok(client.takeDatagram());
    server.free();
    server.free();
    assert.throws(() => server.state, /freed/);
    assert.throws(() => server.receive(ping), /freed/);
  });

  it('a process ends by itself once its sockets are closed, or at process.exit()', async () => {
    const open = `
      const io = openPacketIo({ slotCount: 1024, maxTransports: 1 });
      io.openSocket('127.0.0.1', 0);
      io.start(() => {});
      io.createDtls('client').start();
    `;
    assert.deepEqual(await runScript(`${open} io.close();`), { code: 0, output: '' });
    assert.deepEqual(await runScript(`${open} process.exit(3);`), { code: 3, output: '' });
    assert.deepEqual(await runScript(`${open} io.closeSocket(0);`), { code: 0, output: '' });
  });

  it('works in a worker, and is cleaned up when that is terminated', async () => {
    const code = `
      const { parentPort, workerData } = require('node:worker_threads');
      const { PacketIo } = require(workerData);
      const io = new PacketIo(1024, 1, true, 65536, 0);
      const socket = io.openSocket('127.0.0.1', 0);
      io.start(() => parentPort.postMessage('received'));
      io.sendTo(socket, '127.0.0.1', io.socketPort(socket), Buffer.of(0, 1));
    `;
    const worker = new Worker(code, { eval: true, workerData: findAddon() });
    const [message] = await once(worker, 'message');
    assert.equal(message, 'received');
    await worker.terminate();
  });

  it('many opened and dropped without closing are collected', () => {
    for (let i = 0; i < 200; i++) openPacketIo({ slotCount: 512, maxTransports: 1 });
  });
});
