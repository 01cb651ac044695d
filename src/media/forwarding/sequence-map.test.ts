import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { noSequence, SequenceMap } from './sequence-map.ts';

test('losses leave gaps, what is left out leaves none', () => {
  const map = new SequenceMap(500);
  map.start(100);
  assert.equal(map.map(100), 500);
  assert.equal(map.map(101), 501);
  assert.ok(map.leaveOut(102));
  assert.ok(map.leaveOut(103));
  assert.equal(map.map(104), 502);
  assert.equal(map.map(105), 503);
  assert.ok(map.leaveOut(106));
  assert.equal(map.map(108), 505);
  assert.equal(map.map(107), 504);
  assert.equal(map.map(103), noSequence);
  assert.equal(map.map(101), 501);
});

test('a late packet cannot be left out: its number is taken', () => {
  const map = new SequenceMap(0);
  map.start(10);
  map.map(10);
  map.map(12);
  assert.equal(map.leaveOut(11), false);
  assert.equal(map.map(11), 1);
});

test('another source goes on where the last one was', () => {
  const map = new SequenceMap(65535);
  map.start(7);
  assert.equal(map.map(7), 65535);
  assert.equal(map.map(9), 1);
  map.start(90_000);
  assert.equal(map.map(90_000), 2);
  assert.equal(map.map(89_999), noSequence);
});

/** What may happen to a stream on its way, one packet after the other. */
interface Step {
  readonly fate: 'sent' | 'padding' | 'lost' | 'late' | 'late-padding' | 'switch';
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    fate: fc.oneof(
      { weight: 10, arbitrary: fc.constant('sent' as const) },
      { weight: 3, arbitrary: fc.constant('padding' as const) },
      { weight: 2, arbitrary: fc.constant('lost' as const) },
      { weight: 2, arbitrary: fc.constant('late' as const) },
      { weight: 1, arbitrary: fc.constant('late-padding' as const) },
      { weight: 1, arbitrary: fc.constant('switch' as const) },
    ),
  }),
  { maxLength: 300 },
);

/** Late packets arrive this many packets after their turn. */
const latePackets = 3;

test('numbers are unique, in the order of the source, and have gaps exactly where packets were lost', () => {
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: 0, max: 65535 }),
      fc.integer({ min: 65_536, max: 200_000 }),
      (walk, initial, first) => {
        const map = new SequenceMap(initial);
        let extended = initial + 65_536;
        let source = first;
        map.start(source);
        let held: { source: number; number: number; due: number; padding: boolean }[] = [];
        const given = new Set<number>();
        const give = (got: number, expected: number) => {
          assert.equal(got, expected & 0xffff);
          assert.ok(!given.has(expected), `${expected} twice`);
          given.add(expected);
        };
        walk.forEach(({ fate }, index) => {
          switch (fate) {
            case 'sent':
              give(map.map(source), extended++);
              break;
            case 'padding':
              assert.ok(map.leaveOut(source));
              break;
            case 'lost':
              extended++;
              break;
            case 'late':
            case 'late-padding':
              held.push({
                source,
                number: extended++,
                due: index + latePackets,
                padding: fate === 'late-padding',
              });
              break;
            case 'switch':
              // What the old source has not delivered by now never gets a number; the new one follows the last.
              held = [];
              extended = map.highest + 1;
              source += 5000;
              map.start(source);
              give(map.map(source), extended++);
              break;
          }
          source++;
          for (const packet of held.filter(({ due }) => due <= index)) {
            const afterIt = map.highest > packet.number;
            // Still the newest: padding may be left out, and then shifts all that follow. Not part of this walk.
            if (packet.padding && !afterIt) continue;
            if (packet.padding) assert.equal(map.leaveOut(packet.source), false);
            if (afterIt) give(map.map(packet.source), packet.number);
          }
          held = held.filter(({ due }) => due > index);
        });
      },
    ),
  );
});

test('more runs left out than are remembered: what is older has no number, what is newer is right', () => {
  const map = new SequenceMap(0);
  map.start(1000);
  map.map(1000);
  let number = 1;
  for (let i = 0; i < 100; i++) {
    assert.ok(map.leaveOut(1001 + i * 3));
    // 1002 + i * 3 is missing.
    number++;
    assert.equal(map.map(1003 + i * 3), number++);
  }
  assert.equal(map.map(1002), noSequence);
  assert.equal(map.map(1002 + 99 * 3), number - 2);
});
