/** Every environment variable of ksfu shows its effect on a running server (docs/operations.md, "Coming from ksfu"). */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type PeerCertificate } from 'node:tls';
import { parseEnv } from 'node:util';
import { WebSocket } from 'ws';
import { IceClient } from '../../src/load/ice-client.ts';
import { parseRtcp, type RtcpHandler } from '../../src/media/rtcp/rtcp-parser.ts';
import { writeNack, writeReceiverEstimate } from '../../src/media/rtcp/rtcp-writer.ts';
import type { SubscriptionSnapshot } from '../../src/rooms/snapshot.ts';
import { createSelfSignedCertificate } from '../../src/server/self-signed-certificate.ts';
import { parseCandidate } from '../../src/webrtc/ice/candidate.ts';
import { StunType } from '../../src/webrtc/ice/stun-format.ts';
import { parseStun } from '../../src/webrtc/ice/stun-message.ts';
import { HeadlessNetwork, type HeadlessPeer, until } from '../signaling/headless-peer.ts';
import { KurentoTestClient } from '../signaling/kurento-test-client.ts';
import { browserOffer, sdpLines } from '../signaling/running-manifold.ts';
import {
  endAll,
  freeTcpPort,
  freeUdpPorts,
  holdUdpPort,
  refusal,
  ServerWithEnvironment,
} from './server-with-environment.ts';

let network: HeadlessNetwork;
let directory: string;

before(() => {
  network = new HeadlessNetwork();
  directory = mkdtempSync(join(tmpdir(), 'manifold-ksfu-'));
});

after(() => {
  network.close();
  endAll();
  rmSync(directory, { recursive: true });
});

type Environment = Record<string, string>;

/** Runs `use` against a server with this environment. */
async function withServer(
  environment: Environment,
  use: (server: ServerWithEnvironment) => Promise<void>,
  args: readonly string[] = [],
): Promise<void> {
  const server = await ServerWithEnvironment.start(environment, { args });
  try {
    await use(server);
  } finally {
    await server.stop();
  }
}

async function publish(
  server: ServerWithEnvironment,
  prepare: (peer: HeadlessPeer) => void,
  room = 'r',
): Promise<HeadlessPeer> {
  const peer = network.createPeer();
  prepare(peer);
  peer.acceptAnswer(await server.answer(`/whip/${room}?participant=publisher`, peer.createOffer()));
  await until('the publisher is connected', () => peer.connected);
  return peer;
}

async function watch(
  server: ServerWithEnvironment,
  {
    kind = 'video' as 'audio' | 'video',
    reportsArrivals = false,
    onPacket = null as HeadlessPeer['onPacket'],
  } = {},
): Promise<HeadlessPeer> {
  const peer = network.createPeer();
  peer.onPacket = onPacket;
  peer.addReceiver(kind);
  const offer = peer.createOffer();
  const reportless = offer.replaceAll(
    /^a=(rtcp-fb:\d+ transport-cc|extmap:\d+ .*transport-wide-cc.*)\r\n/gm,
    '',
  );
  peer.acceptAnswer(await server.answer('/whep/r', reportsArrivals ? offer : reportless));
  await until('the viewer is connected', () => peer.connected);
  return peer;
}

const video = (peer: HeadlessPeer): void => peer.addTrack('video', 's', 'v', 'sendonly');
const audio = (peer: HeadlessPeer): void => peer.addTrack('audio', 's', 'a', 'sendonly');

async function viewed(server: ServerWithEnvironment): Promise<SubscriptionSnapshot | undefined> {
  const rooms = await server.rooms();
  return rooms.flatMap(({ participants }) => participants).find(({ dialect }) => dialect === 'whep')
    ?.subscriptions[0];
}

const candidatesOf = (answer: string) =>
  sdpLines(answer, 'a=candidate:').map((rest) => parseCandidate(`candidate:${rest}`));
const offer = (): string => browserOffer('chromium-audio-video');

async function untilAsync(what: string, condition: () => Promise<boolean>, ms = 15_000): Promise<void> {
  const end = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`Waited ${ms / 1000} s in vain for: ${what}`);
    await sleep(50);
  }
}

function httpsStatus(port: number, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path, rejectUnauthorized: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('error', reject);
  });
}

async function certificateAt(port: number): Promise<PeerCertificate> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerCertificate();
  socket.destroy();
  return certificate;
}

