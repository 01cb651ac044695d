/** The Talksy dialect over real WebSockets; with headless peers where a connection has to be up. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type WebSocket from 'ws';
import { completeConfig } from '../../src/config/read-config.ts';
import { parseCandidate } from '../../src/webrtc/ice/candidate.ts';
import { HeadlessNetwork, until } from './headless-peer.ts';
import { browserOffer, type RunningManifold, sdpLines, startManifold } from './running-manifold.ts';
import { TalksyCaller, type TalksyCallerOptions } from './talksy-caller.ts';
import { TalksyTestClient } from './talksy-test-client.ts';

let server: RunningManifold;
let network: HeadlessNetwork;
/** Each test has rooms of its own. */
let roomCount = 0;
const newRoom = () => `room-${++roomCount}`;

const open = (path: string, options: WebSocket.ClientOptions = {}) =>
  TalksyTestClient.open(server.webSocket + path, options);
const openRoom = (room = newRoom()) => TalksyTestClient.openRoom(server.webSocket, room);
const start = (room: string, name: string, options: TalksyCallerOptions = {}) =>
  TalksyCaller.start(network, server.webSocket, room, name, options);
const tracksOf = (...names: string[]) => names.flatMap((name) => [`${name}-audio`, `${name}-video`]).sort();
const hears = (caller: TalksyCaller, ...names: string[]) =>
  until(`${caller.name} hears ${names.join(', ')}`, () => caller.heard.join() === tracksOf(...names).join());
const fetchStatistics = async (room: string) => (await fetch(`${server.http}/stats?room_id=${room}`)).json();

