import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { type ErrorCode, ProtocolError, UserError } from '../../errors.ts';
import { silentLogger } from '../../log.ts';
import type { CloseReason } from '../../rooms/close-reason.ts';
import type { JoinOptions, ParticipantEvents } from '../../rooms/participant.ts';
import type { Publication } from '../../rooms/publication.ts';
import type { SessionParticipant } from './session-table.ts';
import { createWhipRoutes, type WhipOptions } from './whip-routes.ts';

const sending = 'v=0\r\ns=-\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=sendonly\r\n';
const receiving = sending.replace('sendonly', 'recvonly');
const candidate = 'candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host';
const credentials = { usernameFragment: 'client', password: 'clientPasswordOf22Chars' };
const fragment = (usernameFragment: string): string =>
  `a=ice-ufrag:${usernameFragment}\r\na=ice-pwd:${credentials.password}\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\na=${candidate}\r\n`;

class FakeParticipant extends EventEmitter<ParticipantEvents> implements SessionParticipant {
  closeReason: CloseReason | null = null;
  remoteIceCredentials = credentials;
  readonly localCandidates = [{ candidate, sdpMid: '0', sdpMLineIndex: 0 }];
  readonly candidates: string[] = [];
  readonly #answer: () => string;

  constructor(answer: () => string) {
    super();
    this.#answer = answer;
  }

  answerOffer(): string {
    return this.#answer();
  }

  addRemoteCandidate(text: string): void {
    if (!text.includes(' typ ')) throw new ProtocolError('malformed-candidate', 'No type.');
    this.candidates.push(text);
  }

  applyIceRestart(remote: typeof credentials): typeof credentials {
    this.remoteIceCredentials = remote;
    return { usernameFragment: 'serverB', password: 'serverPasswordOf22Chars' };
  }

  leave(reason: CloseReason): void {
    if (this.closeReason !== null) return;
    this.closeReason = reason;
    this.emit('closed', reason);
  }
}

function fixture(options: Partial<WhipOptions> & { answer?: () => string; joinError?: Error } = {}) {
  const joined: { options: JoinOptions; participant: FakeParticipant }[] = [];
  const bugs: object[] = [];
  const routes = createWhipRoutes({
    rooms: {
      join(joinOptions, prepare) {
        if (options.joinError !== undefined) throw options.joinError;
        const participant = new FakeParticipant(options.answer ?? (() => 'v=0\r\nm=audio 9 RTP 111\r\n'));
        prepare(participant);
        joined.push({ options: joinOptions, participant });
        return participant;
      },
    },
    log: { ...silentLogger, error: (fields) => bugs.push(fields) },
    ...options,
  });
  const post = (path: string, body: BodyInit = sending, headers: Record<string, string> = {}) =>
    routes.request(path, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/sdp', ...headers },
    });
  const patch = (path: string, body: string, headers: Record<string, string> = {}) =>
    routes.request(path, {
      method: 'PATCH',
      body,
      headers: { 'Content-Type': 'application/trickle-ice-sdpfrag', ...headers },
    });
  return { routes, joined, bugs, post, patch };
}

async function assertProblem(response: Response, status: number, code: string): Promise<void> {
  assert.equal(response.status, status);
  assert.equal(response.headers.get('Content-Type'), 'application/problem+json');
  const problem = (await response.json()) as Record<string, unknown>;
  assert.equal(problem.status, status);
  assert.equal(problem.code, code);
  assert.ok(typeof problem.detail === 'string' && problem.detail.length > 0);
  assert.equal(response.headers.get('Access-Control-Allow-Origin'), '*');
}

