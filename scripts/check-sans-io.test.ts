import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sansIoViolations } from './check-sans-io.ts';

const violations = (source: string): string[] => sansIoViolations('src/media/x.ts', source);

for (const [what, source] of [
  ['a clock', 'const t = Date.now();'],
  ['a clock by construction', 'const t = new Date();'],
  ['a monotonic clock', 'const t = performance.now();'],
  ['a timer', 'setTimeout(() => {}, 1);'],
  ['an interval', 'setInterval(f, 1);'],
  ['Math.random', 'const r = Math.random();'],
  ['the environment', "const e = process.env['X'];"],
  ['a socket', "import { createSocket } from 'node:dgram';"],
  ['a socket, loaded late', "await import('node:net');"],
  ['timers from a module', "import { setTimeout } from 'node:timers/promises';"],
  ['randomness from node:crypto', "import { createHmac, randomBytes } from 'node:crypto';"],
  ['randomness from web crypto', 'crypto.getRandomValues(a);'],
  ['all of node:crypto', "import * as crypto from 'node:crypto';"],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the template is the test's input
  ['a clock inside a template', 'const s = `at ${Date.now()}`;'],
] as const) {
  test(`catches ${what}`, () => {
    assert.ok(violations(source).length > 0);
  });
}

test('leaves pure code alone', () => {
  assert.deepEqual(
    violations(`import { EventEmitter } from 'node:events';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { parse } from 'sdp-transform';
// Date.now() would be wrong here
const s = 'process.env'; const t = clock.performance.now; this.process(1); record.Date = 1;
const o = { Date: 1 };`),
    [],
  );
});

test('names file and line', () => {
  assert.deepEqual(violations('\n\nDate.now();'), ['src/media/x.ts:3: uses a clock (Date).']);
});
