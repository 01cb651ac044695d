/**
 * Two clients watch a third through a server, over networks that lose and reorder in both directions. All ends
 * are MediaTransports, so each is the other's counterpart:
 *
 *     camera ─► publisher ~~~► server: in ─► server: out ~~~► viewer ─► screen
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketKind } from '../packet-io/layout.ts';
import type { Forwarder } from './forwarding/forwarder.ts';
import type { InboundTrack } from './forwarding/inbound-track.ts';
import { readRtp, receiveVideo, rtp, Simulation, seededRandom, sendVideo, vp8 } from './simulation.test.ts';

interface Network {
  readonly lossPercent: number;
  /** One way, and how much longer some packets take. */
  readonly delayMs: number;
  readonly jitterMs: number;
}

interface Flight {
  readonly atMs: number;
  readonly to: number;
  readonly kind: number;
  readonly bytes: Uint8Array;
}

const packetIntervalMs = 3;
const packetsPerFrame = 5;
const ids = { camera: 0, publisher: 1, serverIn: 2, serverOut: [3, 5], viewers: [4, 6], screens: [7, 8] };

class World {
  readonly simulation = new Simulation(3, 8192);
  readonly serverTrack: InboundTrack;
  readonly serverForwarders: Forwarder[] = [];
  readonly viewerTracks: InboundTrack[] = [];
  /** Payload numbers by screen, in the order of their arrival, by the sequence number they came with. */
  readonly shown: Map<number, number>[] = [new Map(), new Map()];
  readonly #network: Network;
  readonly #random: () => number;
  readonly #wires = new Map<number, number>();
  #flights: Flight[] = [];

  constructor(network: Network, seed: number) {
    this.#network = network;
    this.#random = seededRandom(seed);
    const { simulation } = this;
    for (let id = 0; id <= 8; id++) simulation.addTransport();
    const camera = simulation.transports[ids.camera].addReceiver(
      receiveVideo({ encodings: [{ rid: null, ssrc: 1, rtxSsrc: -1 }] }),
    );
    const sent = { codecs: [vp8], ssrc: 0x1111, rtxSsrc: 0x2222, headerExtensions: [] };
    simulation.transports[ids.publisher].addSender(sendVideo(sent)).setSource(camera);
    this.serverTrack = simulation.transports[ids.serverIn].addReceiver(receiveVideo());
    this.#wire(ids.publisher, ids.serverIn);
    for (const index of [0, 1]) {
      const ssrc = 100 + index * 2;
      const forwarder = simulation.transports[ids.serverOut[index]].addSender(
        sendVideo({ ssrc, rtxSsrc: ssrc + 1 }),
      );
      forwarder.setSource(this.serverTrack);
      this.serverForwarders.push(forwarder);
      const codecs = [{ ...vp8, payloadType: 120, rtxPayloadType: 121 }];
      const encodings = [{ rid: null, ssrc, rtxSsrc: ssrc + 1 }];
      const track = simulation.transports[ids.viewers[index]].addReceiver(
        receiveVideo({ codecs, encodings }),
      );
      this.viewerTracks.push(track);
      this.#wire(ids.serverOut[index], ids.viewers[index]);
      simulation.transports[ids.screens[index]].addSender(sendVideo({ codecs })).setSource(track);
    }
  }

  /** Films for `packets` packets, then waits until everything has settled. */
  run(packets: number): void {
    for (let number = 0; number < packets; number++) {
      this.#film(number);
      this.#pass(packetIntervalMs);
    }
    this.#pass(3000);
  }

