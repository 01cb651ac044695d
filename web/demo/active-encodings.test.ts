import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ActiveEncodings, type EncodingSender } from './active-encodings.ts';

/** Like a browser's: parameters must come from the latest getParameters(), and one change is under way at a time. */
class FakeSender {
  active: Record<string, boolean> = { low: true, mid: true, high: true };
  changes = 0;
  refuses = false;
  #underWay = false;

  getParameters() {
    const encodings = Object.entries(this.active).map(([rid, active]) => ({ rid, active }));
    return { encodings } as unknown as RTCRtpSendParameters;
  }

  async setParameters({ encodings }: RTCRtpSendParameters): Promise<void> {
    assert.ok(!this.#underWay, 'changes overlap');
    this.#underWay = true;
    await new Promise((resolve) => setImmediate(resolve));
    this.#underWay = false;
    if (this.refuses) throw new Error('InvalidStateError');
    this.changes++;
    this.active = Object.fromEntries(encodings.map(({ rid, active }) => [rid, active ?? true]));
  }
}

const settled = async () => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
};

function setup() {
  const sender = new FakeSender();
  return { sender, encodings: new ActiveEncodings(sender as unknown as EncodingSender) };
}

test('unused encodings are switched off, and on again', async () => {
  const { sender, encodings } = setup();
  encodings.setUnused(['mid', 'high', 'unheard-of']);
  await settled();
  assert.deepEqual(sender.active, { low: true, mid: false, high: false });
  encodings.setUnused([]);
  await settled();
  assert.deepEqual(sender.active, { low: true, mid: true, high: true });
});

test('what changes while a change is under way comes after it, the last word counts', async () => {
  const { sender, encodings } = setup();
  for (const unused of [['high'], [], ['low', 'mid', 'high'], ['high']]) encodings.setUnused(unused);
  await settled();
  assert.deepEqual(sender.active, { low: true, mid: true, high: false });
  assert.ok(sender.changes <= 2);
});

test('what is so already is not set', async () => {
  const { sender, encodings } = setup();
  encodings.setUnused([]);
  encodings.apply();
  await settled();
  assert.equal(sender.changes, 0);
});

test('what was refused is tried again', async () => {
  const { sender, encodings } = setup();
  sender.refuses = true;
  encodings.setUnused(['high']);
  await settled();
  assert.equal(sender.changes, 0);
  sender.refuses = false;
  encodings.apply();
  await settled();
  assert.deepEqual(sender.active, { low: true, mid: true, high: false });
});

test('a sender without encodings is left alone', async () => {
  const { sender, encodings } = setup();
  sender.getParameters = () => ({}) as RTCRtpSendParameters;
  encodings.setUnused(['high']);
  await settled();
  assert.equal(sender.changes, 0);
});
