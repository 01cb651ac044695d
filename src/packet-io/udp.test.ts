import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeRtcp, makeRtp, openSecuredPair, TestEndpoint } from '../../test/native/test-endpoint.ts';
import { PacketKind, slotBytes } from './layout.ts';

const stun = (bytes: number, fill = 0): Buffer => {
  const datagram = Buffer.alloc(bytes, fill);
  datagram[0] = 0;
  return datagram;
};

describe('UDP sockets', () => {
  it('names address and port when the port is taken', () => {
    const endpoint = new TestEndpoint();
    const { address } = endpoint.open();
    assert.throws(
      () => endpoint.io.openSocket('127.0.0.1', address.port),
      (error: NodeJS.ErrnoException) =>
        error.code === 'EADDRINUSE' && error.message.includes(`127.0.0.1:${address.port}`),
    );
    endpoint.close();
  });

  it('names an address that is not here, and one that is none', () => {
    const endpoint = new TestEndpoint();
    assert.throws(
      () => endpoint.io.openSocket('192.0.2.1', 0),
      (error: NodeJS.ErrnoException) =>
        error.code === 'EADDRNOTAVAIL' && error.message.includes('192.0.2.1:0'),
    );
    assert.throws(() => endpoint.io.openSocket('localhost', 0), { code: 'ERR_INVALID_ADDRESS' });
    assert.throws(() => endpoint.io.openSocket('127.0.0.1', 65536), { code: 'ERR_INVALID_ADDRESS' });
    endpoint.close();
  });

  it('has a limit of sockets', () => {
    const endpoint = new TestEndpoint({ socketBufferBytes: 4096 });
    for (let i = 0; i < 1024; i++) endpoint.open();
    assert.throws(() => endpoint.open(), { code: 'EMFILE' });
    endpoint.close();
  });

  it('keeps IPv4 and IPv6 of one port apart', async () => {
    const endpoint = new TestEndpoint();
    const six = endpoint.io.openSocket('::', 0);
    const four = endpoint.io.openSocket('0.0.0.0', six.port);
    const other = new TestEndpoint();
    const from4 = other.open('127.0.0.1');
    const from6 = other.open('::1');
    other.io.sendTo(from4.socket, { family: 4, address: '127.0.0.1', port: six.port }, stun(20));
    other.io.sendTo(from6.socket, { family: 6, address: '::1', port: six.port }, stun(20));
    await endpoint.untilReceived(2);
    const bySocket = new Map(endpoint.received.map((packet) => [packet.socket, packet.from]));
    assert.deepEqual(bySocket.get(four.socket), from4.address);
    assert.deepEqual(bySocket.get(six.socket), from6.address);
    endpoint.close();
    other.close();
  });
});

describe('datagrams from addresses nobody has claimed', () => {
  it('delivers STUN and DTLS, drops and counts the rest', async () => {
    const endpoint = new TestEndpoint();
    const here = endpoint.open();
    const other = new TestEndpoint();
    const there = other.open();
    const send = (datagram: Uint8Array) => other.io.sendTo(there.socket, here.address, datagram);
    send(makeRtp(1, 100));
    send(makeRtcp());
    send(Buffer.of(200, 1, 2, 3));
    send(Buffer.of(64, 1, 2, 3));
    send(Buffer.of(128));
    send(Buffer.alloc(0));
    send(stun(slotBytes + 1));
    send(Buffer.of(22, 254, 253));
    send(stun(slotBytes));
    await endpoint.untilReceived(2);
    assert.deepEqual(
      endpoint.received.map(({ kind, transport, bytes }) => [kind, transport, bytes.length]),
      [
        [PacketKind.Dtls, -1, 3],
        [PacketKind.Stun, -1, slotBytes],
      ],
    );
    assert.deepEqual(endpoint.received[0].from, there.address);
    const { counters } = endpoint.io;
    assert.equal(counters.droppedUnknownAddress, 2);
    assert.equal(counters.droppedUnknownKind, 4);
    assert.equal(counters.droppedOversize, 1);
    assert.equal(counters.datagramsReceived, 9);
    endpoint.close();
    other.close();
  });

  it('counts media of a transport without keys', async () => {
    const endpoint = new TestEndpoint();
    const here = endpoint.open();
    const other = new TestEndpoint();
    const there = other.open();
    const transport = endpoint.connect(here.socket, there.address);
    other.io.sendTo(there.socket, here.address, makeRtp(1, 100));
    other.io.sendTo(there.socket, here.address, stun(20));
    await endpoint.untilReceived(1);
    assert.equal(endpoint.received[0].transport, transport);
    assert.equal(endpoint.io.counters.droppedNoKeys, 1);
    endpoint.close();
    other.close();
  });
});

