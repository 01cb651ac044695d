import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { makeRtcp, makeRtp, mutate, seededRandom, TestEndpoint } from '../../test/native/test-endpoint.ts';
import { InboxField, inboxStride, PacketKind } from './layout.ts';
import type { SrtpProfile } from './packet-io.ts';

const profiles: Readonly<Record<SrtpProfile, number>> = {
  AEAD_AES_128_GCM: 28,
  AEAD_AES_256_GCM: 44,
  AES_CM_128_HMAC_SHA1_80: 30,
  AES_CM_128_HMAC_SHA1_32: 30,
  AES_256_CM_HMAC_SHA1_80: 46,
  AES_256_CM_HMAC_SHA1_32: 46,
};
const keyOf = (profile: SrtpProfile, first: number): Uint8Array =>
  Uint8Array.from({ length: profiles[profile] }, (_, i) => first + i);

/** A transport with sockets of its own for RTP and RTCP, and two strangers that may send to it. */
function openOwned() {
  const endpoint = new TestEndpoint();
  const rtp = endpoint.open();
  const rtcp = endpoint.open();
  const transport = endpoint.io.createTransport();
  endpoint.io.claimSocket(transport, rtp.socket);
  endpoint.io.claimSocket(transport, rtcp.socket);
  const peers = new TestEndpoint();
  const [one, two] = [peers.open(), peers.open()];
  const newSources: number[] = [];
  endpoint.onBatch = (count) => {
    for (let i = 0; i < count; i++)
      newSources.push(endpoint.io.inbox[i * inboxStride + InboxField.NewSource]);
  };
  return {
    endpoint,
    io: endpoint.io,
    peers,
    rtp,
    rtcp,
    transport,
    one,
    two,
    newSources,
    async handled(count: number): Promise<void> {
      await endpoint.until(() => endpoint.io.counters.datagramsReceived >= count);
    },
    close(): void {
      endpoint.close();
      peers.close();
    },
  };
}