// Most of their time they wait, and each has rooms of its own.
describe('the Talksy dialect', { concurrency: 6 }, () => {
  before(async () => {
    server = await startManifold({ limits: { messageBytes: 65_536, sdpBytes: 65_536 } });
    network = new HeadlessNetwork();
  });

  after(async () => {
    network.close();
    await server.close();
    assert.deepEqual(server.errors, []);
  });

  const lastStatistics = ({ client }: TalksyCaller) =>
    client.of('track_stats').at(-1) ?? { sent_track_stats: [] };

  test('check 1: the first frame is the client id, without status', async () => {
    const client = await openRoom();
    const id = await client.next('clientid', 1000);
    assert.match(id, /^[A-Za-z0-9]{21}$/);
    assert.deepEqual(client.all[0], { type: 'clientid', data: id });
    client.close();
  });

  test('check 2: a bare SDP gets one answer object, and nothing of the negotiation precedes it', async () => {
    for (const name of ['chromium-audio-video', 'firefox-audio-video'] as const) {
      const client = await openRoom();
      client.send('offer', browserOffer(name));
      const answer = await client.next('answer');
      assert.deepEqual(Object.keys(answer), ['type', 'sdp']);
      assert.equal(answer.type, 'answer');
      assert.deepEqual(sdpLines(answer.sdp, 'a=recvonly').length, 2, 'nothing is sent on the client’s lines');
      assert.ok(!answer.sdp.includes('m=application'));
      await client.next('candidate');
      await client.settled();
      assert.deepEqual(client.types.slice(0, 3), ['clientid', 'answer', 'candidate']);
      assert.equal(client.of('answer').length, 1);
      client.close();
    }
  });

  test('check 3: candidates are candidate inits, with the parts the original sends', async () => {
    const client = await openRoom();
    client.send('offer', browserOffer('chromium-audio-video'));
    const { sdp } = await client.next('answer');
    await client.settled();
    const candidates = client.of('candidate');
    assert.ok(candidates.length > 0);
    for (const data of candidates) {
      const parsed = parseCandidate(data.candidate);
      assert.equal(data.sdpMid, '0');
      assert.equal(data.sdpMLineIndex, 0);
      assert.equal(data.usernameFragment, sdpLines(sdp, 'a=ice-ufrag:')[0]);
      assert.equal(data.address, parsed.address);
      assert.equal(data.port, server.manifold.mediaPort);
      assert.deepEqual([data.protocol, data.component, data.type], [1, 1, 'host']);
    }
    client.close();
  });

  test('client candidates of every form are taken, before and after the offer', async () => {
    const client = await openRoom();
    const send = () => {
      for (const data of [
        'candidate:1 1 udp 2113937151 192.0.2.7 50000 typ host',
        'candidate:2 1 udp 2113937151 3f2a1b4c-0000-4000-8000-000000000000.local 50000 typ host',
        'candidate:3 1 tcp 1518280447 192.0.2.7 9 typ host tcptype active',
        '',
        'candidate:nonsense',
        null,
        { candidate: 'candidate:1 1 udp 1 192.0.2.7 1 typ host' },
      ])
        client.send('candidate', data);
    };
    send();
    client.send('offer', browserOffer('firefox-audio-video'));
    send();
    await client.next('answer');
    await client.settled();
    assert.equal(client.closed, null);
    client.close();
  });

  test('checks 4, 5: the owner is asked by its own ids, and others hear of a track only after its word', async () => {
    const room = newRoom();
    const listener = await openRoom(room);
    const anna = await start(room, 'anna', { silent: true });
    const asked = async () => {
      const ids = anna.client.of('tracks_added').flatMap((data) => Object.entries(data));
      return ids.length === 2 ? ids : null;
    };
    await until('the owner is asked', () => anna.client.of('tracks_added').flatMap(Object.keys).length === 2);
    assert.deepEqual((await asked())?.sort(), [
      ['anna-audio', { id: 'anna-audio' }],
      ['anna-video', { id: 'anna-video' }],
    ]);
    await sleep(300);
    assert.deepEqual(listener.of('tracks_available'), []);
    anna.client.send('tracks_added', { 'anna-audio': 'media', 'anna-video': 'window', other: 'media' });
    const available = await listener.next('tracks_available');
    const common = { client_id: anna.client.id, client_name: anna.client.id, stream_id: 'anna-stream' };
    assert.deepEqual(available, {
      'anna-audio': {
        ...common,
        id: 'anna-audio',
        source_type: 'media',
        source: 'media',
        kind: 'audio',
        is_simulcast: false,
      },
      'anna-video': {
        ...common,
        id: 'anna-video',
        source_type: 'screen',
        source: 'screen',
        kind: 'video',
        is_simulcast: false,
      },
    });
    assert.deepEqual(anna.client.of('tracks_available'), [], 'not to the owner');
    anna.close();
    listener.close();
  });

  test('checks 7, 8, 9: three see each other under the ids their owners gave, the late one too, without doubles', async () => {
    const room = newRoom();
    const anna = await start(room, 'anna');
    const ben = await start(room, 'ben');
    await hears(anna, 'ben');
    await hears(ben, 'anna');
    const cleo = await start(room, 'cleo');
    await hears(cleo, 'anna', 'ben');
    await hears(anna, 'ben', 'cleo');
    await hears(ben, 'anna', 'cleo');
    for (const caller of [anna, ben, cleo]) {
      assert.deepEqual(caller.failures, []);
      const tracks = caller.peer.remoteTracks;
      assert.equal(tracks.length, 4, 'no doubles');
      for (const { streamId, trackId } of tracks) assert.equal(streamId, `${trackId?.split('-')[0]}-stream`);
    }
    anna.close();
    ben.close();
    cleo.close();
  });

  test('check 10: a closed socket takes both tracks from the others in one offer, and the rest go on', async () => {
    const room = newRoom();
    const anna = await start(room, 'anna');
    const ben = await start(room, 'ben');
    const cleo = await start(room, 'cleo');
    await hears(anna, 'ben', 'cleo');
    await until('anna is at rest', () => anna.peer.negotiator.signalingState === 'stable');
    const before = anna.client.of('offer').length;
    // As the page's Disconnect: only the socket closes, its media goes on.
    ben.client.close();
    await until('ben is gone', () => anna.peer.remoteTracks.length === 2, 5000);
    assert.equal(anna.client.of('offer').length, before + 1);
    await hears(anna, 'cleo');
    await hears(cleo, 'anna');
    ben.peer.close();
    anna.close();
    cleo.close();
  });

  test('check 11: rooms do not mix; without room_id it is default, and "null" is a room as any', async () => {
    const anna = await start('null', 'anna');
    const ben = await start('', 'ben');
    const other = await start('default', 'cleo');
    await hears(ben, 'cleo');
    await hears(other, 'ben');
    assert.deepEqual(anna.heard, []);
    const statistics = await (await fetch(`${server.http}/stats`)).json();
    const there = Object.keys(statistics.client_stats);
    assert.ok(
      there.includes(ben.client.id) && there.includes(other.client.id) && !there.includes(anna.client.id),
    );
    assert.deepEqual(Object.keys((await fetchStatistics('null')).client_stats), [anna.client.id]);
    anna.close();
    ben.close();
    other.close();
  });

  test('checks 11, 24: every way to connect greets: /wss, debug, no Origin, and /ws without room_id', async () => {
    for (const path of [
      '/wss?room_id=x',
      '/wss',
      '/ws?debug=1&room_id=x',
      '/ws?&room_id=',
      '/wss?debug=1',
      '/ws',
      '/ws?debug=1',
    ]) {
      for (const options of [{}, { origin: 'https://elsewhere.example' }]) {
        const client = await open(path, options);
        await client.next('clientid', 2500);
        client.close();
      }
    }
  });

  test('on /ws without room_id, a client that speaks first is recognised, and one that waits is greeted, once', async () => {
    const hasty = await open('/ws');
    hasty.send('offer', browserOffer('chromium-audio-video'));
    await hasty.next('answer');
    assert.deepEqual(hasty.types.slice(0, 2), ['clientid', 'answer']);
    const patient = await open('/ws');
    const id = await patient.next('clientid');
    patient.send('offer', browserOffer('chromium-audio-video'));
    await patient.next('answer');
    assert.deepEqual(patient.of('clientid'), [id]);
    const statistics = await (await fetch(`${server.http}/stats`)).json();
    for (const known of [hasty.id, id]) assert.ok(Object.hasOwn(statistics.client_stats, known));
    hasty.close();
    patient.close();
  });

  test('check 15: a shared screen is allowed, offered, answered and announced; the camera goes on', async () => {
    const room = newRoom();
    const anna = await start(room, 'anna');
    const ben = await start(room, 'ben');
    await hears(ben, 'anna');
    await until('anna is at rest', () => anna.heard.length === 2);
    await sleep(200);
    anna.shareScreen();
    assert.equal(await anna.client.next('allow_renegotiation'), true);
    await until(
      'ben sees the screen',
      () => ben.heard.join() === ['anna-audio', 'anna-screen-video', 'anna-video'].join(),
    );
    assert.equal(anna.client.of('answer').length, 2);
    assert.deepEqual(anna.failures, []);
    await hears(anna, 'ben');
    anna.close();
    ben.close();
  });

  test('check 16: permission asked in the server’s round is refused, then given exactly once', async () => {
    const room = newRoom();
    const anna = await start(room, 'anna');
    await until('the channel is open', () => anna.peer.openedChannels.length === 1);
    await sleep(300);
    anna.holdOffers = true;
    const ben = await start(room, 'ben');
    await until('an offer is out', () => anna.heldOffers === 1);
    anna.client.send('is_allow_renegotiation');
    assert.equal(await anna.client.next('allow_renegotiation'), false);
    anna.client.send('is_allow_renegotiation');
    assert.equal(await anna.client.next('allow_renegotiation'), false);
    // Something more to offer meanwhile does not take the client's turn.
    const cleo = await start(room, 'cleo');
    await until('cleo is known', () => anna.client.of('tracks_available').length >= 2);
    anna.takeHeldOffers();
    assert.equal(await anna.client.next('allow_renegotiation'), 'ok');
    const offers = anna.client.of('offer').length;
    await sleep(400);
    assert.equal(anna.client.of('offer').length, offers, 'no offer of the server in the client’s turn');
    anna.offer();
    await anna.client.next('answer');
    await hears(anna, 'ben', 'cleo');
    assert.deepEqual(anna.client.of('allow_renegotiation'), [false, false, 'ok']);
    anna.close();
    ben.close();
    cleo.close();
  });

  test('an offer that crosses the server’s is answered, and the server offers again', async () => {
    const room = newRoom();
    const anna = await start(room, 'anna');
    await until('the channel is open', () => anna.peer.openedChannels.length === 1);
    await sleep(300);
    anna.holdOffers = true;
    const ben = await start(room, 'ben');
    await until('an offer is out', () => anna.heldOffers === 1);
    const before = anna.client.of('answer').length;
    anna.peer.addTrack('video', 'anna-second', 'anna-second-video');
    anna.offer();
    await until('it is answered', () => anna.client.of('answer').length === before + 1);
    await until('a new offer is out', () => anna.heldOffers === 2);
    anna.client.send('answer', 'v=0\r\nthis is a late answer to the offer that is void');
    // Only the newer offer still holds.
    anna.holdOffers = false;
    anna.client.send('answer', anna.peer.answerOffer(anna.client.of('offer').at(-1).sdp));
    await hears(anna, 'ben');
    await until(
      'ben sees both',
      () => ben.heard.includes('anna-second-video') && ben.heard.includes('anna-video'),
    );
    anna.close();
    ben.close();
  });

  test('check 17: the internal channel opens before any track is sent; voice is told with its stream', async () => {
    const room = newRoom();
    const anna = await start(room, 'anna');
    const connectedAt = performance.now();
    await until('the channel is open', () => anna.peer.openedChannels.length === 1, 5000);
    assert.ok(performance.now() - connectedAt < 5000);
    const { label, ordered, lossy, protocol } = anna.peer.openedChannels[0];
    assert.deepEqual(
      { label, ordered, lossy, protocol },
      { label: 'internal', ordered: true, lossy: false, protocol: '' },
    );
    const firstOffer = anna.client.of('offer')[0].sdp;
    assert.deepEqual(sdpLines(firstOffer, 'm=').length, 3, 'alone with the lines of the client');
    anna.listen();
    const ben = await TalksyCaller.open(network, server.webSocket, room, 'ben');
    ben.addCamera();
    ben.peer.audioLevel = -30;
    await ben.connect();
    await hears(anna, 'ben');
    await until('ben is heard to speak', () => anna.notices.some(({ type }) => type === 'vad_started'));
    const { data } = anna.notices.find(({ type }) => type === 'vad_started')!;
    assert.deepEqual([data.trackID, data.streamID, data.clockRate], ['ben-audio', 'ben-stream', 48_000]);
    assert.ok(Number.isInteger(data.ssrc) && data.audioLevels.length > 0);
    for (const entry of data.audioLevels) {
      assert.deepEqual(Object.keys(entry), ['sequenceNo', 'timestamp', 'audioLevel', 'isVoice']);
      assert.deepEqual([entry.audioLevel, entry.isVoice], [30, true]);
    }
    ben.peer.audioLevel = -90;
    await until('ben is silent', () => anna.notices.at(-1)?.type === 'vad_ended');
    assert.equal(anna.notices.at(-1)?.data.audioLevels, null);
    assert.equal(anna.notices.at(-1)?.data.streamID, 'ben-stream');
    await sleep(500);
    assert.equal(anna.notices.filter(({ type }) => type === 'vad_ended').length, 1);
    anna.close();
    ben.close();
  });

  test('check 19: statistics come each second, before any SDP too, with all members; /stats likewise', async () => {
    const room = newRoom();
    const early = await openRoom(room);
    const first = await early.next('track_stats', 2500);
    assert.deepEqual(first.sent_track_stats, []);
    assert.deepEqual(first.received_track_stats, []);
    const anna = await start(room, 'anna');
    const ben = await start(room, 'ben');
    await hears(anna, 'ben');
    await hears(ben, 'anna');
    let stats = await anna.client.next('track_stats');
    await until('statistics of flowing media', () => {
      stats = anna.client.of('track_stats').at(-1);
      return (
        stats.sent_track_stats.length === 2 &&
        stats.received_track_stats.length === 2 &&
        stats.current_bitrate > 0
      );
    });
    assert.deepEqual(Object.keys(stats), [
      'id',
      'name',
      'publisher_bandwidth',
      'consumer_bandwidth',
      'current_bitrate',
      'current_publish_limitation',
      'sent_track_stats',
      'received_track_stats',
      'voice_activity_duration_ms',
    ]);
    assert.equal(stats.id, anna.client.id);
    const sent = stats.sent_track_stats.find(({ kind }: { kind: number }) => kind === 2);
    assert.deepEqual(Object.keys(sent), [
      'id',
      'stream_id',
      'kind',
      'codec',
      'packets_lost',
      'packets_sent',
      'fraction_lost',
      'bytes_sent',
      'current_bitrate',
      'source',
      'quality',
      'max_quality',
    ]);
    assert.deepEqual(
      [sent.id, sent.stream_id, sent.codec, sent.source],
      ['ben-video', 'ben-stream', 'video/VP8', 'media'],
    );
    assert.deepEqual([sent.quality, sent.max_quality], [9, 9]);
    const received = stats.received_track_stats.find(({ kind }: { kind: number }) => kind === 1);
    assert.deepEqual(Object.keys(received), [
      'id',
      'stream_id',
      'rid',
      'kind',
      'codec',
      'current_bitrate',
      'packets_lost',
      'packets_received',
      'bytes_received',
    ]);
    assert.deepEqual([received.id, received.rid, received.codec], ['anna-audio', '', 'audio/opus']);
    const gaps = anna.client.of('track_stats').length;
    await sleep(2000);
    assert.ok(Math.abs(anna.client.of('track_stats').length - gaps - 2) <= 1);
    const whole = await fetchStatistics(room);
    assert.deepEqual(Object.keys(whole), [
      'active_sessions',
      'clients_count',
      'bitrate_sent',
      'bitrate_received',
      'bytes_ingress',
      'bytes_egress',
      'received_tracks',
      'sent_tracks',
      'timestamp',
      'client_stats',
    ]);
    assert.deepEqual([whole.active_sessions, whole.clients_count], [2, 3]);
    assert.deepEqual(
      [whole.received_tracks, whole.sent_tracks],
      [
        { audio: 2, video: 2 },
        { audio: 2, video: 2 },
      ],
    );
    assert.match(whole.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);
    assert.deepEqual(
      Object.keys(whole.client_stats).sort(),
      [early.id, anna.client.id, ben.client.id].sort(),
    );
    ben.close();
    await until('ben is gone', () => anna.peer.remoteTracks.length === 0);
    const later = await fetchStatistics(room);
    assert.ok(
      later.bytes_ingress >= whole.bytes_ingress,
      `ingress ${whole.bytes_ingress}, then ${later.bytes_ingress}`,
    );
    assert.ok(
      later.bytes_egress >= whole.bytes_egress,
      `egress ${whole.bytes_egress}, then ${later.bytes_egress}`,
    );
    early.close();
    anna.close();
  });

  test('check 13: an answer accepts three encodings, in the order of the offer', async () => {
    const client = await openRoom();
    const offer = browserOffer('chromium-simulcast').replaceAll('\r\n', '\n');
    const rids = sdpLines(offer.replaceAll('\n', '\r\n'), 'a=rid:').map((line) => line.split(' ')[0]);
    assert.equal(rids.length, 3);
    const names = ['high', 'mid', 'low'];
    const renamed = offer
      .replaceAll(/^a=rid:(\S+)/gm, (_line, rid) => `a=rid:${names[rids.indexOf(rid)]}`)
      .replaceAll(/^a=simulcast:send .*$/gm, `a=simulcast:send ${names.join(';')}`)
      .replaceAll('\n', '\r\n');
    client.send('offer', renamed);
    const { sdp } = await client.next('answer');
    assert.deepEqual(
      sdpLines(sdp, 'a=rid:'),
      names.map((name) => `${name} recv`),
    );
    assert.deepEqual(sdpLines(sdp, 'a=simulcast:'), ['recv high;mid;low']);
    client.close();
  });

  test('check 20: /create_room makes a room that works, gone when idle; default stays', async () => {
    assert.equal(completeConfig({}).talksy.roomIdleMs, 3 * 60_000);
    // Sooner here.
    const idleServer = await startManifold({ talksy: { roomIdleMs: 1000 } });
    const ask = async (path: string, method = 'GET') => await fetch(idleServer.http + path, { method });
    try {
      const response = await ask('/create_room?name=My%20room');
      assert.equal(response.status, 200);
      assert.match(response.headers.get('content-type') ?? '', /^text\/plain/);
      const text = await response.text();
      const [, id = ''] = /^room_id: ([A-Za-z0-9]{16}), room_name: My room$/.exec(text) ?? [];
      assert.equal(text, `room_id: ${id}, room_name: My room`);
      const unnamed = await (await ask('/create_room', 'POST')).text();
      assert.match(unnamed, /^room_id: ([A-Za-z0-9]{16}), room_name: \1$/);
      const empty = await (await ask(`/stats?room_id=${id}`)).json();
      assert.deepEqual([empty.clients_count, empty.client_stats], [0, {}]);
      const play = (name: string) => TalksyCaller.start(network, idleServer.webSocket, id, name);
      const [anna, ben] = [await play('anna'), await play('ben')];
      await hears(anna, 'ben');
      await sleep(2500);
      assert.equal((await ask(`/stats?room_id=${id}`)).status, 200, 'not while somebody is in it');
      // Waits in the room without ever connecting.
      const waiting = await TalksyTestClient.openRoom(idleServer.webSocket, id);
      anna.close();
      ben.close();
      await until('the room is closed', () => waiting.closed !== null, 6000);
      assert.deepEqual(waiting.closed, { code: 1000, reason: 'room-closed' });
      assert.equal((await ask(`/stats?room_id=${id}`)).status, 404);
      const standing = await ask('/stats', 'POST');
      assert.deepEqual([standing.status, (await standing.json()).clients_count], [200, 0]);
      const [cleo, dan] = [
        await TalksyCaller.start(network, idleServer.webSocket, '', 'cleo'),
        await TalksyCaller.start(network, idleServer.webSocket, '', 'dan'),
      ];
      await hears(cleo, 'dan');
      cleo.close();
      dan.close();
      const again = await TalksyTestClient.openRoom(idleServer.webSocket, id);
      await again.next('clientid');
      again.close();
    } finally {
      await idleServer.close();
      assert.deepEqual(idleServer.errors, []);
    }
  });

  test('a client that does not connect in time is ended', async () => {
    const hurried = await startManifold({ talksy: { joinMs: 1000 } });
    try {
      const client = await TalksyTestClient.openRoom(hurried.webSocket, 'x');
      await until('it is ended', () => client.closed !== null, 5000);
      assert.deepEqual(client.closed, { code: 1000, reason: 'timeout' });
    } finally {
      await hurried.close();
    }
  });

  test('subscriptions before the connection is up are kept, bad ones are passed over, doubles do nothing', async () => {
    const room = newRoom();
    const anna = await start(room, 'anna');
    const ben = await TalksyCaller.open(network, server.webSocket, room, 'ben', { deaf: true });
    ben.addCamera();
    await until('anna is announced to nobody yet', () => anna.client.of('tracks_added').length > 0);
    const good = ['anna-audio', 'anna-video'].map((track_id) => ({ client_id: anna.client.id, track_id }));
    await sleep(300);
    ben.client.send('subscribe_tracks', [{ client_id: 'nobody', track_id: 'x' }, 7, ...good]);
    await ben.connect();
    await hears(ben, 'anna');
    const offers = ben.client.of('offer').length;
    ben.client.send('subscribe_tracks', [...good, { client_id: ben.client.id, track_id: 'ben-audio' }]);
    await sleep(400);
    assert.equal(ben.client.of('offer').length, offers);
    assert.equal(ben.peer.remoteTracks.length, 2);
    anna.close();
    ben.close();
  });

  test('two publishers with the same track ids are both heard', async () => {
    const room = newRoom();
    const listener = await start(room, 'listener');
    const twins = [await start(room, 'twin'), await start(room, 'twin')];
    // The second pair has other track ids on the wire: two of the same in a description are refused by browsers.
    await until('both twins are heard', () => listener.heard.length === 4);
    assert.deepEqual(
      new Set(listener.peer.remoteTracks.map(({ streamId }) => streamId)),
      new Set(['twin-stream']),
    );
    for (const caller of [listener, ...twins]) caller.close();
  });

  test('check 14: none stops video and not audio, and comes back; a limit on the bit rate is text or number', async () => {
    const room = newRoom();
    const anna = await start(room, 'anna');
    const ben = await start(room, 'ben');
    await hears(anna, 'ben');
    const packets = (kind: string) =>
      anna.peer.remoteTracks.find((track) => track.kind === kind)?.packets ?? 0;
    anna.client.send('switch_quality', 'none');
    await anna.client.settled();
    await sleep(100);
    const [video, audio] = [packets('video'), packets('audio')];
    await sleep(500);
    assert.equal(packets('video'), video);
    assert.ok(packets('audio') > audio + 10);
    const statistics = () => lastStatistics(anna).sent_track_stats;
    await until('it is shown', () =>
      statistics().some(
        ({ kind, quality, max_quality }: Record<string, number>) =>
          kind === 2 && quality === 0 && max_quality === 0,
      ),
    );
    anna.client.send('switch_quality', 'nonsense');
    anna.client.send('switch_quality', 'high');
    await until('video is back', () => packets('video') > video + 5, 3000);
    anna.client.send('set_bandwidth_limit', '300000');
    await until('the limit holds', () => lastStatistics(anna).consumer_bandwidth <= 300_000);
    anna.client.send('set_bandwidth_limit', 'none');
    await until('it is lifted', () => lastStatistics(anna).consumer_bandwidth > 300_000);
    anna.client.send('update_bandwidth', 777_000);
    await until('the publisher’s word', () => lastStatistics(anna).publisher_bandwidth === 777_000);
    anna.tell('stats', { available_outgoing_bitrate: 888_000.5, quality_limitation_reason: 'cpu' });
    await until('its measurement', () => {
      const { publisher_bandwidth, current_publish_limitation } = anna.client.of('track_stats').at(-1);
      return publisher_bandwidth === 888_000.5 && current_publish_limitation === 'cpu';
    });
    anna.close();
    ben.close();
  });
});