describe('arrival times', () => {
  it('are on the clock of nowMicros and in order', async () => {
    const endpoint = new TestEndpoint();
    const here = endpoint.open();
    const before = endpoint.io.nowMicros();
    for (let i = 0; i < 20; i++) endpoint.io.sendTo(here.socket, here.address, stun(20, i));
    const after = endpoint.io.nowMicros();
    await endpoint.untilReceived(20);
    let last = before;
    for (const { arrivalMicros } of endpoint.received) {
      // Clocks are compared to a microsecond or so; a tenth of a millisecond leaves room for a busy machine.
      assert.ok(
        arrivalMicros >= last - 100 && arrivalMicros <= after + 1000,
        `${arrivalMicros} after ${last}`,
      );
      last = arrivalMicros;
    }
    endpoint.close();
  });
});

describe('sending', () => {
  for (const gso of [true, false]) {
    for (const address of ['127.0.0.1', '::1']) {
      it(`delivers any sizes in order, gso ${gso}, ${address}`, async () => {
        const { a, b, toB, toA } = openSecuredPair({ gso }, address);
        const sizes: number[] = [];
        for (let i = 0; i < 150; i++) sizes.push(1100); // more than one GSO message
        for (let i = 0; i < 30; i++) sizes.push(i % 3 === 0 ? 400 : 900);
        for (let i = 0; i < 40; i++) sizes.push(1200 - i);
        for (let i = 0; i < 40; i++) sizes.push(1000 + i);
        sizes.push(0, 1, 1400);
        const packets = sizes.map((size, i) => makeRtp(i, size));
        for (const packet of packets) a.queue(PacketKind.Rtp, toB, packet);
        a.flush();
        await b.untilReceived(packets.length);
        assert.deepEqual(
          b.received.map(({ bytes }) => bytes),
          packets,
        );
        assert.deepEqual(
          b.received.map(({ packetNumber }) => packetNumber),
          packets.map((_, i) => i),
        );
        assert.ok(b.received.every(({ transport, kind }) => transport === toA && kind === PacketKind.Rtp));
        const { counters } = a.io;
        assert.equal(counters.datagramsSent, packets.length);
        assert.equal(counters.bytesSent, b.io.counters.bytesReceived);
        if (gso && a.io.features.gso) assert.ok(counters.gsoSegmentsSent > 150);
        else assert.equal(counters.gsoSegmentsSent, 0);
        a.close();
        b.close();
      });
    }
  }

  it('joins prefix and body, and protects each kind as it is', async () => {
    const { a, b, toB } = openSecuredPair();
    const rtp = makeRtp(1, 500);
    const rtcp = makeRtcp(64);
    a.io.arena.set(rtp.subarray(20), 5 * slotBytes);
    a.queueWithBody(PacketKind.Rtp, toB, rtp.subarray(0, 20), 5 * slotBytes, rtp.length - 20);
    a.queue(PacketKind.Rtcp, toB, rtcp);
    a.queue(PacketKind.Stun, toB, stun(40, 3));
    a.queue(PacketKind.Dtls, toB, Buffer.from([22, 1, 2]));
    a.flush();
    await b.untilReceived(4);
    assert.deepEqual(
      b.received.map(({ kind, bytes }) => [kind, bytes]),
      [
        [PacketKind.Rtp, rtp],
        [PacketKind.Rtcp, rtcp],
        [PacketKind.Stun, stun(40, 3)],
        [PacketKind.Dtls, Buffer.from([22, 1, 2])],
      ],
    );
    a.close();
    b.close();
  });

  it('sends to many transports from one flush, each in order', async () => {
    const a = new TestEndpoint();
    const at = a.open();
    const b = new TestEndpoint();
    const sockets = Array.from({ length: 20 }, () => b.open());
    const transports = sockets.map(({ address }) => a.connect(at.socket, address));
    for (let i = 0; i < 30; i++)
      for (const [n, transport] of transports.entries())
        a.queue(PacketKind.Stun, transport, Buffer.from([0, n, i]));
    a.flush();
    await b.untilReceived(600);
    for (const [n, { socket }] of sockets.entries())
      assert.deepEqual(
        b.received.filter((packet) => packet.socket === socket).map(({ bytes }) => [...bytes]),
        Array.from({ length: 30 }, (_, i) => [0, n, i]),
      );
    a.close();
    b.close();
  });

  it('skips and counts records that make no sense, and sends the rest', async () => {
    const { a, b, toB } = openSecuredPair();
    const at = a.open();
    const noAddress = a.io.createTransport();
    const noKeys = a.connect(at.socket, at.address);
    a.queue(PacketKind.Rtp, 999, makeRtp(1, 10));
    a.queue(PacketKind.Rtp, -1, makeRtp(1, 10));
    a.queue(PacketKind.Rtp, noAddress, makeRtp(1, 10));
    a.queue(PacketKind.Rtp, noKeys, makeRtp(1, 10));
    a.queue(PacketKind.Rtp, toB, Buffer.of(0x80, 1, 2));
    a.queue(PacketKind.Rtcp, toB, Buffer.of(0x80, 200, 2));
    a.queue(PacketKind.Rtp, toB, Buffer.alloc(0));
    a.queueWithBody(PacketKind.Rtp, toB, makeRtp(1, 0), a.io.arena.length - 10, 11);
    a.queueWithBody(PacketKind.Rtp, toB, makeRtp(1, 0), -5, 11);
    a.queueWithBody(PacketKind.Rtp, toB, makeRtp(1, 0), 0, -1);
    a.queueWithBody(PacketKind.Rtp, toB, makeRtp(1, 0), 0, 5000);
    a.queue(PacketKind.Rtp, toB, makeRtp(7, 10));
    a.flush();
    await b.untilReceived(1);
    assert.deepEqual(b.received[0].bytes, makeRtp(7, 10));
    assert.equal(a.io.counters.sendErrors, 3);
    assert.equal(a.io.counters.protectErrors, 8);
    assert.equal(a.io.counters.datagramsSent, 1);
    assert.throws(() => a.io.flush(100_000), { code: 'ERR_OUT_OF_RANGE' });
    a.close();
    b.close();
  });

  it('goes on after a peer that is gone', async () => {
    const { a, b, toB, socketOfA } = openSecuredPair();
    const gone = new TestEndpoint();
    const { address } = gone.open();
    gone.close();
    const toGone = a.connect(socketOfA, address);
    for (let i = 0; i < 10; i++) {
      a.queue(PacketKind.Stun, toGone, stun(30));
      a.queue(PacketKind.Rtp, toB, makeRtp(i, 10));
      a.flush();
      await b.untilReceived(i + 1);
    }
    a.close();
    b.close();
  });
});

