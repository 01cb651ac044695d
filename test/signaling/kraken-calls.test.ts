/** Sections 2 and 3.1 to 3.3 of the Kraken protocol: what each call checks, and in which order. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { errorCodes as code } from '../../src/signaling/kraken/kraken-error.ts';
import { HeadlessNetwork } from './headless-peer.ts';
import { call, directionOf, errorCodeOf, KrakenCaller, line, sections } from './kraken-caller.ts';
import { browserOffer, type RunningManifold, startManifold } from './running-manifold.ts';

let server: RunningManifold;
let network: HeadlessNetwork;
let url: string;
let roomNumber = 0;

before(async () => {
  server = await startManifold({ limits: { joinsPerSecond: 0 } });
  network = new HeadlessNetwork();
  url = server.http;
});

after(async () => {
  network.close();
  await server.close();
  assert.deepEqual(server.errors, []);
});

const newRoom = () => `room-${++roomNumber}`;
const offer = browserOffer('chromium-audio-video');
const jsep = JSON.stringify({ type: 'offer', sdp: offer });
const candidate =
  'candidate:1 1 udp 2122260223 192.0.2.7 50000 typ host generation 0 ufrag abcd network-id 1';

describe('publish', () => {
  it('check 7: list has who published, as it was spelled, until it ends', async () => {
    const rid = newRoom();
    assert.deepEqual((await call(url, 'list', [rid])).data, { peers: [] });
    const uid = 'u%3AQWxpY2U%3D';
    const { data } = await call(url, 'publish', [rid, uid, jsep]);
    assert.match(data.track, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.deepEqual((await call(url, 'list', [rid])).data, { peers: [{ id: uid, track: data.track }] });
    const participant = server.manifold.rooms.rooms.get(rid)?.participants.get(uid);
    assert.deepEqual([participant?.dialect, participant?.name], ['kraken', 'Alice']);
    await call(url, 'end', [rid, uid, data.track]);
    assert.deepEqual((await call(url, 'list', [rid])).data, { peers: [] });
  });

  it('check 8: ids have one canonical spelling', async () => {
    const bad = ['', 'a b', 'a%20b', 'a%2fb', 'a!b', '%zz', 'a:b', 'a%41', '%7E', 'a%', 'é', 'x'.repeat(257)];
    for (const id of bad) {
      assert.equal(await errorCodeOf(call(url, 'publish', [id, 'u', jsep])), code.invalidParameters, id);
      assert.equal(await errorCodeOf(call(url, 'publish', ['r', id, jsep])), code.invalidParameters, id);
    }
    for (const id of ['a+b', 'a%2Fb', '%FF', 'x'.repeat(256), '%2B', 'a-_.~', '%00']) {
      for (const [rid, uid] of [
        [id, 'u'],
        [newRoom(), id],
      ]) {
        const answer = await call(url, 'publish', [rid, uid, jsep]);
        assert.equal(answer.error, undefined, id);
        await call(url, 'end', [rid, uid, answer.data.track]);
      }
    }
  });

  it('check 9: jsep that is no offer is an invalid SDP, which HTTP calls a success', async () => {
    for (const wrong of [
      'x',
      'null',
      '[]',
      '{}',
      '{"type":"offer"}',
      JSON.stringify({ type: 'answer', sdp: offer }),
      JSON.stringify({ type: 'nonsense', sdp: offer }),
      JSON.stringify({ type: 'offer', sdp: 'v=1' }),
    ]) {
      const { error } = await call(url, 'publish', [newRoom(), 'u', wrong]);
      assert.equal(error.code, code.invalidSdp, wrong);
      assert.equal(error.status, 202);
      assert.equal(typeof error.description, 'string');
    }
    const answer = await call(url, 'publish', [
      newRoom(),
      'u',
      JSON.stringify({ type: 'OFFER', sdp: offer }),
    ]);
    assert.equal(answer.error, undefined);
  });

  it('an offer that cannot be used is another error, of the server’s, and replaces nobody', async () => {
    const rid = newRoom();
    const caller = await KrakenCaller.join(network, url, rid, 'u');
    const pcma = offer
      .replace(/opus\/48000/g, 'unheard-of/48000')
      .replace(/ (red|PCMU|PCMA|G722)\//gi, ' x$1/');
    const noOpus = pcma
      .replace(/^m=audio (\d+) (\S+) .*$/m, 'm=audio $1 $2 111')
      .replace(/^m=video \d+/m, 'm=video 0');
    const { error } = await call(url, 'publish', [rid, 'u', JSON.stringify({ type: 'offer', sdp: noOpus })]);
    assert.deepEqual([error.code, error.status], [code.setRemoteOffer, 500]);
    assert.equal((await caller.subscribe()).type, 'unknown');
    await caller.end();
  });

  it('check 10: limit is the most participants, the caller included, and does not count the caller’s earlier self', async () => {
    const rid = newRoom();
    const publish = (uid: string, limit: unknown) =>
      call(url, 'publish', [rid, uid, jsep, limit, 'https://hooks.example/']);
    const a = await publish('a', 2);
    await publish('b', '2');
    assert.equal(await errorCodeOf(publish('c', 2)), code.roomFull);
    assert.equal((await publish('c', 3)).error, undefined);
    assert.equal((await call(url, 'list', [rid])).data.peers.length, 3);
    assert.equal(await errorCodeOf(publish('a', 2)), code.roomFull, 'two others are there');
    const c = (await call(url, 'list', [rid])).data.peers.find(({ id }: { id: string }) => id === 'c');
    await call(url, 'end', [rid, 'c', c.track]);
    const again = await publish('a', 2);
    assert.equal(again.error, undefined);
    assert.notEqual(again.data.track, a.data.track);
    await call(url, 'end', [rid, 'a', again.data.track]);
    assert.equal((await publish('c', 2)).error, undefined, 'a closed one does not count');
    for (const limit of [0, -1, '-7']) assert.equal((await publish('d', limit)).error, undefined);
  });

  it('check 11: five parameters bring a limit and a callback; any other number does not', async () => {
    const rid = newRoom();
    const hook = 'https://hooks.example/';
    for (const more of [
      [1, 'http://hooks.example/'],
      [1, ''],
      [1, 7],
      ['x', hook],
      [1.5, hook],
      ['1.5', hook],
      [null, hook],
      [true, hook],
      [1, 'https://'],
      [1, 'https://127.0.0.1/'],
      [1, 'https://[::ffff:10.0.0.1]/'],
    ]) {
      const answer = call(url, 'publish', [rid, 'u', jsep, ...more]);
      assert.equal(await errorCodeOf(answer), code.invalidParameters, JSON.stringify(more));
    }
    for (const more of [['x'], ['x', 'x', 'x']])
      assert.equal((await call(url, 'publish', [rid, 'u', jsep, ...more])).error, undefined);
    for (const params of [[], ['r'], ['r', 'u'], [1, 'u', jsep], ['r', 'u', {}]])
      assert.equal(await errorCodeOf(call(url, 'publish', params)), code.invalidParameters);
  });

  it('check 14: the answer is an object and a text, receives Opus alone, and is complete', async () => {
    const caller = new KrakenCaller(network, url, newRoom(), 'u');
    const { data } = await caller.publish();
    assert.equal(data.sdp.type, 'answer');
    assert.deepEqual(JSON.parse(data.jsep), data.sdp);
    const { sdp } = data.sdp;
    assert.match(sdp, /^a=ice-lite\r$/m);
    const [audio, ...others] = sections(sdp);
    assert.equal(others.length, 0);
    assert.equal(directionOf(audio), 'recvonly');
    assert.deepEqual(
      [...audio.matchAll(/^a=rtpmap:(.*)$/gm)].map(([, map]) => map),
      ['111 opus/48000/2'],
    );
    assert.match(audio, /^a=fmtp:111 minptime=10;useinbandfec=1$/m);
    assert.doesNotMatch(audio, /^a=msid:/m);
    const candidates = [...audio.matchAll(/^a=candidate:(.*)$/gm)].map(([, value]) => value.split(' '));
    assert.ok(candidates.length > 0);
    assert.deepEqual(
      [...new Set(candidates.map((fields) => fields[5]))],
      [String(server.manifold.mediaPort)],
    );
    assert.match(audio, /^a=end-of-candidates$/m);
    await caller.end();
  });

  it('of a browser’s offer takes Opus and nothing else; video is refused beside it', async () => {
    for (const name of ['chromium-audio-video', 'firefox-audio-video'] as const) {
      const text = JSON.stringify({ type: 'offer', sdp: browserOffer(name) });
      const { data } = await call(url, 'publish', [newRoom(), 'u', text]);
      const [audio, video] = sections(data.sdp.sdp);
      const payloadType = name === 'chromium-audio-video' ? '111' : '109';
      assert.deepEqual(line(audio, 'm=audio 9 UDP/TLS/RTP/SAVPF '), payloadType);
      assert.equal(line(audio, 'a=rtpmap:'), `${payloadType} opus/48000/2`);
      if (payloadType === '111') assert.match(audio, /^a=rtcp-fb:111 transport-cc$/m);
      assert.match(video, /^m=video 0 /);
    }
  });
});

describe('the calls of a peer', () => {
  it('check 13: trickle of nothing succeeds for anybody; other candidates need a peer', async () => {
    const trickle = (text: string, cid = '') => call(url, 'trickle', [newRoom(), 'u', cid, text]);
    for (const end of ['null', '{}', '{"candidate":""}', '{"candidate":null}'])
      assert.deepEqual(await trickle(end), { data: {} }, end);
    assert.equal(await errorCodeOf(trickle(JSON.stringify({ candidate }))), code.peerNotFound);
    for (const wrong of [
      '[]',
      'x',
      '"x"',
      '7',
      '',
      '{"candidate":1}',
      '{"candidate":"","sdpMid":0}',
      '{"sdpMLineIndex":"0"}',
    ])
      assert.equal(await errorCodeOf(trickle(wrong)), code.invalidCandidate, wrong);
    assert.equal(await errorCodeOf(call(url, 'trickle', ['r', 'u', ''])), code.invalidParameters);
  });

  it('trickle takes what ICE cannot use, and refuses what is no candidate', async () => {
    const rid = newRoom();
    const caller = await KrakenCaller.join(network, url, rid, 'u');
    const trickle = (text: string) =>
      caller.rpc('trickle', JSON.stringify({ candidate: text, sdpMid: '0', sdpMLineIndex: 0 }));
    for (const usable of [
      candidate,
      candidate.replace('192.0.2.7', '8a7e2c0b-1111-4222-8333-444455556666.local'),
      candidate.replace('typ host', 'typ strange'),
      candidate.replace('udp', 'tcp'),
    ])
      assert.deepEqual(await trickle(usable), { data: {} }, usable);
    assert.equal(await errorCodeOf(trickle('nonsense')), code.invalidCandidate);
    const late = call(url, 'trickle', [rid, 'u', '', JSON.stringify({ candidate })]);
    assert.equal(await errorCodeOf(late), code.trackNotFound, 'with the cid of before');
    assert.ok(caller.peer.connected);
    await caller.end();
  });

  it('check 20: the codes of a peer that has gone, of another track, and of nobody', async () => {
    const rid = newRoom();
    const caller = await KrakenCaller.join(network, url, rid, 'u');
    assert.equal(await errorCodeOf(call(url, 'subscribe', [rid, 'u', randomUUID()])), code.trackNotFound);
    assert.equal(await errorCodeOf(call(url, 'subscribe', [rid, 'other', caller.cid])), code.peerNotFound);
    assert.equal(
      await errorCodeOf(call(url, 'subscribe', ['elsewhere', 'u', caller.cid])),
      code.peerNotFound,
    );
    assert.deepEqual(await caller.end(), { data: {} });
    assert.equal(await errorCodeOf(caller.rpc('subscribe')), code.peerClosed);
    assert.equal(await errorCodeOf(caller.end()), code.peerClosed);
    assert.equal(await errorCodeOf(caller.rpc('restart', jsep)), code.peerClosed);
    assert.equal(await errorCodeOf(caller.rpc('trickle', JSON.stringify({ candidate }))), code.peerClosed);
    const late = JSON.stringify({ type: 'answer', sdp: caller.answerSdp });
    assert.equal(await errorCodeOf(caller.rpc('answer', late)), code.peerClosed);
    const { data } = await call(url, 'info');
    assert.ok(data.closed_peers >= 1 && data.closed_rooms >= 1, JSON.stringify(data));
  });

  it('answer: what it is comes before whose it is, and nothing is answered that was not offered', async () => {
    const caller = await KrakenCaller.join(network, url, newRoom(), 'u');
    const answer = JSON.stringify({ type: 'answer', sdp: caller.answerSdp });
    for (const wrong of ['x', 'null', jsep])
      assert.equal(
        await errorCodeOf(call(url, 'answer', ['r', 'nobody', '', wrong])),
        code.invalidSdp,
        wrong,
      );
    assert.equal(await errorCodeOf(call(url, 'answer', ['r', 'nobody', '', answer])), code.peerNotFound);
    assert.equal(await errorCodeOf(caller.rpc('answer', answer)), code.setRemoteAnswer);
    assert.equal(await errorCodeOf(caller.rpc('restart', answer)), code.invalidSdp);
    assert.equal(await errorCodeOf(call(url, 'restart', ['r', 'nobody', '', 'x'])), code.peerNotFound);
    await caller.end();
  });

  it('all of them count their parameters', async () => {
    for (const [method, params] of [
      ['list', []],
      ['list', [7]],
      ['list', ['r', 'r']],
      ['end', ['r', 'u']],
      ['subscribe', ['r', 'u', 'c', 'x']],
      ['subscribe', ['r', 'u', null]],
      ['answer', ['r', 'u', 'c']],
      ['restart', ['r', 'u', 'c', {}]],
    ] as const)
      assert.equal(await errorCodeOf(call(url, method, [...params])), code.invalidParameters, method);
  });
});