test('POST answers 201 with the answer, where the session is, and what it takes', async () => {
  const { post, joined } = fixture({
    iceServers: () => [
      { urls: ['turn:t.example'], username: 'u', credential: 'c' },
      { urls: ['stun:s.example'] },
    ],
  });
  const response = await post('/whip/my%20room?participant=cam&name=Camera%201');
  assert.equal(response.status, 201);
  assert.equal(await response.text(), 'v=0\r\nm=audio 9 RTP 111\r\n');
  assert.equal(response.headers.get('Content-Type'), 'application/sdp');
  assert.match(response.headers.get('Location') ?? '', /^\/whip\/my%20room\/[0-9a-f-]{36}$/);
  assert.match(response.headers.get('ETag') ?? '', /^"[0-9a-f-]{36}"$/);
  assert.equal(response.headers.get('Accept-Patch'), 'application/trickle-ice-sdpfrag');
  assert.equal(response.headers.get('Access-Control-Allow-Origin'), '*');
  for (const name of ['Location', 'ETag', 'Link']) {
    assert.match(response.headers.get('Access-Control-Expose-Headers') ?? '', new RegExp(`\\b${name}\\b`));
  }
  assert.equal(
    response.headers.get('Link'),
    '<turn:t.example>; rel="ice-server"; username="u"; credential="c"; credential-type="password", <stun:s.example>; rel="ice-server"',
  );
  assert.deepEqual(joined[0].options, {
    roomId: 'my room',
    participantId: 'cam',
    name: 'Camera 1',
    dialect: 'whip',
    renegotiates: false,
    subscribes: false,
  });
});

test('a publisher without an id gets one that is not the secret of its resource', async () => {
  const { post, joined } = fixture();
  const location = (await post('/whip/r')).headers.get('Location') ?? '';
  assert.match(joined[0].options.participantId, /^whip-[0-9a-f-]{36}$/);
  assert.ok(!location.includes(joined[0].options.participantId.slice('whip-'.length)));
});

test('a player subscribes and does not publish; ?participant= narrows what it wants', async () => {
  const { post, joined } = fixture();
  assert.equal((await post('/whep/r', receiving)).status, 201);
  assert.equal((await post('/whep/r?participant=cam', receiving)).status, 201);
  assert.equal(joined[0].options.publishes, false);
  assert.equal(joined[0].options.wants, undefined);
  const of = (id: string) => ({ participant: { id } }) as Publication;
  assert.equal(joined[1].options.wants?.(of('cam')), true);
  assert.equal(joined[1].options.wants?.(of('other')), false);
  assert.notEqual(joined[1].options.participantId, 'cam');
});

test('POST refuses other content types, and answers nobody can take', async () => {
  const { post, routes, joined } = fixture();
  await assertProblem(
    await post('/whip/r', '{}', { 'Content-Type': 'application/json' }),
    415,
    'unsupported-media-type',
  );
  const none = await routes.request('/whip/r', { method: 'POST' });
  assert.equal(none.headers.get('Accept-Post'), 'application/sdp');
  await assertProblem(none, 415, 'unsupported-media-type');
  await assertProblem(await post('/whip/r', sending, { Accept: 'text/html' }), 406, 'not-acceptable');
  assert.equal(joined.length, 0);
});

test('POST refuses what is no offer without touching the room', async () => {
  const { post, joined } = fixture();
  await assertProblem(await post('/whip/r', ''), 400, 'malformed-sdp');
  await assertProblem(await post('/whip/r', 'hello'), 400, 'malformed-sdp');
  await assertProblem(await post('/whip/r', receiving), 422, 'unsupported-sdp');
  await assertProblem(await post('/whep/r', sending), 422, 'unsupported-sdp');
  assert.equal(joined.length, 0);
});

test('POST refuses too much, announced or not', async () => {
  const { post, routes } = fixture({ maxOfferBytes: 1000 });
  await assertProblem(
    await post('/whip/r', sending.padEnd(1001), { 'Content-Length': '1001' }),
    413,
    'limit-message-size',
  );
  const streamed = new Request('http://localhost/whip/r', {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp' },
    body: new Blob([sending, 'x'.repeat(2000)]).stream(),
    duplex: 'half',
  } as RequestInit);
  await assertProblem(await routes.request(streamed), 413, 'limit-message-size');
});

for (const [code, status] of [
  ['malformed-sdp', 400],
  ['unsupported-sdp', 422],
  ['limit-media-lines', 422],
] as const) {
  test(`an offer that fails with ${code} is answered ${status} and leaves nobody behind`, async () => {
    const { post, joined } = fixture({
      answer: () => {
        throw new ProtocolError(code, 'Because.');
      },
    });
    await assertProblem(await post('/whip/r'), status, code);
    assert.equal(joined.length, 0);
  });
}

test('media that cannot be taken refuses the whole offer', async () => {
  const { post, joined } = fixture({ answer: () => 'v=0\r\nm=audio 0 RTP 111\r\n' });
  await assertProblem(await post('/whip/r'), 422, 'codec-not-supported');
  assert.equal(joined.length, 0);
});

