import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Negotiation } from './negotiation.ts';

const timings = { collectMs: 100, clientTurnMs: 10_000, answerTimeoutMs: 30_000 };

/** After the client's first offer, and connected. */
function running(): Negotiation {
  const machine = new Negotiation(timings);
  machine.offerAnswered(0);
  machine.connected(0);
  return machine;
}

/** One whose offer is out at 100. */
function inServerTurn(): Negotiation {
  const machine = running();
  machine.changed(0);
  assert.equal(machine.handleTimeout(100), 'offer');
  return machine;
}

test('nothing is offered before the first offer was answered and the connection is up', () => {
  const machine = new Negotiation(timings);
  machine.changed(0);
  assert.equal(machine.deadlineMs, Number.POSITIVE_INFINITY);
  machine.connected(1);
  assert.equal(machine.deadlineMs, Number.POSITIVE_INFINITY);
  machine.offerAnswered(2);
  assert.equal(machine.deadlineMs, 102);
  const other = new Negotiation(timings);
  other.offerAnswered(0);
  other.changed(0);
  assert.equal(other.deadlineMs, Number.POSITIVE_INFINITY);
  other.connected(5);
  assert.equal(other.deadlineMs, 105);
});

test('changes are collected for a moment, and one offer is out at a time', () => {
  const machine = running();
  machine.changed(0);
  machine.changed(90);
  assert.equal(machine.handleTimeout(99), null);
  assert.equal(machine.handleTimeout(100), 'offer');
  assert.equal(machine.state, 'server-turn');
  machine.changed(150);
  assert.equal(machine.handleTimeout(300), null);
  assert.equal(machine.answerAccepted(400), false);
  assert.equal(machine.handleTimeout(500), 'offer');
  machine.answerAccepted(600);
  assert.equal(machine.deadlineMs, Number.POSITIVE_INFINITY);
  assert.equal(machine.state, 'idle');
});

test('a client that does not answer for 30 s is given up, once', () => {
  const machine = inServerTurn();
  assert.equal(machine.handleTimeout(30_099), null);
  assert.equal(machine.handleTimeout(30_100), 'give-up');
  assert.equal(machine.handleTimeout(60_000), null);
});

test('a client that asks in idle has its turn, in which nothing is offered, for 10 s', () => {
  const machine = running();
  machine.changed(0);
  assert.equal(machine.asked(50), true);
  assert.equal(machine.state, 'client-turn');
  assert.equal(machine.handleTimeout(1000), null);
  assert.equal(machine.asked(2000), true);
  assert.equal(machine.handleTimeout(12_000), null);
  assert.equal(machine.state, 'idle');
  assert.equal(machine.handleTimeout(12_100), 'offer', 'what was wanted before');
});

test('the client’s offer ends its turn, answered or refused, and what waited goes on', () => {
  for (const end of ['offerAnswered', 'offerRefused'] as const) {
    const machine = running();
    machine.asked(0);
    machine.changed(10);
    machine[end](20);
    assert.equal(machine.state, 'idle');
    assert.equal(machine.handleTimeout(120), 'offer');
  }
});

test('a client refused in the server’s turn is told once that it may, and has its turn before more is offered', () => {
  const machine = inServerTurn();
  assert.equal(machine.asked(110), false);
  assert.equal(machine.asked(120), false);
  machine.changed(130);
  assert.equal(machine.answerAccepted(140), true);
  assert.equal(machine.state, 'client-turn');
  assert.equal(machine.answerAccepted(150), false, 'an answer to nothing');
  machine.offerAnswered(160);
  assert.equal(machine.handleTimeout(260), 'offer');
  assert.equal(machine.answerAccepted(270), false);
});

test('a client’s offer in the server’s turn makes the server’s void, to be made again', () => {
  const machine = inServerTurn();
  machine.asked(105);
  machine.offerAnswered(110);
  assert.equal(machine.state, 'idle');
  assert.equal(machine.handleTimeout(210), 'offer');
  assert.equal(machine.answerAccepted(220), false, 'no ok for a client that has offered');
});

test('a client’s bad offer in the server’s turn changes nothing', () => {
  const machine = inServerTurn();
  machine.offerRefused(110);
  assert.equal(machine.state, 'server-turn');
  assert.equal(machine.deadlineMs, 30_100);
});

test('an offer that turns out to be empty leaves it idle', () => {
  const machine = inServerTurn();
  machine.offerWithdrawn(100);
  assert.deepEqual([machine.state, machine.deadlineMs], ['idle', Number.POSITIVE_INFINITY]);
});

test('whatever happens: no offer in the client’s turn or while one is out, one ok for a refusal, no standstill', () => {
  const happenings = fc.constantFrom('changed', 'asked', 'offer', 'bad offer', 'answer', 'time');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(happenings, fc.integer({ min: 1, max: 3000 })), { maxLength: 60 }),
      (steps) => {
        const machine = running();
        let nowMs = 0;
        let refusals = 0;
        let wanted = false;
        for (const [what, elapsedMs] of steps) {
          nowMs += elapsedMs;
          const { state } = machine;
          const step = machine.handleTimeout(nowMs);
          if (step === 'give-up') return;
          if (step === 'offer') {
            assert.equal(state, 'idle');
            assert.ok(wanted);
            wanted = false;
          }
          if (what === 'changed') {
            machine.changed(nowMs);
            wanted = true;
          } else if (what === 'asked') {
            if (!machine.asked(nowMs)) refusals++;
          } else if (what === 'offer') {
            if (machine.state === 'server-turn') wanted = true;
            machine.offerAnswered(nowMs);
            refusals = 0;
          } else if (what === 'bad offer') machine.offerRefused(nowMs);
          else if (what === 'answer' && machine.answerAccepted(nowMs)) {
            assert.ok(refusals > 0);
            refusals = 0;
          }
        }
        // Left alone, with its offers answered, it comes to rest.
        for (let round = 0; round < 5 && machine.deadlineMs < Number.POSITIVE_INFINITY; round++) {
          nowMs = machine.deadlineMs;
          if (machine.state === 'server-turn') machine.answerAccepted(nowMs);
          else if (machine.handleTimeout(nowMs) === 'offer') wanted = false;
        }
        assert.deepEqual(
          [machine.state, machine.deadlineMs, wanted],
          ['idle', Number.POSITIVE_INFINITY, false],
        );
      },
    ),
  );
});