function certificateFiles(name: string): { cert: string; key: string; fingerprint: string } {
  const { cert, key, fingerprint } = createSelfSignedCertificate(new Date());
  const files = { cert: join(directory, `${name}.crt`), key: join(directory, `${name}.key`) };
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, key);
  return { ...files, fingerprint };
}

/** Servers that run at once: most of the time each waits for a time to pass. */
const concurrency = 4;

describe('HTTP', { concurrency }, () => {
  test('HTTP_PORT, HTTPS_PORT, ENABLE_METRICS: ports of their own; /health always, /metrics when asked for', async () => {
    const [port, tlsPort] = [await freeTcpPort(), await freeTcpPort()];
    const environment = { HTTP_PORT: `${port}`, HTTPS_PORT: `${tlsPort}`, ENABLE_METRICS: 'true' };
    await withServer(environment, async (server) => {
      assert.equal(server.portOf('http'), port);
      assert.equal(server.portOf('https'), tlsPort);
      assert.equal((await fetch(`http://127.0.0.1:${port}/health`)).status, 200);
      assert.equal(await httpsStatus(tlsPort, '/health'), 200);
      assert.equal(await httpsStatus(tlsPort, '/metrics'), 200);
      const socket = new WebSocket(`wss://127.0.0.1:${tlsPort}/ws`, { rejectUnauthorized: false });
      await once(socket, 'open');
      socket.terminate();
      // A certificate that was made at this start, and is shown in the log.
      const { fingerprint256 } = await certificateAt(tlsPort);
      assert.ok(server.log.some((line) => (line as { fingerprint?: string }).fingerprint === fingerprint256));
    });
  });

  test('HTTP_PORT=0 is any free port; HTTPS_PORT=off and 0 are none', async () => {
    for (const off of ['off', '0']) {
      await withServer({ HTTP_PORT: '0', HTTPS_PORT: off }, async (server) => {
        assert.ok(server.portOf('http')! > 0);
        assert.equal(server.portOf('https'), null);
      });
    }
  });

  test('a port that is in use ends the start', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const port = `${(holder.address() as { port: number }).port}`;
    for (const environment of [{ HTTP_PORT: port }, { HTTP_PORT: '0', HTTPS_PORT: port }]) {
      const { code, stderr } = await refusal(environment, { args: ['--media-port=0'] });
      assert.equal(code, 1);
      assert.match(stderr, new RegExp(`TCP port ${port} on 127.0.0.1 is in use`));
    }
    holder.close();
  });

  test('ENABLE_METRICS=false takes /metrics away; unset, Manifold’s own default stays', async () => {
    const statusOf = async (environment: Environment): Promise<number> => {
      let status = 0;
      await withServer(environment, async ({ url }) => {
        assert.equal((await fetch(`${url}/health`)).status, 200);
        status = (await fetch(`${url}/metrics`)).status;
      });
      return status;
    };
    assert.equal(await statusOf({ ENABLE_METRICS: 'false' }), 404);
    assert.equal(await statusOf({}), 200);
  });

  test('HTTPS_CERT and HTTPS_KEY, else TURN_CERT and TURN_KEY, are the certificate', async () => {
    const [https, turn] = [certificateFiles('https'), certificateFiles('turn')];
    for (const [environment, expected] of [
      [{ HTTPS_CERT: https.cert, HTTPS_KEY: https.key }, https],
      [{ TURN_CERT: turn.cert, TURN_KEY: turn.key }, turn],
    ] as const) {
      const port = await freeTcpPort();
      await withServer({ ...environment, HTTPS_PORT: `${port}` }, async () => {
        assert.equal((await certificateAt(port)).fingerprint256, expected.fingerprint);
      });
    }
    const mixed = { HTTPS_CERT: https.cert, HTTPS_KEY: turn.key, HTTPS_PORT: `${await freeTcpPort()}` };
    const { code, stderr } = await refusal(mixed, { args: ['--media-port=0'] });
    assert.equal(code, 2);
    assert.match(stderr, /are no certificate and its key/);
  });
});