for (const code of [
  'limit-rooms',
  'limit-participants',
  'limit-connections',
  'shutting-down',
] satisfies ErrorCode[]) {
  test(`${code} is answered 503 with Retry-After`, async () => {
    const { post } = fixture({ joinError: new UserError(code, 'Full.') });
    const response = await post('/whip/r');
    assert.equal(response.headers.get('Retry-After'), '10');
    await assertProblem(response, 503, code);
  });
}

test('a bug is answered 500 without its details, and logged', async () => {
  const { post, joined, bugs } = fixture({
    answer: () => {
      throw new TypeError('secret detail');
    },
  });
  const response = await post('/whip/r');
  assert.ok(!(await response.clone().text()).includes('secret'));
  await assertProblem(response, 500, 'internal');
  assert.equal(bugs.length, 1);
  assert.equal(joined.length, 0);
});

test('a configured token is asked for on every method but OPTIONS', async () => {
  const { post, patch, routes, joined } = fixture({ bearerToken: 'in' });
  const missing = await post('/whip/r');
  assert.equal(missing.headers.get('WWW-Authenticate'), 'Bearer realm="manifold"');
  await assertProblem(missing, 401, 'unauthorized');
  await assertProblem(await post('/whip/r', sending, { Authorization: 'Bearer out' }), 401, 'unauthorized');
  assert.equal(joined.length, 0);
  assert.equal((await post('/whep/r', receiving, { Authorization: 'Bearer in' })).status, 201);
  const location =
    (await post('/whip/r', sending, { Authorization: 'Bearer in' })).headers.get('Location') ?? '';
  await assertProblem(await patch(location, fragment('client'), { 'If-Match': '*' }), 401, 'unauthorized');
  await assertProblem(await routes.request(location, { method: 'DELETE' }), 401, 'unauthorized');
  assert.equal(joined[1].participant.closeReason, null);
});

test('PATCH with the ETag trickles candidates', async () => {
  const { post, patch, joined } = fixture();
  const created = await post('/whip/r');
  const location = created.headers.get('Location') ?? '';
  const etag = created.headers.get('ETag') ?? '';
  const response = await patch(location, fragment('client'), { 'If-Match': etag });
  assert.equal(response.status, 204);
  assert.equal(await response.text(), '');
  assert.deepEqual(joined[0].participant.candidates, [candidate]);
});

test('PATCH without If-Match is 428, with another tag 412, and neither does anything', async () => {
  const { post, patch, joined } = fixture();
  const location = (await post('/whip/r')).headers.get('Location') ?? '';
  await assertProblem(await patch(location, fragment('client')), 428, 'if-match-required');
  await assertProblem(
    await patch(location, fragment('client'), { 'If-Match': '"other"' }),
    412,
    'if-match-failed',
  );
  await assertProblem(
    await patch(location, fragment('newer'), { 'If-Match': 'W/"x"' }),
    412,
    'if-match-failed',
  );
  assert.deepEqual(joined[0].participant.candidates, []);
});

test('PATCH with new credentials restarts ICE and changes the ETag', async () => {
  const { post, patch, joined } = fixture();
  const created = await post('/whip/r');
  const location = created.headers.get('Location') ?? '';
  const etag = created.headers.get('ETag') ?? '';
  const response = await patch(location, fragment('clientB'), { 'If-Match': '*' });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('Content-Type'), 'application/trickle-ice-sdpfrag');
  const newEtag = response.headers.get('ETag') ?? '';
  assert.notEqual(newEtag, etag);
  const text = await response.text();
  for (const line of [
    'a=ice-ufrag:serverB',
    'm=audio 9 RTP/AVP 0',
    'a=mid:0',
    `a=${candidate}`,
    'a=end-of-candidates',
  ]) {
    assert.ok(text.includes(`${line}\r\n`), line);
  }
  assert.equal(joined[0].participant.remoteIceCredentials.usernameFragment, 'clientB');
  await assertProblem(
    await patch(location, fragment('clientB'), { 'If-Match': etag }),
    412,
    'if-match-failed',
  );
  assert.equal((await patch(location, fragment('clientB'), { 'If-Match': newEtag })).status, 204);
});

test('PATCH with new credentials and a malformed candidate restarts nothing', async () => {
  const { post, patch, joined } = fixture();
  const created = await post('/whip/r');
  const path = created.headers.get('Location') ?? '';
  const condition = { 'If-Match': created.headers.get('ETag') ?? '' };
  const broken = fragment('newufrag').replace(candidate, 'candidate:1 1 udp 1 192.0.2.1 9');
  await assertProblem(await patch(path, broken, condition), 400, 'malformed-candidate');
  assert.equal(joined[0].participant.remoteIceCredentials, credentials);
  assert.equal((await patch(path, fragment('newufrag'), condition)).status, 200);
});

