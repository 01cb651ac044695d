import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Audible, SilenceWatch } from './silence-watch.ts';

class FakePeer implements Audible {
  packets = 0;
  silences = 0;
  silent(): void {
    this.silences++;
  }
}

describe('SilenceWatch', () => {
  it('tells of those of whom nothing came for the whole time', () => {
    const clock = { nowMs: 0 };
    const watch = new SilenceWatch(10_000, () => clock.nowMs);
    const [mute, talking] = [new FakePeer(), new FakePeer()];
    watch.add(mute);
    watch.add(talking);
    for (; clock.nowMs < 9500; clock.nowMs += 500) {
      talking.packets++;
      watch.look();
    }
    assert.deepEqual([mute.silences, talking.silences], [0, 0]);
    clock.nowMs = 10_000;
    watch.look();
    assert.deepEqual([mute.silences, talking.silences], [1, 0]);
    watch.delete(mute);
    for (; clock.nowMs < 19_000; clock.nowMs += 500) watch.look();
    assert.equal(talking.silences, 0);
    watch.look();
    assert.equal(talking.silences, 1);
    watch.delete(talking);
  });

  it('does not hold it against anybody that the process stood still', () => {
    const clock = { nowMs: 0 };
    const watch = new SilenceWatch(10_000, () => clock.nowMs);
    const peer = new FakePeer();
    watch.add(peer);
    clock.nowMs = 60_000;
    watch.look();
    assert.equal(peer.silences, 0);
    for (; clock.nowMs < 69_500; clock.nowMs += 500) watch.look();
    assert.equal(peer.silences, 0);
    clock.nowMs = 70_000;
    watch.look();
    assert.equal(peer.silences, 1);
    watch.delete(peer);
  });
});
