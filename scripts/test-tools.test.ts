import assert from 'node:assert/strict';
import { test } from 'node:test';
import { obtainTools, type TestTool } from './test-tools.ts';

const here: TestTool = { name: 'A', packages: ['a'], isThere: () => true };
const missing: TestTool = { name: 'B', packages: ['b', 'c'], isThere: () => false };

test('asks for nothing that is there', () => {
  assert.equal(
    obtainTools([here], () => assert.fail('looked for an installer')),
    null,
  );
});

test('says what is missing, why it was not installed, and how to do it', () => {
  const message = obtainTools([here, missing], () => ({ reason: 'it may not install' }));
  assert.equal(
    message,
    'The tests need B, and it may not install.\nInstall on Debian: apt-get install --no-install-recommends b c',
  );
});

test('says so when installing fails', () => {
  const message = obtainTools([missing], () => ({ command: ['false'] })) ?? '';
  assert.match(message, /^apt-get update failed/);
  assert.match(message, /apt-get install --no-install-recommends b c$/);
});