describe('media ports and candidates', { concurrency }, () => {
  test('ICE_SINGLE_PORT: every candidate has it, and several clients use it at once', async () => {
    const port = await freeUdpPorts(1);
    await withServer({ ICE_SINGLE_PORT: `${port}` }, async (server) => {
      for (const candidate of candidatesOf(await server.answer('/whip/other', offer())))
        assert.equal(candidate.port, port);
      const publisher = await publish(server, audio);
      const viewers = [network.createPeer(), network.createPeer()];
      for (const viewer of viewers) {
        viewer.addReceiver('audio');
        viewer.acceptAnswer(await server.answer('/whep/r', viewer.createOffer()));
      }
      await until('both hear it', () =>
        viewers.every((viewer) => [...viewer.received.values()].some((packets) => packets > 5)),
      );
      for (const peer of [publisher, ...viewers]) peer.close();
    });
    const holder = await holdUdpPort(port);
    const { code, stderr } = await refusal({ HTTP_PORT: '0', ICE_SINGLE_PORT: `${port}` });
    await holder?.release();
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`UDP port ${port} for media is in use`));
  });

  test('ICE_PORT_RANGE: the first that is free; none free ends the start; ICE_SINGLE_PORT wins', async () => {
    const first = await freeUdpPorts(3);
    const range = `${first},${first + 1}`;
    const holders = [await holdUdpPort(first)];
    await withServer({ ICE_PORT_RANGE: range }, async (server) => {
      assert.equal(server.mediaPort, first + 1);
      for (const { port } of candidatesOf(await server.answer('/whip/r', offer())))
        assert.equal(port, first + 1);
    });
    holders.push(await holdUdpPort(first + 1));
    const { code, stderr } = await refusal({ HTTP_PORT: '0', ICE_PORT_RANGE: range });
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`No UDP port of ${first}-${first + 1} for media is free`));
    await withServer({ ICE_PORT_RANGE: range, ICE_SINGLE_PORT: `${first + 2}` }, async (server) => {
      assert.equal(server.mediaPort, first + 2);
      assert.deepEqual(server.warnings, ['ICE_PORT_RANGE: has no effect, as ICE_SINGLE_PORT is set.']);
    });
    for (const holder of holders) await holder?.release();
  });

  test('ICE_NAT_1TO1_IPS and ICE_CANDIDATE_TYPE: in place of the local address, or beside it', async () => {
    const candidates = async (environment: Environment): Promise<string[]> => {
      const shown: string[] = [];
      await withServer(environment, async (server) => {
        for (const { type, address, relatedAddress } of candidatesOf(await server.answer('/whip/r', offer())))
          if (!shown.includes(`${type} ${address} ${relatedAddress ?? '-'}`))
            shown.push(`${type} ${address} ${relatedAddress ?? '-'}`);
      });
      return shown;
    };
    assert.deepEqual(await candidates({ ICE_NAT_1TO1_IPS: '192.0.2.7' }), ['host 192.0.2.7 -']);
    assert.deepEqual(await candidates({ ICE_NAT_1TO1_IPS: '192.0.2.7', ICE_CANDIDATE_TYPE: 'srflx' }), [
      'host 127.0.0.1 -',
      'srflx 192.0.2.7 127.0.0.1',
    ]);
    assert.deepEqual(await candidates({ ICE_NAT_1TO1_IPS: '192.0.2.7/10.0.0.1,192.0.2.8/127.0.0.1' }), [
      'host 192.0.2.8 -',
    ]);
    assert.deepEqual(await candidates({ ICE_CANDIDATE_TYPE: 'srflx' }), ['host 127.0.0.1 -']);
  });

  test('ICE_LITE: the SDP says so, media flows, and servers to ask are ignored with a word', async () => {
    const environment = {
      ICE_LITE: 'true',
      STUN_SERVERS: 'stun:stun.example.org',
      TURN_SERVERS: 'turn:turn.example.org',
      TURN_USERNAME: 'u',
      TURN_PASSWORD: 'p',
    };
    await withServer(environment, async (server) => {
      assert.deepEqual(
        server.warnings,
        ['STUN_SERVERS', 'TURN_SERVERS', 'TURN_USERNAME', 'TURN_PASSWORD'].map(
          (name) => `${name}: has no effect, as ICE_LITE is set.`,
        ),
      );
      assert.equal(sdpLines(await server.answer('/whip/other', offer()), 'a=ice-lite').length, 1);
      const publisher = await publish(server, audio);
      const viewer = await watch(server, { kind: 'audio' });
      await until('media flows', () => [...viewer.received.values()].some((packets) => packets > 5));
      publisher.close();
      viewer.close();
    });
  });

  test('ICE_LITE=false, STUN_SERVERS: one word that no server is asked; others than the default are refused', async () => {
    for (const environment of [{ ICE_LITE: 'false' }, { STUN_SERVERS: 'stun:stun.l.google.com:19302' }]) {
      await withServer(environment, async (server) => {
        assert.equal(server.warnings.length, 1);
        assert.match(
          server.warnings[0],
          /answers as an ICE-lite agent, with host candidates; no STUN server is asked/,
        );
      });
    }
    for (const none of ['none', ''])
      await withServer({ STUN_SERVERS: none }, async (server) => assert.deepEqual(server.warnings, []));
    const { code, stderr } = await refusal({ ICE_LITE: 'false', STUN_SERVERS: 'stun:stun.example.org' });
    assert.equal(code, 2);
    assert.match(
      stderr,
      /^manifold: STUN_SERVERS: needs a full ICE agent, .*\(got "stun:stun\.example\.org"\)\n$/,
    );
  });

  test('MDNS_ENABLED=false: a .local candidate is passed over, with success', async () => {
    await withServer({ MDNS_ENABLED: 'false' }, async (server) => {
      const headers = { 'Content-Type': 'application/sdp' };
      const body = offer();
      const response = await fetch(`${server.url}/whip/r`, { method: 'POST', body, headers });
      const line = (beginning: string): string => `${beginning}${sdpLines(body, beginning)[0]}`;
      const candidate =
        'a=candidate:1 1 udp 2122260223 0f0f0f0f-0000-4000-8000-000000000000.local 50000 typ host';
      const fragment = [line('a=ice-ufrag:'), line('a=ice-pwd:'), line('m='), line('a=mid:'), candidate, ''];
      const trickled = await fetch(new URL(response.headers.get('Location')!, server.url), {
        method: 'PATCH',
        body: fragment.join('\r\n'),
        headers: {
          'Content-Type': 'application/trickle-ice-sdpfrag',
          'If-Match': response.headers.get('ETag')!,
        },
      });
      assert.equal(trickled.status, 204);
    });
  });

  /** Whether Kurento's endpoints are written in Plan B: what they offer, and their answers to a client of either kind. */
  async function planB(server: ServerWithEnvironment): Promise<boolean[]> {
    const client = await KurentoTestClient.open(`${server.url.replace('http', 'ws')}/kurento`);
    const mediaPipeline = await client.create('MediaPipeline');
    const endpoint = () => client.create('WebRtcEndpoint', { mediaPipeline });
    const answerTo = async (name: Parameters<typeof browserOffer>[0]): Promise<string> =>
      client.invoke(await endpoint(), 'processOffer', { offer: browserOffer(name) });
    const offer: string = await client.invoke(await endpoint(), 'generateOffer');
    const descriptions = [
      offer,
      await answerTo('plan-b-chromium-two-videos'),
      await answerTo('chromium-audio-video'),
    ];
    client.socket.terminate();
    for (const sdp of descriptions) assert.equal(sdpLines(sdp, 'm=').length, 2);
    const inPlanB = descriptions.map((sdp) => sdp.includes(' mslabel:'));
    assert.deepEqual(sdpLines(offer, 'a=mid:'), inPlanB[0] ? ['audio', 'video'] : ['0', '1']);
    return inPlanB;
  }

  for (const [semantics, offer, toPlanB, toBrowser] of [
    ['unified-plan', false, false, false],
    ['unified-plan-with-fallback', false, true, false],
    ['plan-b', true, true, true],
  ] as const) {
    const written = (name: string, isPlanB: boolean) =>
      `${name} ${isPlanB ? 'in Plan B' : 'in Unified Plan'}`;
    const claim = [
      written('Kurento’s offers are', offer),
      written('answers to Plan B', toPlanB),
      written('those to browsers', toBrowser),
    ];
    test(`SDP_SEMANTICS=${semantics}: ${claim.join(', ')}`, async () => {
      await withServer({ SDP_SEMANTICS: semantics }, async (server) => {
        assert.deepEqual(await planB(server), [offer, toPlanB, toBrowser]);
        // A line of its own for each track, as ever, for the clients of other dialects.
        const peer = await publish(server, (both) => {
          video(both);
          both.addTrack('video', 's2', 'v2', 'sendonly');
        });
        await untilAsync('both are published', async () =>
          (await server.rooms()).some(({ participants }) => participants[0]?.publications.length === 2),
        );
        peer.close();
      });
    });
  }
});

