/** WHIP and WHEP over real HTTP; with headless peers where a connection has to be up. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HeadlessNetwork, type HeadlessPeer, until } from './headless-peer.ts';
import { browserOffer, type RunningManifold, sdpLines, startManifold } from './running-manifold.ts';

let server: RunningManifold;
let network: HeadlessNetwork;
let roomCount = 0;
const newRoom = () => `room-${++roomCount}`;

before(async () => {
  server = await startManifold({
    limits: { sdpBytes: 65_536 },
    ice: { servers: [{ urls: ['turn:turn.example.net'], username: 'u', credential: 'c' }] },
  });
  network = new HeadlessNetwork();
});

after(async () => {
  network.close();
  await server.close();
  assert.deepEqual(server.errors, []);
});

const post = (path: string, body: BodyInit, headers: Record<string, string> = {}) =>
  fetch(server.http + path, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/sdp', ...headers },
  });
const patch = (path: string, body: string, headers: Record<string, string>) =>
  fetch(server.http + path, {
    method: 'PATCH',
    body,
    headers: { 'Content-Type': 'application/trickle-ice-sdpfrag', ...headers },
  });
const remove = (path: string) => fetch(server.http + path, { method: 'DELETE' });
const participants = (room: string) => [
  ...(server.manifold.rooms.rooms.get(room)?.participants.values() ?? []),
];

async function assertProblem(response: Response, status: number): Promise<void> {
  assert.equal(response.status, status, await response.clone().text());
  assert.equal(response.headers.get('Content-Type'), 'application/problem+json');
  assert.equal(((await response.json()) as { status: number }).status, status);
}

async function openSession(path: string, peer: HeadlessPeer): Promise<string> {
  const response = await post(path, peer.createOffer());
  const body = await response.text();
  assert.equal(response.status, 201, body);
  peer.acceptAnswer(body);
  await until(`${path} connected`, () => peer.connected);
  return response.headers.get('Location') ?? '';
}

for (const name of ['chromium-audio-video', 'firefox-audio-video'] as const) {
  test(`WHIP answers a browser's offer to receive (${name})`, async () => {
    const room = newRoom();
    const response = await post(`/whip/${room}?participant=cam&name=Camera`, browserOffer(name));
    const answer = await response.text();
    assert.equal(response.status, 201, answer);
    assert.equal(response.headers.get('Content-Type'), 'application/sdp');
    const media = sdpLines(answer, 'm=');
    assert.equal(media.length, sdpLines(browserOffer(name), 'm=').length);
    assert.equal(sdpLines(answer, 'a=recvonly').length, media.length);
    assert.deepEqual(sdpLines(answer, 'a=sendrecv'), []);
    assert.equal(sdpLines(answer, 'a=ice-lite').length, 1);
    assert.ok(
      sdpLines(answer, 'a=candidate:').some((line) =>
        line.includes(` ${server.manifold.mediaPort} typ host`),
      ),
    );
    assert.equal(
      response.headers.get('Link'),
      '<turn:turn.example.net>; rel="ice-server"; username="u"; credential="c"; credential-type="password"',
    );
    assert.deepEqual(
      participants(room).map(({ id, name, dialect }) => [id, name, dialect]),
      [['cam', 'Camera', 'whip']],
    );
    const location = response.headers.get('Location') ?? '';
    assert.equal((await remove(location)).status, 200);
    assert.equal(server.manifold.rooms.rooms.has(room), false);
    await assertProblem(await remove(location), 404);
  });
}

for (const name of ['chromium-recvonly', 'firefox-recvonly'] as const) {
  test(`WHEP answers to send before there is anything to send (${name})`, async () => {
    const response = await post(`/whep/${newRoom()}`, browserOffer(name));
    const answer = await response.text();
    assert.equal(response.status, 201, answer);
    assert.equal(sdpLines(answer, 'a=sendonly').length, sdpLines(answer, 'm=').length);
    assert.equal((await remove(response.headers.get('Location') ?? '')).status, 200);
  });
}

test('what is published by WHIP is played by WHEP, whoever came first, and ?participant= narrows', async () => {
  const room = newRoom();
  const players = { early: network.createPeer(), narrow: network.createPeer() };
  for (const player of Object.values(players)) {
    player.addReceiver('audio');
    player.addReceiver('video');
  }
  await openSession(`/whep/${room}`, players.early);
  await openSession(`/whep/${room}?participant=second`, players.narrow);
  const first = network.createPeer();
  first.addTrack('audio', 's', 'first-audio', 'sendonly');
  await openSession(`/whip/${room}?participant=first`, first);
  const playing = (player: HeadlessPeer) =>
    player.remoteTracks.filter(({ packets }) => packets > 0).map(({ kind }) => kind);
  await until('early plays the audio', () => playing(players.early).join() === 'audio');
  const second = network.createPeer();
  second.addTrack('video', 's', 'second-video', 'sendonly');
  await openSession(`/whip/${room}?participant=second`, second);
  await until('early plays both', () => playing(players.early).join() === 'audio,video');
  await until('narrow plays the video', () => playing(players.narrow).join() === 'video');
  const late = network.createPeer();
  late.addReceiver('audio');
  late.addReceiver('video');
  await openSession(`/whep/${room}`, late);
  await until('late plays both', () => playing(late).join() === 'audio,video');
  assert.deepEqual(playing(players.narrow), ['video']);
});

test('PATCH trickles and restarts ICE by the rules of If-Match, and the connection lives on', async () => {
  const room = newRoom();
  const peer = network.createPeer();
  peer.addTrack('audio', 's', 'a', 'sendonly');
  const created = await post(`/whip/${room}`, peer.createOffer());
  const answer = await created.text();
  peer.acceptAnswer(answer);
  await until('connected', () => peer.connected);
  const location = created.headers.get('Location') ?? '';
  const etag = created.headers.get('ETag') ?? '';
  const trickle = [
    `a=ice-ufrag:${peer.credentials.usernameFragment}`,
    `a=ice-pwd:${peer.credentials.password}`,
    'm=audio 9 UDP/TLS/RTP/SAVPF 0',
    'a=mid:0',
    'a=candidate:1 1 udp 2113937151 192.0.2.7 50000 typ host',
    'a=end-of-candidates',
    '',
  ].join('\r\n');
  assert.equal((await patch(location, trickle, { 'If-Match': etag })).status, 204);
  await assertProblem(await patch(location, trickle, {}), 428);
  await assertProblem(await patch(location, trickle, { 'If-Match': '"stale"' }), 412);
  await assertProblem(await patch(location, 'junk', { 'If-Match': etag }), 400);
  await assertProblem(
    await patch(location, trickle, { 'If-Match': etag, 'Content-Type': 'text/plain' }),
    415,
  );
  const credentials = { usernameFragment: 'newU', password: 'newPasswordOfAtLeast22' };
  const restarted = await patch(
    location,
    `a=ice-ufrag:${credentials.usernameFragment}\r\na=ice-pwd:${credentials.password}\r\n`,
    { 'If-Match': '*' },
  );
  assert.equal(restarted.status, 200);
  const fragment = await restarted.text();
  const [usernameFragment] = sdpLines(fragment, 'a=ice-ufrag:');
  const [password] = sdpLines(fragment, 'a=ice-pwd:');
  assert.notEqual(usernameFragment, sdpLines(answer, 'a=ice-ufrag:')[0]);
  assert.ok(sdpLines(fragment, 'a=candidate:').length > 0);
  assert.notEqual(restarted.headers.get('ETag'), etag);
  await assertProblem(await patch(location, trickle, { 'If-Match': etag }), 412);
  const answered = peer.restartIce(credentials, { usernameFragment, password });
  await until('a check with the new credentials is answered', answered);
  assert.equal((await remove(location)).status, 200);
});

test('a session whose connection never comes up, or ends, is gone', async () => {
  const impatient = await startManifold({ timeouts: { connectMs: 1000 } });
  try {
    const left = new Promise<string>((resolve) => {
      impatient.manifold.rooms.once('participantleft', (_participant, reason) => resolve(reason));
    });
    const response = await fetch(`${impatient.http}/whip/r`, {
      method: 'POST',
      body: browserOffer('chromium-audio-video'),
      headers: { 'Content-Type': 'application/sdp' },
    });
    assert.equal(response.status, 201);
    assert.equal(await left, 'connection-failed');
    const location = impatient.http + response.headers.get('Location');
    await assertProblem(await fetch(location, { method: 'DELETE' }), 404);
    assert.equal(impatient.manifold.rooms.rooms.size, 0);
  } finally {
    await impatient.close();
  }
});

test('limits are answered 503 with Retry-After, and ease when someone leaves', async () => {
  const small = await startManifold({ limits: { rooms: 1, participantsPerRoom: 1 } });
  const publish = (room: string) =>
    fetch(`${small.http}/whip/${room}`, {
      method: 'POST',
      body: browserOffer('chromium-audio-video'),
      headers: { 'Content-Type': 'application/sdp' },
    });
  try {
    const first = await publish('a');
    assert.equal(first.status, 201);
    for (const room of ['a', 'b']) {
      const refused = await publish(room);
      assert.equal(refused.headers.get('Retry-After'), '10');
      await assertProblem(refused, 503);
    }
    await fetch(small.http + first.headers.get('Location'), { method: 'DELETE' });
    assert.equal((await publish('b')).status, 201);
  } finally {
    await small.close();
  }
});

test('the limit of connections is one too, and a publisher may replace its own session at it', async () => {
  const small = await startManifold({ limits: { peerConnections: 1 } });
  const publish = (path: string) =>
    fetch(small.http + path, {
      method: 'POST',
      body: browserOffer('chromium-audio-video'),
      headers: { 'Content-Type': 'application/sdp' },
    });
  try {
    assert.equal((await publish('/whip/a?participant=cam')).status, 201);
    await assertProblem(await publish('/whip/b'), 503);
    assert.equal((await publish('/whip/a?participant=cam')).status, 201);
    assert.deepEqual(small.errors, []);
  } finally {
    await small.close();
  }
});

test('a configured token is asked for', async () => {
  const locked = await startManifold({ auth: { bearerToken: 'secret-of-the-house' } });
  const publish = (headers: Record<string, string>) =>
    fetch(`${locked.http}/whip/r`, {
      method: 'POST',
      body: browserOffer('chromium-audio-video'),
      headers: { 'Content-Type': 'application/sdp', ...headers },
    });
  try {
    const refused = await publish({});
    assert.match(refused.headers.get('WWW-Authenticate') ?? '', /^Bearer /);
    assert.equal(refused.headers.get('Access-Control-Allow-Origin'), '*');
    await assertProblem(refused, 401);
    await assertProblem(await publish({ Authorization: 'Bearer wrong' }), 401);
    assert.equal((await publish({ Authorization: 'Bearer secret-of-the-house' })).status, 201);
    assert.equal((await fetch(`${locked.http}/whip/r`, { method: 'OPTIONS' })).status, 204);
  } finally {
    await locked.close();
  }
});

test('a page of any origin may use it', async () => {
  const preflight = await fetch(`${server.http}/whip/r`, {
    method: 'OPTIONS',
    headers: {
      Origin: 'https://page.example',
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization,content-type',
    },
  });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get('Access-Control-Allow-Origin'), '*');
  assert.match(preflight.headers.get('Access-Control-Allow-Headers') ?? '', /authorization/i);
  assert.equal(preflight.headers.get('Accept-Post'), 'application/sdp');
  const response = await post('/whip/r', 'junk', { Origin: 'https://page.example' });
  assert.match(response.headers.get('Access-Control-Expose-Headers') ?? '', /Location.*ETag.*Link/);
  await assertProblem(response, 400);
});

test('what is no session is refused in words, and leaves nothing behind', async () => {
  const room = newRoom();
  const offer = browserOffer('chromium-audio-video');
  const path = `/whip/${room}`;
  await assertProblem(await post(path, ''), 400);
  await assertProblem(await post(path, 'hello'), 400);
  await assertProblem(await post(path, 'v=0\r\nm=audio x\r\n'), 400);
  await assertProblem(await post(path, new Uint8Array([0, 255, 254, 13, 10])), 400);
  await assertProblem(await post(path, offer.slice(0, offer.length / 2).replace(/[^\n]*$/, '')), 422);
  await assertProblem(await post(path, offer, { 'Content-Type': 'text/plain' }), 415);
  await assertProblem(await post(path, offer, { Accept: 'image/png' }), 406);
  await assertProblem(await post(path, offer + 'a=x\r\n'.repeat(20_000)), 413);
  await assertProblem(await post(path, browserOffer('chromium-recvonly')), 422);
  await assertProblem(await post(`/whep/${room}`, offer.replaceAll('a=sendrecv', 'a=sendonly')), 422);
  await assertProblem(
    await post(
      path,
      offer
        .replace(/a=rtpmap:(\d+) VP8/g, 'a=rtpmap:$1 VPX')
        .replaceAll(/(VP9|H264|AV1)\/90000/g, 'X-$1/90000'),
    ),
    422,
  );
  await assertProblem(await post(`/whip/${'x'.repeat(1000)}`, offer), 400);
  await assertProblem(await post(`${path}?participant=${'x'.repeat(1000)}`, offer), 400);
  for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
    await assertProblem(await fetch(server.http + path, { method }), 405);
  }
  await assertProblem(await remove(`${path}/00000000-0000-4000-8000-000000000000`), 404);
  assert.equal(server.manifold.rooms.rooms.has(room), false);
});

test('a publisher that comes again with its id replaces its older session', async () => {
  const room = newRoom();
  const first = await post(`/whip/${room}?participant=cam`, browserOffer('chromium-audio-video'));
  const second = await post(`/whip/${room}?participant=cam`, browserOffer('firefox-audio-video'));
  assert.equal(second.status, 201);
  await assertProblem(await remove(first.headers.get('Location') ?? ''), 404);
  assert.equal(participants(room).length, 1);
  assert.equal((await remove(second.headers.get('Location') ?? '')).status, 200);
});
