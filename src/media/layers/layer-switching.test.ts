/** Random layer switches of synthetic streams over a network that loses and reorders: what a receiver gets is right. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../simulation.test.ts';
import { LayerScene, simulcast, svc } from './layer-scene.test.ts';
import { checkReceived } from './received-video.test.ts';
import type { EncoderOptions } from './synthetic-encoder.test.ts';

const described = { dependencyDescriptor: true };

const streams: Readonly<Record<string, EncoderOptions[]>> = {
  'VP8 L1T1': [{ codec: 'VP8', spatialLayers: 1, temporalLayers: 1 }],
  'VP8 L1T2': [{ codec: 'VP8', spatialLayers: 1, temporalLayers: 2, start: 127 }],
  'VP8 L1T3': [{ codec: 'VP8', spatialLayers: 1, temporalLayers: 3, start: 32_760 }],
  'VP8 L1T3 with descriptors': [{ codec: 'VP8', spatialLayers: 1, temporalLayers: 3, ...described }],
  'VP8 simulcast': simulcast('VP8', 1),
  'VP8 simulcast, L1T3': simulcast('VP8', 3),
  'VP8 simulcast, L1T3, with descriptors': simulcast('VP8', 3, described),
  'H264 simulcast': simulcast('H264', 1),
  'H264 L1T3 with descriptors': [{ codec: 'H264', spatialLayers: 1, temporalLayers: 3, ...described }],
  'H264 simulcast, L1T2, with descriptors': simulcast('H264', 2, described),
  'VP9 L1T3': svc('VP9', [1, 3]),
  'VP9 L2T1': svc('VP9', [2, 1]),
  'VP9 L3T3': svc('VP9', [3, 3]),
  'VP9 L3T3, flexible': svc('VP9', [3, 3], { flexible: true, start: 32_700 }),
  'VP9 L2T2_KEY': svc('VP9', [2, 2], { keyPicturesOnly: true }),
  'VP9 L3T3_KEY': svc('VP9', [3, 3], { keyPicturesOnly: true }),
  'VP9 L3T3_KEY, flexible': svc('VP9', [3, 3], { keyPicturesOnly: true, flexible: true }),
  'VP9 L3T3_KEY, flexible, with descriptors': svc('VP9', [3, 3], {
    keyPicturesOnly: true,
    flexible: true,
    ...described,
  }),
  'VP9 simulcast, L1T3': simulcast('VP9', 3),
  'AV1 L1T1': svc('AV1', [1, 1], described),
  'AV1 L1T3': svc('AV1', [1, 3], described),
  'AV1 L2T1': svc('AV1', [2, 1], described),
  'AV1 L3T3': svc('AV1', [3, 3], { start: 65_500, ...described }),
  'AV1 L3T3_KEY': svc('AV1', [3, 3], { keyPicturesOnly: true, ...described }),
  'AV1 simulcast, L1T3': simulcast('AV1', 3, described),
};

/** All modes of one to three spatial and temporal layers, those with inter-layer prediction in key pictures only too. */
function svcModes(codec: 'VP9' | 'AV1', more: Partial<EncoderOptions>): [string, EncoderOptions[]][] {
  const counts = [1, 2, 3] as const;
  const modes = counts.flatMap((spatial) => counts.map((temporal) => [spatial, temporal] as const));
  return modes.flatMap(([spatial, temporal]) =>
    [false, true].flatMap((keyPicturesOnly): [string, EncoderOptions[]][] => {
      if (keyPicturesOnly && spatial === 1) return [];
      const name = `L${spatial}T${temporal}${keyPicturesOnly ? '_KEY' : ''}`;
      return [[name, svc(codec, [spatial, temporal], { keyPicturesOnly, ...more })]];
    }),
  );
}

for (const [family, modes] of Object.entries({
  VP9: svcModes('VP9', {}),
  'VP9 flexible': svcModes('VP9', { flexible: true }),
  AV1: svcModes('AV1', described),
})) {
  for (const [mode, encoders] of modes) {
    test(`${family} ${mode}: every layer is reached and left again`, () => {
      const [{ codec, spatialLayers, temporalLayers }] = encoders;
      const scene = new LayerScene(encoders, 3);
      scene.run(1500, { loss: 0.02, reorder: 0.02 });
      for (let spatial = spatialLayers - 1; spatial >= 0; spatial--) {
        for (let temporal = temporalLayers - 1; temporal >= 0; temporal--) {
          for (const target of [
            { spatial, temporal },
            { spatial: spatialLayers - 1, temporal: temporalLayers - 1 },
          ]) {
            scene.forwarder.setTarget(target.spatial, target.temporal, 'test');
            scene.run(700, { loss: 0.02, reorder: 0.02 });
            assert.deepEqual(scene.forwarder.current, target);
          }
        }
      }
      // What is late comes.
      scene.run(300);
      checkReceived(scene.received, codec);
    });
  }
}

for (const [name, encoders] of Object.entries(streams)) {
  const { codec } = encoders[0];
  for (const [network, impairment] of Object.entries({
    'a good network': { loss: 0, reorder: 0 },
    reordering: { loss: 0, reorder: 0.1 },
    loss: { loss: 0.03, reorder: 0.03 },
  })) {
    test(`${name}: random switches over ${network}`, () => {
      for (let seed = 1; seed <= 2; seed++) {
        const scene = new LayerScene(encoders, seed);
        const random = seededRandom(seed * 77);
        scene.run(3000, impairment);
        scene.report();
        scene.run(12_000, impairment, () => {
          if (random() % 40 !== 0) return;
          scene.forwarder.setTarget(random() % 4, random() % 4, 'test');
        });
        scene.forwarder.setTarget(255, 255, 'test');
        scene.run(2500);
        const { spatial, temporal } = scene.forwarder.current;
        const layers = scene.forwarder.layers();
        const top = layers[layers.length - 1];
        assert.deepEqual({ spatial, temporal }, { spatial: top.spatial, temporal: top.temporal });
        const frames = checkReceived(scene.received, codec);
        const last = frames[frames.length - 1].truth;
        assert.equal(last.encoding, encoders.length - 1);
        assert.equal(last.spatial, encoders[0].spatialLayers - 1);
        assert.ok(scene.repaired > 20);
      }
    });
  }
}
