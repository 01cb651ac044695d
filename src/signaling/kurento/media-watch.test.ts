import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flowActivity, MediaWatch, peerActivity } from './media-watch.ts';

/** Time that stands still until it is told to go on. */
class VirtualTime {
  nowAt = 0;
  #timers: { at: number; run: () => void }[] = [];

  readonly after = (delayMs: number, run: () => void): (() => void) => {
    const timer = { at: this.nowAt + delayMs, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };
  readonly nowMs = (): number => this.nowAt;

  get waiting(): number {
    return this.#timers.length;
  }

  advance(toMs: number): void {
    for (;;) {
      this.#timers.sort((a, b) => a.at - b.at);
      const next = this.#timers[0];
      if (next === undefined || next.at > toMs) break;
      this.#timers.shift();
      this.nowAt = next.at;
      next.run();
    }
    this.nowAt = toMs;
  }
}

test('a flow begins with its first packet, and ends when none has come for two seconds', () => {
  const flow = flowActivity();
  assert.equal(flow.update(0, 0), false, 'nothing yet');
  assert.equal(flow.update(1, 500), true);
  assert.equal(flow.active, true);
  assert.equal(flow.update(1, 2400), false, 'still within its time');
  assert.equal(flow.update(1, 2500), true);
  assert.equal(flow.active, false);
  assert.equal(flow.end(), false, 'it was over');
});

test('a counter that goes back is another’s, and counts as soon as it moves', () => {
  const flow = flowActivity();
  flow.update(100, 0);
  assert.equal(flow.update(3, 1000), false);
  assert.equal(flow.update(3, 1999), false);
  assert.equal(flow.update(4, 2000), false, 'moved again in time');
  assert.equal(flow.active, true);
  assert.equal(flow.update(null, 3000), false, 'nothing to count is no movement');
  assert.equal(flow.update(4, 3500), false, 'and it stands where it stood');
  assert.equal(flow.end(), true);
});

test('what has ended begins again with the first that comes after', () => {
  const peer = peerActivity();
  peer.update(10, 0);
  assert.equal(peer.end(12), true);
  assert.equal(peer.end(12), false);
  assert.equal(peer.update(12, 500), false, 'all of that came before');
  assert.equal(peer.update(13, 1000), true);
});

test('looks twice a second while there is something to look at', () => {
  const time = new VirtualTime();
  const watch = new MediaWatch(time);
  const seen: number[] = [];
  const watched = { look: (nowMs: number) => seen.push(nowMs) };
  assert.equal(time.waiting, 0);
  watch.add(watched);
  time.advance(1200);
  assert.deepEqual(seen, [500, 1000]);
  watch.delete(watched);
  time.advance(3000);
  assert.equal(time.waiting, 0);
  watch.add(watched);
  time.advance(3600);
  assert.deepEqual(seen, [500, 1000, 3500]);
});

test('goes on when somebody throws', () => {
  const time = new VirtualTime();
  const watch = new MediaWatch(time);
  let looks = 0;
  watch.add({
    look: () => {
      looks++;
      throw new Error('a bug');
    },
  });
  assert.throws(() => time.advance(500), /a bug/);
  assert.throws(() => time.advance(1000), /a bug/);
  assert.equal(looks, 2);
});