describe('timeouts', { concurrency }, () => {
  test('ICE_DISCONNECTED_TIMEOUT and ICE_FAILED_TIMEOUT: disconnected after the one, gone after both', async () => {
    const environment = { ICE_DISCONNECTED_TIMEOUT: '3.2', ICE_FAILED_TIMEOUT: '1.5' };
    await withServer(environment, async (server) => {
      const state = async (): Promise<string> =>
        (await server.rooms())[0]?.participants[0]?.connectionState ?? 'gone';
      const peer = await publish(server, audio);
      // It checks each 2.5 s, so it stays as long as it is there.
      await sleep(4000);
      assert.equal(await state(), 'connected');
      peer.close();
      await untilAsync('it counts as disconnected', async () => (await state()) === 'disconnected', 4500);
      const disconnectedAt = performance.now();
      await untilAsync('it is gone', async () => (await state()) === 'gone', 4500);
      const furtherMs = performance.now() - disconnectedAt;
      assert.ok(furtherMs > 1200 && furtherMs < 2500, `${furtherMs} ms`);
    });
  });

  test('ICE_KEEPALIVE_INTERVAL: an indication each so often; unset, none', async () => {
    const indications = async (environment: Environment): Promise<number> => {
      let count = 0;
      await withServer(environment, async (server) => {
        const body = offer();
        const answer = await server.answer('/whip/r', body);
        const first = (sdp: string, beginning: string): string => sdpLines(sdp, beginning)[0];
        const credentials = (sdp: string) => ({
          usernameFragment: first(sdp, 'a=ice-ufrag:'),
          password: first(sdp, 'a=ice-pwd:'),
        });
        const { address, port } = candidatesOf(answer)[0];
        const ice = new IceClient({ local: credentials(body), remote: credentials(answer), randomBytes });
        const socket = createSocket('udp4');
        let connected = false;
        socket.on('message', (datagram) => {
          if (parseStun(datagram)?.type === StunType.BindingIndication) count++;
          ice.handleStun(performance.now(), datagram);
          connected ||= ice.connected;
        });
        socket.send(ice.handleTimeout(performance.now())!, port, address);
        await until('the check is answered', () => connected);
        await sleep(1100);
        socket.close();
      });
      return count;
    };
    const count = await indications({ ICE_KEEPALIVE_INTERVAL: '0.25' });
    assert.ok(count >= 3 && count <= 4, `${count}`);
    assert.equal(await indications({}), 0);
  });

  test('an interval that is no shorter than the time without a sign of life is warned of', async () => {
    await withServer({ ICE_KEEPALIVE_INTERVAL: '5', ICE_DISCONNECTED_TIMEOUT: '5' }, async (server) => {
      assert.deepEqual(server.warnings, [
        'ICE_KEEPALIVE_INTERVAL: should be less than ICE_DISCONNECTED_TIMEOUT.',
      ]);
    });
  });
});

