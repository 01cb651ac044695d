import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const module = fileURLToPath(new URL('scavenge-alone.ts', import.meta.url));
const churn = `
  import { scavengeAlone } from ${JSON.stringify(module)};
  if (process.argv[1] === 'alone') scavengeAlone();
  console.log('begin');
  let kept = [];
  for (let i = 0; i < 300_000; i++) {
    kept.push({ i, inner: { i } });
    if (kept.length > 5000) kept = [];
  }
`;

/** Milliseconds that threads took for young garbage, V8's own among them; 0 where the main thread did it alone. */
function parallelMs(mode: string): number {
  const flags = ['--max-semi-space-size=2', '--trace-gc-nvp', '--import', 'tsx', '--input-type=module'];
  const { stdout } = spawnSync(process.execPath, [...flags, '--eval', churn, mode], { encoding: 'utf8' });
  const times = [...stdout.split('begin')[1].matchAll(/gc=s .* background\.scavenge\.parallel=([\d.]+)/g)];
  assert.ok(times.length > 0, stdout);
  return times.reduce((sum, [, ms]) => sum + Number(ms), 0);
}

test('young garbage is collected by the main thread alone', () => {
  assert.ok(parallelMs('as it is') > 0);
  assert.equal(parallelMs('alone'), 0);
});
