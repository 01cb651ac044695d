import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  connectDtls,
  makeRtcp,
  makeRtp,
  mutate,
  seededRandom,
  TestEndpoint,
} from '../../test/native/test-endpoint.ts';
import { PacketKind } from './layout.ts';

/** Datagrams sent before waiting for them, so that no receive buffer overflows. */
const burst = 200;
const ping = Buffer.of(0, 9);

/** An endpoint with keys, and a plain socket in the place of its peer, which holds what the peer protected. */
async function openTapped(packets: readonly Buffer[]) {
  const endpoint = new TestEndpoint();
  const here = endpoint.open();
  const peer = new TestEndpoint();
  const there = peer.open();
  const wire = createSocket('udp4');
  wire.bind(0, '127.0.0.1');
  await once(wire, 'listening');
  const wireAddress = { family: 4, address: '127.0.0.1', port: wire.address().port } as const;
  const transport = endpoint.connect(here.socket, wireAddress);
  const peerTransport = peer.connect(there.socket, wireAddress);
  const [client, server] = connectDtls(endpoint.io, peer.io);
  endpoint.io.installSrtp(transport, client);
  peer.io.installSrtp(peerTransport, server);
  client.free();
  server.free();
  const secured: Buffer[] = [];
  wire.on('message', (message) => secured.push(message));
  for (const packet of packets) {
    peer.queue(packet[1] === 200 ? PacketKind.Rtcp : PacketKind.Rtp, peerTransport, packet);
    peer.flush();
    await once(wire, 'message');
  }
  peer.close();
  return {
    endpoint,
    transport,
    secured,
    /** Sends to the endpoint and waits until it has handled everything sent. */
    async deliver(datagrams: readonly Uint8Array[]): Promise<void> {
      const before = endpoint.io.counters.datagramsReceived;
      for (const datagram of datagrams) wire.send(datagram, here.address.port, '127.0.0.1');
      wire.send(ping, here.address.port, '127.0.0.1');
      await endpoint.until(() => endpoint.io.counters.datagramsReceived === before + datagrams.length + 1);
    },
    close(): void {
      wire.close();
      endpoint.close();
    },
  };
}

describe('hostile datagrams', () => {
  it('10 000 changed SRTP and SRTCP packets deliver nothing false, and the streams go on', async () => {
    const valid: Buffer[] = [];
    for (let i = 0; i < 80; i++) valid.push(i % 4 === 3 ? makeRtcp(28 + 4 * i) : makeRtp(1000 + i, 15 * i));
    const tapped = await openTapped(valid);
    const { endpoint, secured } = tapped;
    const random = seededRandom(4711);
    for (let i = 0; i < 10_000; i += burst) {
      await tapped.deliver(Array.from({ length: burst }, () => mutate(secured[random() % 40], random)));
    }
    // A mutation may leave a packet as it was, which then counts as the first of its kind.
    const media = endpoint.received.filter(({ kind }) => kind === PacketKind.Rtp || kind === PacketKind.Rtcp);
    for (const { bytes } of media) assert.ok(valid.some((packet) => packet.equals(bytes)));
    const before = endpoint.received.length;
    await tapped.deliver(secured.slice(40));
    assert.deepEqual(
      endpoint.received
        .slice(before)
        .filter(({ kind }) => kind >= PacketKind.Rtp)
        .map(({ bytes }) => bytes),
      valid.slice(40),
    );
    const { counters } = endpoint.io;
    assert.ok(counters.droppedAuthentication > 3000);
    assert.ok(counters.droppedUnknownKind > 0);
    tapped.close();
  });

  it('a repeated packet is delivered once', async () => {
    const valid = [makeRtp(1, 100), makeRtcp()];
    const tapped = await openTapped(valid);
    await tapped.deliver([...tapped.secured, ...tapped.secured, ...tapped.secured]);
    assert.equal(tapped.endpoint.received.filter(({ kind }) => kind >= PacketKind.Rtp).length, 2);
    assert.equal(tapped.endpoint.io.counters.droppedReplay, 4);
    tapped.close();
  });

  it('any bytes from the address of a transport', async () => {
    const tapped = await openTapped([makeRtp(1, 100)]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 50 }), async (datagrams) => {
        await tapped.deliver(datagrams);
      }),
      { numRuns: 50 },
    );
    await tapped.deliver(tapped.secured);
    assert.equal(tapped.endpoint.io.counters.rtpReceived, 1);
    tapped.close();
  });

  it('RTCP that says to be RTP, and RTP that says to be RTCP, are refused', async () => {
    const tapped = await openTapped([makeRtp(1, 100), makeRtcp(200)]);
    const [rtp, rtcp] = tapped.secured.map((packet) => Buffer.from(packet));
    rtp[1] = 200;
    rtcp[1] = 96;
    await tapped.deliver([rtp, rtcp]);
    assert.equal(tapped.endpoint.io.counters.droppedAuthentication, 2);
    await tapped.deliver(tapped.secured);
    assert.equal(tapped.endpoint.io.counters.rtpReceived + tapped.endpoint.io.counters.rtcpReceived, 2);
    tapped.close();
  });
});