describe('the router', { concurrency }, () => {
  test('ROUTER_WITH_STATS: every track in /metrics', async () => {
    const names = ['manifold_track_bits_per_second', 'manifold_delivered_track_packets_total'];
    for (const value of ['true', 'false']) {
      await withServer({ ROUTER_WITH_STATS: value }, async (server) => {
        const publisher = await publish(server, video);
        const viewer = await watch(server);
        await until('it is seen', () => [...viewer.received.values()].some((packets) => packets > 5));
        const metrics = await server.metrics();
        for (const name of names) assert.equal(metrics.names.includes(name), value === 'true', name);
        if (value === 'true') {
          const labels = { room: 'r', participant: 'publisher', kind: 'video' };
          assert.ok(metrics.sum('manifold_track_packets_total', labels) > 5);
          assert.equal(metrics.sum('manifold_track_lost_packets', labels), 0);
          assert.ok(metrics.sum('manifold_track_key_frame_requests_total', labels) > 0);
          assert.ok(metrics.sum('manifold_delivered_track_packets_total', labels) > 5);
        }
        publisher.close();
        viewer.close();
      });
    }
  });

  test('ROUTER_MAX_BANDWIDTH: the publisher is asked, by REMB, to send no more', async () => {
    await withServer({ ROUTER_MAX_BANDWIDTH: '654321' }, async (server) => {
      const estimates: number[] = [];
      const publisher = await publish(server, video);
      const handler = silentHandler({ receiverEstimate: (bitrate) => estimates.push(bitrate) });
      publisher.onRtcp = (packet) => parseRtcp(packet, 0, packet.length, handler);
      await until('an estimate comes', () => estimates.length > 0);
      for (const estimate of estimates) assert.ok(estimate <= 654_321 && estimate > 650_000, `${estimate}`);
      publisher.close();
    });
  });

  test('ROUTER_MAX_PACKET_TRACK: so many packets of a video can be asked for again; less than 64 are 64', async () => {
    const [asked, back] = [100, 80];
    for (const [environment, repaired] of [
      [{}, true],
      [{ ROUTER_MAX_PACKET_TRACK: '1' }, false],
    ] as const) {
      await withServer(environment, async (server) => {
        if (!repaired) assert.deepEqual(server.warnings, ['ROUTER_MAX_PACKET_TRACK: is taken for 64.']);
        let newest = -1;
        let ssrc = 0;
        const publisher = await publish(server, video);
        const viewer = await watch(server, {
          onPacket: (packet) => {
            const view = new DataView(packet.buffer, packet.byteOffset);
            if ((packet[1] & 0x7f) !== 96) return;
            newest = view.getUint16(2);
            ssrc = view.getUint32(8);
          },
        });
        await until('it is seen', () => newest >= 0);
        // All at once: what was sent more than a second ago is of no use to anybody.
        publisher.transmits = true;
        for (let i = 0; i < asked; i++) publisher.tick();
        network.sendQueue.flush();
        await sleep(200);
        const nack = new Uint8Array(64);
        const wanted = Uint16Array.of((newest - back) & 0xffff);
        viewer.sendRtcp(nack.subarray(0, writeNack(nack, 0, 1, ssrc, wanted, 1)));
        network.sendQueue.flush();
        const done = async (): Promise<boolean> => {
          const metrics = await server.metrics();
          const sent = metrics.sum('manifold_retransmissions_total', { direction: 'out' });
          const gone = metrics.sum('manifold_drops_total', { reason: 'retransmission-gone' });
          assert.deepEqual(
            sent + gone > 0 ? [sent, gone] : [],
            sent + gone > 0 ? (repaired ? [1, 0] : [0, 1]) : [],
          );
          return sent + gone > 0;
        };
        await untilAsync('the NACK is answered or not', done);
        publisher.close();
        viewer.close();
      });
    }
  });

  /** In how many of ten looks, from a second after the start of speech on, somebody is seen to speak. */
  async function seenSpeaking(
    environment: Environment,
    ...speech: readonly [level: number, loudMs?: number, everyMs?: number]
  ) {
    let seen = 0;
    await withServer(environment, async (server) => {
      const peer = await publish(server, audio);
      const stop = speaks(peer, ...speech);
      await sleep(1000);
      for (let looks = 0; looks < 10; looks++) {
        seen += (await server.metrics()).sum('manifold_speaking');
        await sleep(50);
      }
      stop();
      peer.close();
    });
    return seen;
  }

  test('ROUTER_AUDIO_LEVEL_INTERVAL: how often it is seen who speaks; 0 for never', async () => {
    assert.equal(await seenSpeaking({ ROUTER_AUDIO_LEVEL_INTERVAL: '0' }, -20), 0);
    assert.equal(await seenSpeaking({ ROUTER_AUDIO_LEVEL_INTERVAL: '60000' }, -20), 0);
    assert.ok((await seenSpeaking({ ROUTER_AUDIO_LEVEL_INTERVAL: '50' }, -20)) > 0);
  });

  test('ROUTER_AUDIO_LEVEL_THRESHOLD: quieter than that is no voice; 0 is 40', async () => {
    for (const [threshold, level, voice] of [
      ['30', -28, true],
      ['30', -35, false],
      ['0', -38, true],
      ['0', -45, false],
    ] as const) {
      const environment = { ROUTER_AUDIO_LEVEL_INTERVAL: '50', ROUTER_AUDIO_LEVEL_THRESHOLD: threshold };
      assert.equal((await seenSpeaking(environment, level)) > 0, voice, `${level} dBov at ${threshold}`);
    }
  });

  test('ROUTER_AUDIO_LEVEL_FILTER: the share of packets that must be loud; 0 is 20', async () => {
    for (const [filter, voice] of [
      ['100', false],
      ['0', true],
    ] as const) {
      const environment = { ROUTER_AUDIO_LEVEL_INTERVAL: '20', ROUTER_AUDIO_LEVEL_FILTER: filter };
      assert.equal((await seenSpeaking(environment, -20, 200, 400)) > 0, voice, filter);
    }
  });
});

