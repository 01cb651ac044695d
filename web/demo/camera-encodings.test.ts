import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CameraEncodings, cameraEncodings, type EncodingSender } from './camera-encodings.ts';

const camera = (width: number, height: number) =>
  ({ getSettings: () => ({ width, height }) }) as unknown as MediaStreamTrack;

/** Like a browser's: parameters must come from the latest getParameters(), and one change is under way at a time. */
class FakeSender {
  track: MediaStreamTrack | null = camera(1280, 720);
  parameters = cameraEncodings(this.track).map(({ distinct: active, ...encoding }) => ({
    ...encoding,
    active,
  }));
  changes = 0;
  refuses = false;
  #underWay = false;

  getParameters() {
    return { encodings: structuredClone(this.parameters) } as unknown as RTCRtpSendParameters;
  }

  async setParameters({ encodings }: RTCRtpSendParameters): Promise<void> {
    assert.ok(!this.#underWay, 'changes overlap');
    this.#underWay = true;
    await new Promise((resolve) => setImmediate(resolve));
    this.#underWay = false;
    if (this.refuses) throw new Error('InvalidStateError');
    this.changes++;
    this.parameters = encodings as unknown as typeof this.parameters;
  }

  get active() {
    return Object.fromEntries(this.parameters.map(({ rid, active }) => [rid, active]));
  }
}

const settled = async () => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
};

function setup() {
  const sender = new FakeSender();
  return { sender, encodings: new CameraEncodings(sender as unknown as EncodingSender) };
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

test('the largest encoding that a browser makes of a small camera has its full size', async () => {
  const scales = (width: number, height: number) =>
    cameraEncodings(camera(width, height)).flatMap(({ distinct, scaleResolutionDownBy }) =>
      distinct ? scaleResolutionDownBy : [],
    );
  assert.deepEqual(scales(1280, 720), [4, 2, 1]);
  assert.deepEqual(scales(720, 1280), [4, 2, 1]);
  assert.deepEqual(scales(640, 480), [2, 1]);
  assert.deepEqual(scales(320, 240), [1]);
  const { sender, encodings } = setup();
  sender.track = camera(640, 480);
  encodings.apply();
  await settled();
  assert.deepEqual(sender.active, { low: true, mid: true, high: false });
  assert.deepEqual(
    sender.parameters.map(({ maxBitrate }) => maxBitrate),
    [200_000, 900_000, 900_000],
  );
  sender.track = camera(1280, 720);
  encodings.setUnused(['mid']);
  await settled();
  assert.deepEqual(sender.active, { low: true, mid: false, high: true });
});
