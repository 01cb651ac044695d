import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maxSessionsPerAddress } from './kurento-limits.ts';
import type { KurentoSession, SessionConnection } from './kurento-session.ts';
import { SessionTable } from './session-table.ts';

const timeoutMs = 240_000;

/** A table on a clock of its own. */
function scene(maxSessions = 10_000) {
  let clockMs = 0;
  let timer: { atMs: number; run: () => void } | null = null;
  const ended: string[] = [];
  const table = new SessionTable({
    maxSessions,
    timeoutMs,
    nowMs: () => clockMs,
    after(delayMs, run) {
      assert.equal(timer, null, 'one timer at a time');
      timer = { atMs: clockMs + delayMs, run };
      return () => {
        timer = null;
      };
    },
    ended: (session) => ended.push(session.id),
  });
  const passTo = (ms: number) => {
    while (timer !== null && timer.atMs <= ms) {
      const { atMs, run } = timer;
      timer = null;
      clockMs = atMs;
      run();
    }
    clockMs = ms;
  };
  const connection = (): SessionConnection => ({ session: null, sendEvent() {} });
  return { table, ended, passTo, connection, nowMs: () => clockMs, sleeping: () => timer === null };
}

test('a session ends when it has had no connection for the timeout, and not before', () => {
  const { table, ended, passTo, connection, nowMs, sleeping } = scene();
  const session = table.open('address', 'a');
  const first = connection();
  session.bind(first, nowMs());
  passTo(10 * timeoutMs);
  assert.deepEqual(ended, []);
  session.unbind(nowMs());
  passTo(11 * timeoutMs - 1);
  assert.deepEqual(ended, []);
  passTo(11 * timeoutMs + 5000);
  assert.deepEqual(ended, ['a']);
  assert.equal(table.find('a'), null);
  passTo(20 * timeoutMs);
  assert.ok(sleeping(), 'no timer runs without sessions');
});

test('coming back in time, it lives on', () => {
  const { table, ended, passTo, connection, nowMs } = scene();
  const session = table.open('address', 'a');
  passTo(timeoutMs - 1);
  session.bind(connection(), nowMs());
  passTo(3 * timeoutMs);
  assert.deepEqual(ended, []);
});

test('a connection has one session, and a session one connection', () => {
  const { table, connection, nowMs } = scene();
  const [a, b] = [table.open('address'), table.open('address')];
  const [one, two] = [connection(), connection()];
  a.bind(one, nowMs());
  a.bind(two, nowMs());
  assert.equal(one.session, null);
  assert.equal(two.session, a);
  b.bind(two, nowMs());
  assert.equal(a.connected, false);
  assert.equal(two.session, b);
  b.unbind(nowMs());
  b.unbind(nowMs());
  assert.equal(two.session, null);
});

test('there are limits, for one address and for all', () => {
  const { table } = scene(maxSessionsPerAddress + 1);
  const sessions: KurentoSession[] = [];
  for (let i = 0; i < maxSessionsPerAddress; i++) sessions.push(table.open('address'));
  assert.throws(() => table.open('address'), { code: 40009 });
  table.open('another address');
  assert.throws(() => table.open('a third'), { code: 40009 });
  table.end(sessions[0]);
  table.end(sessions[0]);
  table.open('address');
  assert.throws(() => table.open('address'), { code: 40009 });
  for (const id of ['', 'x'.repeat(257)]) assert.throws(() => table.open('fourth', id), { code: -32000 });
});