describe('send failures', () => {
  it('GSO that fails loses nothing, and is given up after a few times', async () => {
    for (const error of ['EINVAL', 'EIO', 'EMSGSIZE']) {
      const { a, b, toB } = openSecuredPair();
      if (!a.io.features.gso) return a.close();
      let sent = 0;
      a.io.injectSendFault(error, 1);
      for (let round = 0; round < 3; round++) {
        for (let i = 0; i < 40; i++) a.queue(PacketKind.Rtp, toB, makeRtp(sent++, 1000));
        a.flush();
      }
      await b.untilReceived(sent);
      assert.deepEqual(
        b.received.map(({ bytes }) => bytes.readUInt16BE(2)),
        Array.from({ length: sent }, (_, i) => i),
      );
      assert.equal(a.io.counters.gsoSegmentsSent, 0);
      assert.equal(a.io.counters.sendErrors, 0);
      assert.equal(a.io.features.gso, error !== 'EIO');
      a.close();
      b.close();
    }
  });

  it('a new remote address gets GSO again after EINVAL on an old path', async () => {
    const { a, b, toB, socketOfA, addressOfB } = openSecuredPair();
    if (!a.io.features.gso) return a.close();
    a.io.injectSendFault('EINVAL', 1);
    for (let i = 0; i < 4; i++) a.queue(PacketKind.Rtp, toB, makeRtp(i, 100));
    a.flush();
    a.io.setRemoteAddress(toB, socketOfA, addressOfB);
    for (let i = 4; i < 8; i++) a.queue(PacketKind.Rtp, toB, makeRtp(i, 100));
    a.flush();
    await b.untilReceived(8);
    assert.equal(a.io.counters.gsoSegmentsSent, 4);
    a.close();
    b.close();
  });

  it('a full socket buffer delays and does not reorder', async () => {
    const { a, b, toB, socketOfA, addressOfB } = openSecuredPair();
    a.io.injectSendFault('EAGAIN', 3);
    for (let i = 0; i < 100; i++) a.queue(PacketKind.Rtp, toB, makeRtp(i, i % 2 === 0 ? 1000 : 900));
    a.flush();
    for (let i = 100; i < 150; i++) a.queue(PacketKind.Rtp, toB, makeRtp(i, 1000));
    a.flush();
    a.io.sendTo(socketOfA, addressOfB, stun(33));
    assert.equal(b.received.length, 0);
    await b.untilReceived(151);
    assert.deepEqual(
      b.received.slice(0, 150).map(({ bytes }) => bytes.readUInt16BE(2)),
      Array.from({ length: 150 }, (_, i) => i),
    );
    assert.equal(b.received[150].bytes.length, 33);
    assert.equal(a.io.counters.datagramsSent, 151);
    assert.ok(a.io.counters.sendWouldBlock >= 1);
    a.close();
    b.close();
  });

  it('the backlog is bounded, drops what is too much and counts it', async () => {
    const { a, b, toB } = openSecuredPair();
    a.io.injectSendFault('EAGAIN', 1_000_000);
    const total = 6000;
    for (let i = 0; i < total; ) {
      for (let n = 0; n < 500; n++, i++) a.queue(PacketKind.Stun, toB, stun(1000));
      a.flush();
    }
    const dropped = a.io.counters.sendDroppedBufferFull;
    assert.ok(dropped > 3500 && dropped < 4500, `${dropped}`);
    a.io.injectSendFault('EAGAIN', 0);
    await a.until(() => a.io.counters.datagramsSent === total - dropped);
    // Round and round the ring, with sizes that leave all sorts of ends.
    let queued = total - dropped;
    for (let round = 0; round < 60; round++) {
      a.io.injectSendFault('EAGAIN', 1);
      for (let i = 0; i < 100; i++, queued++) a.queue(PacketKind.Stun, toB, stun(1 + ((queued * 37) % 1400)));
      a.flush();
      await a.until(() => a.io.counters.datagramsSent === queued);
    }
    assert.equal(a.io.counters.sendDroppedBufferFull, dropped);
    a.close();
    b.close();
  });

  it('an error about one datagram costs only that one', async () => {
    for (const [error, counter] of [
      ['ENOBUFS', 'sendErrors'],
      ['EPERM', 'sendErrors'],
      ['EMSGSIZE', 'sendErrors'],
      ['ECONNREFUSED', 'connectionRefused'],
    ] as const) {
      const { a, b, toB } = openSecuredPair({ gso: false });
      a.io.injectSendFault(error, 1);
      for (let i = 0; i < 10; i++) a.queue(PacketKind.Rtp, toB, makeRtp(i, 100));
      a.flush();
      await b.untilReceived(9);
      assert.equal(a.io.counters[counter], 1);
      assert.equal(b.received[0].bytes.readUInt16BE(2), 1);
      a.close();
      b.close();
    }
  });
});
