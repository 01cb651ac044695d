import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layerViolations, webViolations } from './check-layers.ts';

test('an import from a lower layer to a higher one fails', () => {
  const [violation, ...others] = layerViolations(
    'src/media/forwarding/forwarder.ts',
    "import { x } from '../rtp/header.ts';\nimport type { Room } from '../../rooms/room.ts';\n",
  );
  assert.equal(
    violation,
    'src/media/forwarding/forwarder.ts:2: media imports src/rooms/room.ts of the higher layer rooms.',
  );
  assert.deepEqual(others, []);
});

test('dialects may not import each other, but what stands beside them', () => {
  const imports = "import '../whip/whip.ts';\nimport '../shared.ts';\nimport './frames.ts';";
  const violations = layerViolations('src/signaling/pion/pion.ts', imports);
  assert.deepEqual(violations, [
    'src/signaling/pion/pion.ts:1: the dialect pion imports src/signaling/whip/whip.ts of the dialect whip.',
  ]);
});

test('downward imports, packages and the foundation are fine', () => {
  const source = "import 'ws'; import 'node:fs'; import '../errors.ts'; import '../engine/engine.ts';";
  assert.deepEqual(layerViolations('src/rooms/room.ts', source), []);
  assert.deepEqual(layerViolations('src/server.ts', "import './signaling/pion/pion.ts';"), []);
});

test('nothing in src imports tests, benchmarks or pages, and every file has a layer', () => {
  assert.equal(layerViolations('src/rooms/room.ts', "import '../../test/x.ts';").length, 1);
  assert.equal(layerViolations('src/utils/x.ts', '').length, 1);
});

test('pages do not import the server', () => {
  assert.equal(webViolations('web/demo/main.tsx', "import '../../src/errors.ts';").length, 1);
  assert.deepEqual(webViolations('web/demo/main.tsx', "import '../shared/x.ts'; import 'preact';"), []);
});
