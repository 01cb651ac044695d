import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KurentoError } from './kurento-error.ts';
import { RemoteCandidates } from './remote-candidates.ts';

const trickled = 'candidate:1 1 udp 7 192.0.2.1 4000 typ host ufrag x';
const description = 'v=0\r\nm=audio 9 X 0\r\na=candidate:2 1 udp 8 192.0.2.2 4001 typ srflx\r\n';

test('the candidate of a pair is the one that was trickled or described, or the address a check came from', () => {
  const candidates = new RemoteCandidates();
  candidates.add(trickled);
  const find = (address: string, port: number) => candidates.find(address, port, 5, description);
  assert.equal(find('192.0.2.1', 4000), trickled);
  assert.equal(find('192.0.2.2', 4001), 'candidate:2 1 udp 8 192.0.2.2 4001 typ srflx');
  assert.equal(find('192.0.2.1', 4001), 'candidate:prflx 1 udp 5 192.0.2.1 4001 typ prflx');
});

test('what is of no use is skipped, and what is no candidate refused', () => {
  const candidates = new RemoteCandidates();
  for (const text of ['', 'candidate:', 'a=end-of-candidates', 'candidate:1 1 udp 7 x.local 4000 typ host'])
    candidates.add(text);
  for (const text of ['nonsense', 'candidate:1 1 udp 7 192.0.2.1 70000 typ host'])
    assert.throws(
      () => candidates.add(text),
      (error) => error instanceof KurentoError && error.code === 40401,
    );
});

test('no more are kept than a browser has', () => {
  const candidates = new RemoteCandidates();
  for (let port = 1; port <= 200; port++) candidates.add(`candidate:1 1 udp 7 192.0.2.1 ${port} typ host`);
  const known = (port: number) => !candidates.find('192.0.2.1', port, 5, '').includes('prflx');
  assert.deepEqual([known(64), known(65), known(200)], [true, false, false]);
});
