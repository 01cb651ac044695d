import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { participantScore, qualityScore, type StreamCondition } from './quality-score.ts';

const perfect: StreamCondition = {
  kind: 'audio',
  lossShare: 0,
  rttMs: null,
  jitterMs: 0,
  frozenShare: 0,
  layerShare: null,
};

const table: readonly (readonly [what: string, change: Partial<StreamCondition>, score: number])[] = [
  ['nothing wrong', {}, 5],
  ['a short way', { rttMs: 40, jitterMs: 5 }, 5],
  ['across an ocean', { rttMs: 150, jitterMs: 10 }, 4.9],
  ['a satellite', { rttMs: 600, jitterMs: 10 }, 4.1],
  ['1 % of audio lost', { lossShare: 0.01 }, 4.9],
  ['5 % of audio lost', { lossShare: 0.05 }, 4.4],
  ['20 % of audio lost', { lossShare: 0.2 }, 3],
  ['half of audio lost', { lossShare: 0.5 }, 1.7],
  ['everything lost', { lossShare: 1, rttMs: 2000 }, 1],
  ['5 % of video lost', { kind: 'video', lossShare: 0.05 }, 4.8],
  ['20 % of video lost', { kind: 'video', lossShare: 0.2 }, 4.2],
  ['a freeze of half a second in ten', { kind: 'video', frozenShare: 0.05 }, 4.2],
  ['frozen a quarter of the time', { kind: 'video', frozenShare: 0.25 }, 1],
  ['half of the wanted layer', { kind: 'video', layerShare: 0.5 }, 3.8],
  ['the lowest of many layers', { kind: 'video', layerShare: 0 }, 2.6],
];

for (const [what, change, score] of table) {
  test(`${what}: ${score}`, () => {
    assert.equal(Math.round(qualityScore({ ...perfect, ...change }) * 10) / 10, score);
  });
}

test('a score is from 1 to 5, and nothing that gets worse makes it better', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const ms = fc.double({ min: 0, max: 3000, noNaN: true });
  const kind = fc.constantFrom('audio' as const, 'video' as const);
  const condition = fc.record({
    kind,
    lossShare: share,
    rttMs: ms,
    jitterMs: ms,
    frozenShare: share,
    layerShare: share,
  });
  fc.assert(
    fc.property(condition, condition, (a, b) => {
      const score = qualityScore(a);
      assert.ok(score >= 1 && score <= 5, `${score}`);
      const worse = qualityScore({
        kind: a.kind,
        lossShare: Math.max(a.lossShare, b.lossShare),
        rttMs: Math.max(a.rttMs, b.rttMs),
        jitterMs: Math.max(a.jitterMs, b.jitterMs),
        frozenShare: Math.max(a.frozenShare, b.frozenShare),
        layerShare: Math.min(a.layerShare, b.layerShare),
      });
      assert.ok(worse <= score + 1e-9, `${worse} > ${score}`);
    }),
  );
});

test('a participant has the worse of both directions, of what is known', () => {
  assert.equal(participantScore([], []), null);
  assert.equal(participantScore([null], [null, null]), null);
  assert.equal(participantScore([4], []), 4);
  assert.equal(participantScore([5, 3], [2, null, 4]), 3);
  assert.equal(participantScore([2], [5]), 2);
});