// One after the other: what they see depends on what the network is found to carry.
describe('simulcast', () => {
  /** The sides of the pictures that a new viewer gets in the first second, in order; it is watched until `done`. */
  async function sidesSeen(
    environment: Environment,
    args: readonly string[],
    done: (sides: readonly number[]) => boolean = () => true,
  ): Promise<number[]> {
    const sides: number[] = [];
    let inFirstSecond: number[] = [];
    await withServer(
      environment,
      async (server) => {
        const publisher = await publish(server, (peer) => {
          video(peer);
          peer.encodings = 3;
        });
        await untilAsync('all encodings are known', async () => {
          const publication = (await server.rooms())[0]?.participants[0]?.publications[0];
          return publication?.layers.filter(({ bitrate }) => bitrate > 0).length === 3;
        });
        const viewer = await watch(server, {
          reportsArrivals: args.length > 0,
          onPacket: (packet) => {
            const side = sideOf(packet);
            // Padding is no picture.
            if (side > 0) sides.push(side);
          },
        });
        await until('something is seen', () => sides.length > 0);
        await sleep(900);
        inFirstSecond = [...sides];
        await until('what is to come is seen', () => done(sides));
        publisher.close();
        viewer.close();
      },
      args,
    );
    return inFirstSecond;
  }

  test('SIMULCAST_BEST_QUALITY_FIRST: a viewer starts with the largest picture, or the smallest, which then grows', async () => {
    // Room for the smallest, as long as nothing is known.
    const tight = ['--bandwidth-initial-outgoing-bitrate=4000', '--bandwidth-min-outgoing-bitrate=0'];
    assert.equal((await sidesSeen({}, tight))[0], 16);
    assert.equal((await sidesSeen({ SIMULCAST_BEST_QUALITY_FIRST: 'true' }, tight)).at(-1), 64);
    const grows = (sides: readonly number[]): boolean => sides.at(-1) === 64;
    assert.ok((await sidesSeen({}, [], grows)).includes(64));
    const low = await sidesSeen({ SIMULCAST_BEST_QUALITY_FIRST: 'false' }, [], grows);
    assert.ok(low.length > 20 && low.every((side) => side === 16), low.join());
  });

  test('SIMULCAST_ENABLE_TEMPORAL_LAYER: less bandwidth halves the frame rate, or does not', async () => {
    for (const value of ['true', 'false']) {
      await withServer(
        { SIMULCAST_ENABLE_TEMPORAL_LAYER: value },
        async (server) => {
          const publisher = await publish(server, (peer) => {
            video(peer);
            peer.temporalLayers = 2;
          });
          const viewer = await watch(server);
          let all = 0;
          await untilAsync('the layers are known', async () => {
            const subscription = await viewed(server);
            all = subscription?.layers?.available.at(-1)?.bitrate ?? 0;
            return all > 0 && subscription?.layers?.available.at(-1)?.temporal === 1;
          });
          // A little less than all of it takes: one layer too many, and still enough to keep the one there is.
          const remb = new Uint8Array(64);
          const ssrc = [...viewer.received.keys()][0];
          const report = remb.subarray(0, writeReceiverEstimate(remb, 0, 1, all * 0.95, [ssrc]));
          const rate = async (): Promise<number> => {
            const before = [...viewer.received.values()].reduce((sum, packets) => sum + packets);
            await sleep(1000);
            return [...viewer.received.values()].reduce((sum, packets) => sum + packets) - before;
          };
          assert.ok((await rate()) > 40, 'at first');
          const reporting = setInterval(() => viewer.sendRtcp(report), 200);
          await sleep(1500);
          const limited = await rate();
          clearInterval(reporting);
          if (value === 'true') assert.ok(limited > 18 && limited < 32, `${limited} packets a second`);
          else assert.ok(limited > 40, `${limited} packets a second`);
          publisher.close();
          viewer.close();
        },
        ['--bandwidth-min-outgoing-bitrate=0'],
      );
    }
  });
});

