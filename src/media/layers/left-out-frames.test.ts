/** An encoder short of bits leaves out a spatial layer: the picture then ends with the one below. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LayerScene, svc } from './layer-scene.test.ts';
import { readTruth } from './synthetic-encoder.test.ts';

const described = { dependencyDescriptor: true };

/** Highest spatial layer and marker bits by picture. */
function pictures(scene: LayerScene): { highest: number; markers: string }[] {
  const byTimestamp = new Map<number, { highest: number; markers: string }>();
  for (const { rtp } of scene.received) {
    const picture = byTimestamp.get(rtp.timestamp) ?? { highest: -1, markers: '' };
    const { spatial } = readTruth(rtp.payload);
    picture.highest = Math.max(picture.highest, spatial);
    picture.markers += rtp.marker ? '1' : '0';
    byTimestamp.set(rtp.timestamp, picture);
  }
  return [...byTimestamp.values()];
}

for (const [mode, options] of Object.entries({
  L3T3: described,
  L3T3_KEY: { ...described, keyPicturesOnly: true },
})) {
  for (const spatial of [0, 1, 2]) {
    test(`AV1 ${mode}, S${spatial} of three: every picture ends with a marker, whichever layers it has`, () => {
      const scene = new LayerScene(svc('AV1', [3, 3], options), 5);
      scene.run(500);
      scene.forwarder.setTarget(spatial, 2, 'test');
      scene.forwarder.source!.requestKeyFrame();
      scene.run(500);
      scene.received.length = 0;
      const [encoder] = scene.encoders;
      let captured = 0;
      scene.run(3000, undefined, () => {
        encoder.leavesOut = [[], [1], [], [2], [1, 2]][captured++ % 5];
      });
      // The last may still be on its way.
      const seen = pictures(scene).slice(0, -1);
      assert.ok(seen.length > 50);
      for (const { markers } of seen) assert.match(markers, /^0*1$/);
      if (spatial > 0 && mode === 'L3T3')
        assert.ok(seen.filter(({ highest }) => highest < spatial).length > 15);
    });
  }
}

test('what waits for the next packet is handed on whatever that is', () => {
  const scene = new LayerScene(svc('AV1', [3, 1], described), 6);
  scene.forwarder.setTarget(0, 0, 'test');
  scene.run(3000, { loss: 0.1, reorder: 0.1 });
  const frames = new Set<number>();
  for (const { rtp } of scene.received) {
    if (rtp.payload.length === 0) continue;
    const { picture, packet, packets } = readTruth(rtp.payload);
    if (packet === packets - 1) frames.add(picture);
  }
  const shown = [...frames];
  assert.equal(new Set(shown).size, Math.max(...shown) - Math.min(...shown) + 1, 'every picture, whole');
});
