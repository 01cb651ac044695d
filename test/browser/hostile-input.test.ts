/**
 * Thousands of mutated datagrams and offers, fired at a server while a browser call runs through it. A failing run is
 * repeated with the seed it prints: MUTATION_SEED=… ; MUTATION_COUNT=… makes it longer. `npm run test:mutations` has as
 * many offers as datagrams, each of which costs a whole join.
 */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Page } from 'puppeteer-core';
import { SeededRandom } from '../network/seeded-random.ts';
import type { ManifoldProcess } from './harness/manifold-process.ts';
import { eventually, inbound, receives, sleep } from './harness/media-assertions.ts';
import { type Stage, stage } from './harness/stage.ts';
import { TappedRelay } from './harness/tapped-relay.ts';
import { AuthenticatedSender } from './mutation/authenticated-sender.ts';
import { pick } from './mutation/choices.ts';
import { rtcpSamples, rtpSamples } from './mutation/media-samples.ts';
import { mutateDatagram } from './mutation/mutate-datagram.ts';
import { mutateOffer } from './mutation/mutate-offer.ts';
import { smallPicture } from './page/media-source.ts';

const count = Number(process.env.MUTATION_COUNT ?? 10_000);
const offerCount = Number(process.env.MUTATION_COUNT ?? 2000);
const seed = Number(process.env.MUTATION_SEED ?? 20_261);
const warmUpCount = 1000;

// Small enough not to overflow the socket's receive buffer between two turns of the server, and slow enough for the
// attack to last for dozens of pictures.
const datagramsPerTurn = 20;
const turnPauseMs = 4;

/** What one kind of attack may cost the call: a scheduling hiccup of the busy machine, not a fault of the server. */
const toleratedLostPackets = 20;
const toleratedFreezeSeconds = 2;
/** The same for a long attack, which competes with browsers for two processors: a part of its duration. */
const toleratedFreezeRatio = 0.1;
/** Of memory, after garbage collection, from the end of the warm-up on. */
const toleratedResidentGrowth = 48 * 2 ** 20;
const toleratedHeapGrowth = 8 * 2 ** 20;
/** A quiet machine needs a tenth of it. */
const offersTimeoutMs = 240_000;

const test = stage({
  server: {
    limits: { peerConnections: 200, joinsPerSecond: 0 },
    timeouts: { connectMs: 5000 },
    // Thousands of joins would be thousands of lines.
    logging: { level: 'warn' },
  },
});
const source = { video: true, audio: true, ...smallPicture };
const random = new SeededRandom(seed);
const videoOf = async (page: Page) => (await inbound(page)).find((media) => media.kind === 'video')!;

interface Call {
  readonly relay: TappedRelay;
  readonly player: Page;
  readonly publisher: Page;
}

/**
 * The part of an attack that must show in the drop counters: a mutation may leave STUN valid, and OpenSSL itself
 * discards the DTLS records that come from the publisher's own address.
 */
const leastCounted = { stun: 0.7, dtls: 0.4, rtp: 0.9, rtcp: 0.9 } as const;

/** A call whose publisher stands behind a tapped relay. */
async function startCall(it: Stage): Promise<Call> {
  const relay = await TappedRelay.open(it.server.mediaPort);
  it.defer(() => relay.close());
  const redirection = { from: it.server.mediaPort, to: relay.port };
  const publisher = await it.open('chromium', 'publisher', { redirection });
  await publisher.evaluate(
    (url, what) => toolkit.publishWhip(url, what, { video: 'video/VP8', audio: 'audio/opus' }),
    it.server.whip(it.room),
    source,
  );
  const player = await it.open('chromium', 'player');
  await player.evaluate((url) => toolkit.playWhep(url, ['audio', 'video']), it.server.whep(it.room));
  await receives(player, { videos: 1, audios: 1 });
  await eventually('samples of every kind of datagram', 15_000, () =>
    relay.complete ? { value: true } : { pending: relay.samples },
  );
  return { relay, player, publisher };
}

/** Runs an attack and compares call and memory before and after. A smaller attack of the same kind goes ahead. */
async function unharmed(
  { server }: { server: ManifoldProcess },
  call: Call,
  attack: (times: number) => Promise<void>,
  { warmUp, times }: { warmUp: number; times: number } = { warmUp: warmUpCount, times: count },
): Promise<void> {
  await attack(warmUp);
  await sleep(500);
  const memoryBefore = await server.memory();
  const before = await videoOf(call.player);
  const startedAt = performance.now();
  await attack(times);
  server.assertAlive();
  const seconds = (performance.now() - startedAt) / 1000;
  const after = await videoOf(call.player);
  const context = `seed ${seed}`;
  const frames = after.framesDecoded - before.framesDecoded;
  assert.ok(
    frames > smallPicture.frameRate * seconds * 0.5,
    `${frames} frames in ${seconds} s of attack, ${context}`,
  );
  const lost = after.packetsLost - before.packetsLost;
  assert.ok(lost <= toleratedLostPackets, `${lost} packets of the call were lost, ${context}`);
  const frozen = after.totalFreezesDuration - before.totalFreezesDuration;
  const toleratedFreeze = Math.max(toleratedFreezeSeconds, toleratedFreezeRatio * seconds);
  assert.ok(frozen <= toleratedFreeze, `the call froze for ${frozen} of ${seconds} s, ${context}`);
  await receives(call.player, { videos: 1, audios: 1 });
  const memoryAfter = await server.memory();
  const heap = memoryAfter.heapUsed - memoryBefore.heapUsed;
  assert.ok(heap < toleratedHeapGrowth, `the heap grew by ${heap} bytes, ${context}`);
  const resident = memoryAfter.rss - memoryBefore.rss;
  assert.ok(resident < toleratedResidentGrowth, `resident memory grew by ${resident} bytes, ${context}`);
  const metrics = await server.metrics();
  assert.equal(metrics.sum('manifold_session_bugs_total'), 0, `no session ended by a bug, ${context}`);
}