describe('the start', { concurrency }, () => {
  const sample = parseEnv(
    readFileSync(new URL('../../.env.example', import.meta.url), 'utf8'),
  ) as Environment;

  test('with every default given explicitly it is a normal one', async () => {
    const tlsPort = await freeTcpPort();
    await withServer({ ...sample, HTTP_PORT: '0', HTTPS_PORT: `${tlsPort}` }, async (server) => {
      assert.equal((await fetch(`${server.url}/health`)).status, 200);
      assert.equal((await fetch(`${server.url}/metrics`)).status, 404);
      assert.equal(await httpsStatus(tlsPort, '/health'), 200);
      const publisher = await publish(server, video);
      const viewer = await watch(server);
      await until('media flows', () => [...viewer.received.values()].some((packets) => packets > 5));
      publisher.close();
      viewer.close();
    });
  });

  test('all that is wrong is told in one go, each by its name, with exit code 2', async () => {
    const environment = {
      HTTP_PORT: 'high',
      ICE_PORT_RANGE: '50000',
      ICE_CANDIDATE_TYPE: 'relay',
      SDP_SEMANTICS: 'plan-c',
      MDNS_ENABLED: 'yes',
      TURN_ENABLED: 'true',
      TURN_ADDRESS: '192.0.2.1:3478',
      TURN_REALM: 'example.org',
      TURN_PORT_RANGE: '50000,50100',
      TURN_CREDENTIALS: 'user=geheim',
      TURN_SECRET: 'geheim',
      ROUTER_AUDIO_LEVEL_THRESHOLD: '200',
    };
    const { code, stdout, stderr } = await refusal(environment);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    const lines = stderr.trimEnd().split('\n');
    for (const [name, value] of Object.entries(environment)) {
      const line = lines.find((text) => text.startsWith(`manifold: ${name}: `));
      assert.ok(line !== undefined, `${name} in ${stderr}`);
      if (value.includes('geheim')) assert.doesNotMatch(line, /got/);
      else assert.ok(line.endsWith(`(got "${value}")`), line);
    }
    assert.equal(lines.length, Object.keys(environment).length);
    assert.doesNotMatch(stderr, /geheim/);
  });

  test('.env in the working directory is read; the real environment and flags win', async () => {
    writeFileSync(
      join(directory, '.env'),
      'ENABLE_METRICS=false\nICE_NAT_1TO1_IPS="192.0.2.9"\nHTTP_PORT=1\n',
    );
    const server = await ServerWithEnvironment.start({ ICE_CANDIDATE_TYPE: 'srflx' }, { directory });
    assert.equal((await fetch(`${server.url}/metrics`)).status, 404);
    const types = candidatesOf(await server.answer('/whip/r', offer())).map(
      ({ type, address }) => `${type} ${address}`,
    );
    assert.deepEqual([...new Set(types)], ['host 127.0.0.1', 'srflx 192.0.2.9']);
    await server.stop();
    const own = await refusal({ MANIFOLD_HTTP_PORT: '70000' }, { directory });
    assert.match(own.stderr, /^manifold: http\.port \(from MANIFOLD_HTTP_PORT\)/);
    writeFileSync(join(directory, '.env'), 'HTTP_PORT=nonsense\n');
    const wrong = await refusal({}, { directory });
    assert.equal(wrong.code, 2);
    assert.match(
      wrong.stderr,
      /^manifold: HTTP_PORT: must be a whole number from 0 to 65535 \(got "nonsense"\)\n$/,
    );
  });
});

/**
 * Somebody who speaks so loud, in dBov, with the pauses between syllables that tell speech from noise: 200 of each
 * 300 ms, or what else is said.
 */
function speaks(peer: HeadlessPeer, level: number, loudMs = 200, everyMs = 300): () => void {
  const begin = performance.now();
  const timer = setInterval(() => {
    peer.audioLevel = (performance.now() - begin) % everyMs < loudMs ? level : -100;
  }, 5);
  return () => clearInterval(timer);
}

/** The side of the picture that a headless peer's key frame begins, wherever the header ends. */
function sideOf(packet: Uint8Array): number {
  const at = Buffer.from(packet).indexOf(Buffer.of(0x9d, 0x01, 0x2a));
  return at < 0 ? -1 : packet[at + 3];
}

function silentHandler(part: Partial<RtcpHandler>): RtcpHandler {
  return {
    senderReport() {},
    reportBlock() {},
    goodbye() {},
    nack() {},
    pictureLoss() {},
    fullIntraRequest() {},
    receiverEstimate() {},
    transportFeedback() {},
    ...part,
  };
}