describe('sockets of a transport alone', () => {
  it('take nothing, then anything, then what comes from one address', async () => {
    const { endpoint, io, peers, rtp, transport, one, two, newSources, handled, close } = openOwned();
    io.useUnprotected(transport);
    peers.io.sendTo(one.socket, rtp.address, makeRtp(1, 10));
    await handled(1);
    assert.equal(io.counters.droppedUnknownAddress, 1);
    io.acceptFrom(rtp.socket, 'anything');
    peers.io.sendTo(one.socket, rtp.address, makeRtp(2, 10));
    peers.io.sendTo(two.socket, rtp.address, makeRtp(3, 10));
    await handled(3);
    io.acceptFrom(rtp.socket, two.address);
    peers.io.sendTo(one.socket, rtp.address, makeRtp(4, 10));
    peers.io.sendTo(two.socket, rtp.address, makeRtp(5, 10));
    await handled(5);
    assert.equal(io.counters.droppedUnknownAddress, 2);
    assert.deepEqual(
      endpoint.received.map(({ bytes, from }) => [bytes.readUInt16BE(2), from.port]),
      [
        [2, one.address.port],
        [3, two.address.port],
        [5, two.address.port],
      ],
    );
    assert.deepEqual(newSources, [1, 1, 0]);
    assert.ok(endpoint.received.every((packet) => packet.transport === transport));
    io.acceptFrom(rtp.socket, 'nothing');
    peers.io.sendTo(two.socket, rtp.address, makeRtp(6, 10));
    await handled(6);
    assert.equal(endpoint.received.length, 3);
    close();
  });

  it('take neither STUN nor DTLS, nor what is no RTP', async () => {
    const { endpoint, io, peers, rtp, transport, one, handled, close } = openOwned();
    io.useUnprotected(transport);
    io.acceptFrom(rtp.socket, 'anything');
    const short = makeRtp(1, 0).subarray(0, 11);
    const tooManySources = makeRtp(1, 8);
    tooManySources[0] |= 3;
    for (const datagram of [
      Buffer.of(0, 1),
      Buffer.of(22, 1),
      short,
      tooManySources,
      makeRtcp().subarray(0, 7),
    ])
      peers.io.sendTo(one.socket, rtp.address, datagram);
    await handled(5);
    assert.equal(io.counters.droppedUnknownKind, 5);
    assert.equal(endpoint.received.length, 0);
    close();
  });

  it('RTCP goes out by a socket of its own, if it has one', async () => {
    const { endpoint, io, peers, rtp, rtcp, transport, one, two, close } = openOwned();
    io.useUnprotected(transport);
    io.setRemoteAddress(transport, rtp.socket, one.address);
    endpoint.queue(PacketKind.Rtcp, transport, makeRtcp());
    endpoint.flush();
    io.setRtcpAddress(transport, rtcp.socket, two.address);
    for (const packet of [makeRtp(1, 20), makeRtp(2, 20)]) endpoint.queue(PacketKind.Rtp, transport, packet);
    endpoint.queue(PacketKind.Rtcp, transport, makeRtcp(32));
    endpoint.queue(PacketKind.Rtp, transport, makeRtp(3, 20));
    endpoint.flush();
    // The peers know no such transport: what reaches them is counted only.
    await peers.until(() => peers.io.counters.datagramsReceived === 5);
    assert.equal(io.counters.datagramsSent, 5);
    assert.equal(io.counters.sendErrors + io.counters.protectErrors, 0);
    io.closeSocket(rtcp.socket);
    endpoint.queue(PacketKind.Rtcp, transport, makeRtcp());
    endpoint.flush();
    await peers.until(() => peers.io.counters.datagramsReceived === 6);
    close();
  });

  it("what comes after the transport has closed is nobody's", async () => {
    const { endpoint, io, peers, rtp, transport, one, handled, close } = openOwned();
    io.useUnprotected(transport);
    io.acceptFrom(rtp.socket, 'anything');
    io.closeTransport(transport);
    peers.io.sendTo(one.socket, rtp.address, makeRtp(1, 10));
    await handled(1);
    assert.equal(endpoint.received.length, 0);
    assert.equal(io.counters.droppedUnknownAddress, 1);
    // The number of a closed socket is given out again, and the new one is shared.
    io.closeSocket(rtp.socket);
    const next = endpoint.open();
    assert.equal(next.socket, rtp.socket);
    peers.io.sendTo(one.socket, next.address, Buffer.of(0, 1));
    await endpoint.untilReceived(1);
    assert.equal(endpoint.received[0].transport, -1);
    close();
  });

  it('sending and receiving addresses are apart', async () => {
    const { endpoint, io, peers, rtp, transport, one, two, handled, close } = openOwned();
    io.useUnprotected(transport);
    io.setRemoteAddress(transport, rtp.socket, one.address);
    io.acceptFrom(rtp.socket, two.address);
    peers.io.sendTo(one.socket, rtp.address, makeRtp(1, 10));
    peers.io.sendTo(two.socket, rtp.address, makeRtp(2, 10));
    await handled(2);
    assert.equal(endpoint.received.length, 1);
    assert.equal(endpoint.received[0].from.port, two.address.port);
    close();
  });
});

describe('keys that are given', () => {
  for (const profile of Object.keys(profiles) as SrtpProfile[]) {
    it(profile, async () => {
      const a = new TestEndpoint();
      const b = new TestEndpoint();
      const [here, there] = [a.open(), b.open()];
      const [toB, toA] = [a.io.createTransport(), b.io.createTransport()];
      a.io.claimSocket(toB, here.socket);
      b.io.claimSocket(toA, there.socket);
      a.io.setRemoteAddress(toB, here.socket, there.address);
      b.io.acceptFrom(there.socket, 'anything');
      const [inbound, outbound] = [keyOf(profile, 1), keyOf(profile, 101)];
      a.io.installKeys(toB, profile, inbound, outbound);
      b.io.installKeys(toA, profile, outbound, inbound);
      const packets = [makeRtp(1, 100), makeRtcp(64), makeRtp(2, 1200)];
      for (const packet of packets) {
        a.queue(packet[1] === 200 ? PacketKind.Rtcp : PacketKind.Rtp, toB, packet);
        a.flush();
      }
      await b.untilReceived(3);
      assert.deepEqual(
        b.received.map(({ bytes }) => bytes),
        packets,
      );
      // Who has not the keys is not heard, though every source is.
      b.io.installKeys(toA, profile, inbound, outbound);
      a.queue(PacketKind.Rtp, toB, makeRtp(3, 100));
      a.flush();
      await b.until(() => b.io.counters.droppedAuthentication === 1);
      a.close();
      b.close();
    });
  }

  it('of a wrong length or for an unknown profile are refused', () => {
    const { io, transport, close } = openOwned();
    const right = keyOf('AES_CM_128_HMAC_SHA1_80', 1);
    const install = (profile: string, inbound: Uint8Array, outbound: Uint8Array) => () =>
      io.installKeys(transport, profile as SrtpProfile, inbound, outbound);
    assert.throws(install('AES_CM_128_HMAC_SHA1_80', right.subarray(1), right), { code: 'ERR_OUT_OF_RANGE' });
    assert.throws(install('AES_CM_128_HMAC_SHA1_80', right, new Uint8Array(31)), {
      code: 'ERR_OUT_OF_RANGE',
    });
    assert.throws(install('NULL', right, right), /unknown SRTP profile/);
    assert.throws(() => io.acceptFrom(7, 'anything'), { code: 'ERR_NO_SOCKET' });
    assert.throws(() => io.claimSocket(7, 0), { code: 'ERR_NO_TRANSPORT' });
    close();
  });

  it('an unclaimed socket accepts by address only', () => {
    const endpoint = new TestEndpoint();
    const { socket } = endpoint.open();
    assert.throws(() => endpoint.io.acceptFrom(socket, 'anything'), { code: 'ERR_NOT_CLAIMED' });
    endpoint.close();
  });
});

