import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chooseLastSpeakers, type SpeakerStanding } from './last-speakers.ts';

const never = Number.NEGATIVE_INFINITY;

function standing(key: string, lastVoiceMs = never, speaking = false): SpeakerStanding<string> {
  return { key, lastVoiceMs, speaking };
}

const cases: readonly {
  what: string;
  standings: SpeakerStanding<string>[];
  dominant?: string;
  former?: string[];
  count: number;
  chosen: string[];
}[] = [
  {
    what: 'nobody has spoken: the first',
    standings: 'abc'.split('').map((key) => standing(key)),
    count: 2,
    chosen: ['a', 'b'],
  },
  {
    what: 'nobody has spoken: as it was',
    standings: 'abc'.split('').map((key) => standing(key)),
    former: ['c'],
    count: 2,
    chosen: ['a', 'c'],
  },
  {
    what: 'who begins to speak replaces who was silent for longest',
    standings: [standing('a', 100), standing('b', 50), standing('c', 900, true)],
    former: ['a', 'b'],
    count: 2,
    chosen: ['a', 'c'],
  },
  {
    what: 'nobody who speaks is cut off for another',
    standings: [standing('a', 900, true), standing('b', 900, true), standing('c', 900, true)],
    former: ['a', 'b'],
    count: 2,
    chosen: ['a', 'b'],
  },
  {
    what: '… but for the dominant speaker',
    standings: [standing('a', 900, true), standing('b', 900, true), standing('c', 900, true)],
    former: ['a', 'b'],
    dominant: 'c',
    count: 2,
    chosen: ['a', 'c'],
  },
  {
    what: 'the dominant speaker stays while it is silent',
    standings: [standing('a', 100), standing('b', 900, true), standing('c', 900, true)],
    former: ['a', 'b'],
    dominant: 'a',
    count: 2,
    chosen: ['a', 'b'],
  },
  { what: 'room for all', standings: [standing('a'), standing('b')], count: 5, chosen: ['a', 'b'] },
];

for (const { what, standings, dominant, former, count, chosen } of cases) {
  test(what, () => {
    const result = chooseLastSpeakers(standings, dominant ?? null, new Set(former), count);
    assert.deepEqual([...result].sort(), chosen);
  });
}

test('there are as many as may be, and choosing again changes nothing', () => {
  const one = fc.record({
    key: fc.nat(30),
    speaking: fc.boolean(),
    lastVoiceMs: fc.oneof(fc.constant(never), fc.nat(9)),
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(one, { selector: ({ key }) => key }),
      fc.option(fc.nat(30)),
      fc.array(fc.nat(30)),
      fc.integer({ min: 1, max: 8 }),
      (standings, dominant, former, count) => {
        const chosen = chooseLastSpeakers(standings, dominant, new Set(former), count);
        assert.equal(chosen.size, Math.min(count, standings.length));
        if (standings.some(({ key }) => key === dominant)) assert.ok(chosen.has(dominant!));
        assert.deepEqual(chooseLastSpeakers(standings, dominant, chosen, count), chosen);
        // Nobody who speaks waits while somebody silent but dominant does not.
        const waiting = standings.some(({ key, speaking }) => speaking && !chosen.has(key));
        if (waiting)
          assert.ok(standings.every(({ key, speaking }) => !chosen.has(key) || speaking || key === dominant));
      },
    ),
  );
});