test('PATCH refuses malformed fragments and other content types', async () => {
  const { post, patch } = fixture();
  const location = (await post('/whip/r')).headers.get('Location') ?? '';
  const any = { 'If-Match': '*' };
  await assertProblem(await patch(location, 'junk', any), 400, 'malformed-message');
  await assertProblem(await patch(location, '', any), 400, 'malformed-message');
  await assertProblem(await patch(location, 'a=candidate:nonsense\r\n', any), 400, 'malformed-candidate');
  await assertProblem(await patch(location, 'a=ice-ufrag:only\r\n', any), 400, 'malformed-message');
  await assertProblem(await patch(location, 'x'.repeat(20_000), any), 413, 'limit-message-size');
  const wrongType = await patch(location, fragment('client'), { ...any, 'Content-Type': 'application/sdp' });
  assert.equal(wrongType.headers.get('Accept-Patch'), 'application/trickle-ice-sdpfrag');
  await assertProblem(wrongType, 415, 'unsupported-media-type');
});

test('DELETE ends the session, once', async () => {
  const { post, routes, joined } = fixture();
  const location = (await post('/whip/r')).headers.get('Location') ?? '';
  assert.equal((await routes.request(location, { method: 'DELETE' })).status, 200);
  assert.equal(joined[0].participant.closeReason, 'left');
  await assertProblem(await routes.request(location, { method: 'DELETE' }), 404, 'not-found');
});

test('a session that ends by itself takes its resource with it', async () => {
  const { post, patch, joined } = fixture();
  const location = (await post('/whip/r')).headers.get('Location') ?? '';
  joined[0].participant.leave('connection-failed');
  await assertProblem(await patch(location, fragment('client'), { 'If-Match': '*' }), 404, 'not-found');
});

test('a resource is found only by its whole address', async () => {
  const { post, routes, joined } = fixture();
  const location = (await post('/whip/r')).headers.get('Location') ?? '';
  for (const path of [location.replace('/r/', '/s/'), location.replace('whip', 'whep'), '/whip/r/nonsense']) {
    await assertProblem(await routes.request(path, { method: 'DELETE' }), 404, 'not-found');
  }
  assert.equal(joined[0].participant.closeReason, null);
});

test('other methods are answered 405 with Allow', async () => {
  const { routes } = fixture();
  for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
    const response = await routes.request('/whip/r', { method });
    assert.equal(response.headers.get('Allow'), 'POST, OPTIONS');
    await assertProblem(response, 405, 'method-not-allowed');
  }
  for (const method of ['GET', 'PUT', 'POST']) {
    const response = await routes.request('/whep/r/x', { method });
    assert.equal(response.headers.get('Allow'), 'PATCH, DELETE, OPTIONS');
    await assertProblem(response, 405, 'method-not-allowed');
  }
});

test('OPTIONS says what is accepted, to anyone; ICE servers only to those who may POST', async () => {
  const { routes } = fixture({ bearerToken: 'in', iceServers: () => [{ urls: ['stun:s.example'] }] });
  const preflight = await routes.request('/whip/r', { method: 'OPTIONS' });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get('Accept-Post'), 'application/sdp');
  assert.equal(preflight.headers.get('Access-Control-Allow-Methods'), 'POST, OPTIONS');
  assert.match(preflight.headers.get('Access-Control-Allow-Headers') ?? '', /If-Match/);
  assert.equal(preflight.headers.get('Access-Control-Allow-Origin'), '*');
  assert.equal(preflight.headers.get('Link'), null);
  const authorized = await routes.request('/whip/r', {
    method: 'OPTIONS',
    headers: { Authorization: 'Bearer in' },
  });
  assert.equal(authorized.headers.get('Link'), '<stun:s.example>; rel="ice-server"');
  const resource = await routes.request('/whip/r/x', { method: 'OPTIONS' });
  assert.equal(resource.headers.get('Accept-Patch'), 'application/trickle-ice-sdpfrag');
  assert.equal(resource.headers.get('Access-Control-Allow-Methods'), 'PATCH, DELETE, OPTIONS');
});