describe('hostile datagrams to a socket of a transport alone', () => {
  it('any bytes, unprotected: what is delivered is RTP or RTCP by its header', async () => {
    const { endpoint, io, peers, rtp, transport, one, handled, close } = openOwned();
    io.useUnprotected(transport);
    io.acceptFrom(rtp.socket, 'anything');
    let sent = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 50 }), async (datagrams) => {
        for (const datagram of datagrams) peers.io.sendTo(one.socket, rtp.address, datagram);
        sent += datagrams.length;
        await handled(sent);
      }),
      { numRuns: 50 },
    );
    for (const { kind, bytes } of endpoint.received) {
      assert.equal(bytes[0] >> 6, 2);
      assert.ok(bytes.length >= (kind === PacketKind.Rtp ? 12 : 8));
    }
    close();
  });

  it('10 000 changed packets, protected: nothing false, and the stream goes on', async () => {
    const { endpoint, io, peers, rtp, transport, one, handled, close } = openOwned();
    const profile = 'AES_CM_128_HMAC_SHA1_80';
    const [inbound, outbound] = [keyOf(profile, 1), keyOf(profile, 101)];
    io.installKeys(transport, profile, inbound, outbound);
    io.acceptFrom(rtp.socket, 'anything');
    // What the peer protects is taken from a socket where nothing reads RTP, and sent on.
    const wire = new TestEndpoint();
    const tap = wire.open();
    const tapped = wire.io.createTransport();
    wire.io.claimSocket(tapped, tap.socket);
    wire.io.useUnprotected(tapped);
    wire.io.acceptFrom(tap.socket, 'anything');
    const peerTransport = peers.io.createTransport();
    peers.io.installKeys(peerTransport, profile, outbound, inbound);
    peers.io.setRemoteAddress(peerTransport, one.socket, tap.address);
    const valid = Array.from({ length: 80 }, (_, i) =>
      i % 4 === 3 ? makeRtcp(28 + 4 * i) : makeRtp(1000 + i, 15 * i),
    );
    for (const packet of valid) {
      peers.queue(packet[1] === 200 ? PacketKind.Rtcp : PacketKind.Rtp, peerTransport, packet);
      peers.flush();
    }
    await wire.untilReceived(80);
    const secured = wire.received.map(({ bytes }) => bytes);
    const random = seededRandom(4711);
    for (let sent = 0; sent < 10_000; ) {
      for (let i = 0; i < 200; i++)
        peers.io.sendTo(one.socket, rtp.address, mutate(secured[random() % 40], random));
      sent += 200;
      await handled(sent);
    }
    for (const { bytes } of endpoint.received) assert.ok(valid.some((packet) => packet.equals(bytes)));
    const before = endpoint.received.length;
    for (const packet of secured.slice(40)) peers.io.sendTo(one.socket, rtp.address, packet);
    await handled(10_040);
    assert.deepEqual(
      endpoint.received.slice(before).map(({ bytes }) => bytes),
      valid.slice(40),
    );
    assert.ok(io.counters.droppedAuthentication > 3000);
    wire.close();
    close();
  });
});
