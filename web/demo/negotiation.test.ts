import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Negotiation } from './negotiation.ts';

/** A peer that records calls in order, and whose steps can be held back. */
function setup(options: { failOn?: string } = {}) {
  const log: string[] = [];
  let running = 0;
  const step = async (name: string): Promise<void> => {
    assert.equal(running++, 0, 'two steps ran at the same time');
    log.push(name);
    await Promise.resolve();
    await new Promise<void>((resolve) => setImmediate(resolve));
    running--;
    if (options.failOn === name) throw new Error(name);
  };
  const negotiation = new Negotiation(
    {
      createOffer: () => step('create').then(() => 'offer'),
      answerOffer: (sdp) => step(`answer ${sdp}`).then(() => `answer to ${sdp}`),
      acceptAnswer: (sdp) => step(`accept ${sdp}`),
      addCandidate: ({ candidate }) => step(`candidate ${candidate}`),
    },
    {
      sendOffer: () => log.push('> offer'),
      sendAnswer: (sdp) => log.push(`> ${sdp}`),
      settled: () => log.push('settled'),
      failed: (error) => log.push(`failed ${(error as Error).message}`),
    },
  );
  return { log, negotiation };
}

test('several wishes make one offer, and those during an exchange one more after it', async () => {
  const { log, negotiation } = setup();
  negotiation.request();
  negotiation.request();
  await negotiation.idle();
  negotiation.request();
  negotiation.request();
  await negotiation.idle();
  assert.deepEqual(log, ['create', '> offer']);
  negotiation.receiveAnswer('A');
  await negotiation.idle();
  await negotiation.idle();
  assert.deepEqual(log, ['create', '> offer', 'accept A', 'settled', 'create', '> offer']);
});

test('a server offer while ours is out is ignored, and so is what it said', async () => {
  const { log, negotiation } = setup();
  negotiation.request();
  let applied = false;
  // It arrives while our own is still being made.
  negotiation.receiveOffer('S', () => {
    applied = true;
  });
  await negotiation.idle();
  assert.equal(negotiation.awaitingAnswer, true);
  negotiation.receiveAnswer('A');
  negotiation.receiveOffer('S2', () => {
    applied = true;
  });
  await negotiation.idle();
  assert.deepEqual(log, [
    'create',
    '> offer',
    'accept A',
    'settled',
    'answer S2',
    '> answer to S2',
    'settled',
  ]);
  assert.equal(applied, true);
});

test('a wish during a server offer waits for its end', async () => {
  const { log, negotiation } = setup();
  negotiation.receiveOffer('S');
  negotiation.request();
  await negotiation.idle();
  assert.deepEqual(log, ['answer S', '> answer to S', 'settled', 'create', '> offer']);
});

test('an answer nobody waits for is ignored', async () => {
  const { log, negotiation } = setup();
  negotiation.receiveAnswer('late');
  await negotiation.idle();
  assert.deepEqual(log, []);
});

test('candidates keep their place, and a refused one is no failure', async () => {
  const { log, negotiation } = setup({ failOn: 'candidate 1' });
  negotiation.receiveOffer('S');
  negotiation.receiveCandidate({ candidate: '1' });
  negotiation.receiveCandidate({ candidate: '2' });
  await negotiation.idle();
  assert.deepEqual(log, ['answer S', '> answer to S', 'settled', 'candidate 1', 'candidate 2']);
});

test('a failure is reported once and ends it', async () => {
  const { log, negotiation } = setup({ failOn: 'answer S' });
  negotiation.receiveOffer('S');
  negotiation.request();
  await negotiation.idle();
  assert.deepEqual(log, ['answer S', 'failed answer S']);
});

test('after close nothing is sent', async () => {
  const { log, negotiation } = setup();
  negotiation.request();
  await Promise.resolve();
  negotiation.close();
  await negotiation.idle();
  assert.ok(!log.includes('> offer'));
});