for (const kind of ['stun', 'dtls', 'rtp', 'rtcp'] as const) {
  test(`${count} mutated ${kind.toUpperCase()} datagrams, from strangers and from the publisher’s own address`, async (stage) => {
    const call = await startCall(stage);
    const stranger = createSocket('udp4');
    stranger.bind(0, '127.0.0.1');
    await once(stranger, 'listening');
    stage.defer(() => void stranger.close());
    const samples = call.relay.samples[kind];
    const { mediaPort } = stage.server;
    const before = await stage.server.metrics();
    await unharmed(stage, call, async (times) => {
      for (let sent = 0; sent < times; sent++) {
        const datagram = mutateDatagram(pick(random, samples), random);
        if (sent % 2 === 0) void call.relay.inject(datagram);
        else stranger.send(datagram, mediaPort, '127.0.0.1');
        if (sent % datagramsPerTurn === 0) await sleep(turnPauseMs);
      }
    });
    const after = await stage.server.metrics();
    const arrived =
      after.sum('manifold_datagrams_total', { direction: 'in' }) -
      before.sum('manifold_datagrams_total', { direction: 'in' });
    assert.ok(arrived > count, `${arrived} datagrams arrived`);
    const refused = after.sum('manifold_drops_total') - before.sum('manifold_drops_total');
    assert.ok(refused > count * leastCounted[kind], `${refused} were counted as dropped`);
  });
}

test(`${count} mutated RTP and RTCP packets under valid keys, by a publisher and a player`, async (stage) => {
  const call = await startCall(stage);
  const room = `${stage.room}-attacked`;
  const ssrc = 0x5eed_0001;
  const publisher = await AuthenticatedSender.join(stage.server.whip(room), 'sendonly', ssrc);
  stage.defer(() => publisher.close());
  const player = await AuthenticatedSender.join(stage.server.whep(room), 'recvonly', 0);
  stage.defer(() => player.close());
  const before = await stage.server.metrics();
  const attackers = [
    { sender: publisher, kind: 'rtp', samples: rtpSamples(ssrc) },
    { sender: publisher, kind: 'rtcp', samples: rtcpSamples(ssrc, ssrc) },
    { sender: player, kind: 'rtcp', samples: rtcpSamples(1, ssrc) },
  ] as const;
  await unharmed(stage, call, async (times) => {
    for (let sent = 0; sent < times; sent++) {
      const { sender, kind, samples } = attackers[sent % attackers.length]!;
      sender.queue(kind, mutateDatagram(pick(random, samples), random));
      if (sent % datagramsPerTurn > 0) continue;
      publisher.flush();
      player.flush();
      await sleep(turnPauseMs);
    }
  });
  const after = await stage.server.metrics();
  const grown = (name: string) => after.sum(name) - before.sum(name);
  assert.ok(grown('manifold_rtcp_packets_total') > count / 4, 'RTCP reached its parser');
  assert.ok(grown('manifold_packets_total') > count / 20, 'RTP reached its parser');
  const malformed = after.sum('manifold_drops_total', { reason: 'malformed-rtcp' });
  assert.ok(malformed > 0, 'malformed RTCP is counted');
});

test(
  `${offerCount} mutated offers to WHIP and WHEP`,
  async (stage) => {
    const call = await startCall(stage);
    const offers: string[] = [];
    for (const page of [call.publisher, call.player]) {
      offers.push(
        await page.evaluate(() => toolkit.trackedConnections()[0]!.connection.localDescription!.sdp),
      );
    }
    const endpoints = [stage.server.whip(`${stage.room}-offers`), stage.server.whep(`${stage.room}-offers`)];
    const statuses = new Map<number, number>();
    const before = (await stage.server.metrics()).sum('manifold_peer_connections');
    // The first thousand joins fill the pools of V8 and the allocator, which then stay as large as they are.
    const halves = { warmUp: Math.ceil(offerCount / 2), times: Math.floor(offerCount / 2) };
    await unharmed(
      stage,
      call,
      async (times) => {
        let left = times;
        const post = async () => {
          while (left-- > 0) {
            const url = pick(random, endpoints);
            const offer = mutateOffer(pick(random, offers), random);
            const response = await fetch(url, {
              method: 'POST',
              headers: { 'content-type': 'application/sdp' },
              body: offer,
            });
            const body = await response.text();
            statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
            assert.ok(
              response.status < 500,
              `an offer was answered ${response.status} ${body}, seed ${seed}:\n${offer}`,
            );
            const location = response.headers.get('location');
            if (location !== null) await (await fetch(new URL(location, url), { method: 'DELETE' })).text();
          }
        };
        await Promise.all(Array.from({ length: 4 }, post));
      },
      halves,
    );
    assert.ok((statuses.get(201) ?? 0) > 0, `some mutations are harmless: ${JSON.stringify([...statuses])}`);
    assert.ok((statuses.get(400) ?? 0) > 0, `malformed offers are refused: ${JSON.stringify([...statuses])}`);
    await eventually('the sessions of the attack are gone', 10_000, async () => {
      const now = (await stage.server.metrics()).sum('manifold_peer_connections');
      return now <= before ? { value: true } : { pending: now };
    });
  },
  offersTimeoutMs,
);