  #film(number: number): void {
    const frame = Math.floor(number / packetsPerFrame);
    const keyFrame = frame % 300 === 0 && number % packetsPerFrame === 0;
    const payload = [0x10, keyFrame ? 0 : 1, number >>> 24, number >>> 16, number >>> 8, number & 0xff].map(
      (byte) => byte & 0xff,
    );
    const sequenceNumber = (65_000 + number) & 0xffff;
    const packet = { payloadType: 96, sequenceNumber, timestamp: frame * 3000, ssrc: 1, payload };
    this.simulation.receive(ids.camera, PacketKind.Rtp, rtp(packet));
  }

  #wire(a: number, b: number): void {
    this.#wires.set(a, b);
    this.#wires.set(b, a);
  }

  #pass(ms: number): void {
    const { simulation } = this;
    const until = simulation.clock.nowMs + ms;
    for (;;) {
      this.#collect();
      const next = Math.min(
        this.#flights[0]?.atMs ?? Number.POSITIVE_INFINITY,
        ...simulation.transports.map((transport) => transport.nextDeadline()),
      );
      if (next > until) break;
      simulation.advance(Math.max(0, next - simulation.clock.nowMs));
      this.#collect();
      while (this.#flights.length > 0 && this.#flights[0].atMs <= simulation.clock.nowMs) {
        const { to, kind, bytes } = this.#flights.shift()!;
        simulation.receive(to, kind, bytes);
        this.#collect();
      }
    }
    simulation.clock.nowMs = until;
  }

  #collect(): void {
    const { lossPercent, delayMs, jitterMs } = this.#network;
    for (const { transport, kind, bytes } of this.simulation.take()) {
      const screen = ids.screens.indexOf(transport);
      if (screen >= 0 && kind === PacketKind.Rtp) this.#show(screen, bytes);
      const to = this.#wires.get(transport);
      if (to === undefined || this.#random() % 100 < lossPercent) continue;
      const late = jitterMs > 0 && this.#random() % 10 === 0 ? this.#random() % jitterMs : 0;
      this.#flights.push({ atMs: this.simulation.clock.nowMs + delayMs + late, to, kind, bytes });
    }
    this.#flights.sort((a, b) => a.atMs - b.atMs);
  }

  #show(screen: number, bytes: Uint8Array): void {
    const { sequenceNumber, payload } = readRtp(bytes);
    const number = ((payload[2] << 24) | (payload[3] << 16) | (payload[4] << 8) | payload[5]) >>> 0;
    assert.ok(!this.shown[screen].has(number), `packet ${number} was shown twice`);
    this.shown[screen].set(number, sequenceNumber);
  }
}

const networks: readonly (Network & { readonly name: string })[] = [
  { name: 'a perfect network', lossPercent: 0, delayMs: 20, jitterMs: 0 },
  { name: '1 % loss', lossPercent: 1, delayMs: 20, jitterMs: 0 },
  { name: '8 % loss and reordering', lossPercent: 8, delayMs: 25, jitterMs: 15 },
];

for (const network of networks) {
  test(`over ${network.name} every viewer sees every packet once, numbered without a gap`, () => {
    const world = new World(network, 11);
    const packets = 3000;
    // Nobody misses the very last one.
    world.run(packets + 1);
    for (const screen of world.shown) {
      const numbers = [...screen.keys()].sort((a, b) => a - b);
      // The beginning may be lost: then the next key frame is the start.
      const first = numbers[0];
      assert.equal(first % (packetsPerFrame * 300), 0);
      const start = screen.get(first)!;
      const missing: number[] = [];
      for (let number = first; number < packets; number++) {
        const sequence = screen.get(number);
        if (sequence === undefined) missing.push(number);
        else assert.equal(sequence, (start + number - first) & 0xffff);
      }
      assert.deepEqual(missing, []);
    }
    const { counters } = world.simulation.context;
    if (network.lossPercent > 0) {
      assert.ok(world.serverTrack.stats().recovered > 0);
      for (const track of world.viewerTracks) assert.ok(track.stats().recovered > 0);
      for (const forwarder of world.serverForwarders) {
        assert.ok(forwarder.stats().retransmitted > 0);
        assert.ok(forwarder.stats().fractionLost >= 0);
      }
    } else assert.equal(counters.nackSent + counters.rtxSent, 0);
    assert.equal(counters.malformedRtp + counters.malformedRtcp, 0);
    for (const forwarder of world.serverForwarders) assert.equal(forwarder.state, 'live');
  });
}
