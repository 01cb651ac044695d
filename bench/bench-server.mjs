/**
 * The server under test: prints {port, pid}, serves until SIGTERM. As `floor N`, once N subscriptions are live they
 * are handed to the native forwarder, so that their RTP never reaches JavaScript; joining, ICE, DTLS and RTCP stay
 * as they are. What is measured is the built server, as users run it.
 */
import { createManifold } from '../dist/index.js';
import { loadAddon } from '../dist/packet-io/load-addon.js';
import { optimizeLater } from '../dist/server/optimize-later.js';

/** How often new subscriptions are looked for; joining takes longer than that, measuring starts later. */
const routeIntervalMs = 200;

/** @typedef {{ routeFloor(transport: number, ssrc: number, targets: Int32Array): void }} FloorPacketIo */

const floor = process.argv[2] === 'floor';
const subscribers = Number(process.argv[3]);
/** @type {FloorPacketIo[]} */
const opened = [];
if (floor) captureNativePacketIo();
optimizeLater();
const manifold = await createManifold({
  http: { host: '127.0.0.1', port: 0 },
  kraken: { listen: false },
  media: { addresses: ['127.0.0.1'], port: 0 },
  limits: { connectionsPerAddress: 10_000, joinsPerSecond: 0 },
  logging: { level: 'error' },
  pages: false,
});
await manifold.listen();
if (floor) setInterval(() => routeSubscriptions(manifold, opened[0]), routeIntervalMs);
process.once('SIGTERM', () => void manifold.close().then(() => process.exit(0)));
process.stdout.write(`${JSON.stringify({ port: manifold.httpPort, pid: process.pid })}\n`);

/** The floor's entry point is on the native object, which the server keeps to itself. */
function captureNativePacketIo() {
  const addon = loadAddon();
  const Native = addon.PacketIo;
  addon.PacketIo = new Proxy(Native, {
    construct(target, args) {
      const native = Reflect.construct(target, args);
      opened.push(native);
      return native;
    },
  });
}

/** @param {import('../dist/index.js').Manifold} server @param {FloorPacketIo} native */
function routeSubscriptions(server, native) {
  for (const room of server.rooms.rooms.values()) {
    for (const publication of room.publications()) {
      const stream = publication.track.encodings[0]?.stream;
      const codec = publication.track.codec;
      if (stream == null || codec === null) continue;
      const targets = [];
      for (const participant of room.participants.values()) {
        const forwarder = participant.subscriptions.get(publication)?.forwarder;
        if (forwarder?.state !== 'live') continue;
        // Another SSRC than JavaScript has sent with: SRTP would take lower sequence numbers for replays.
        targets.push(participant.transport, ~forwarder.ssrc, codec.payloadType);
      }
      // Until all are there, JavaScript has to see the packets: a subscription starts with a key frame.
      if (targets.length < subscribers * 3) continue;
      native.routeFloor(publication.participant.transport, stream.ssrc, Int32Array.from(targets));
    }
  }
}
