import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRtp, rtp } from '../simulation.test.ts';
import { ExtensionKind, unknownExtension } from './header-extension.ts';
import { RtpPacket } from './rtp-packet.ts';
import { unwrapRtx } from './rtx.ts';

const kinds = new Uint8Array(256).fill(unknownExtension);
kinds[1] = ExtensionKind.AudioLevel;

test('an RTX packet becomes the original in place, and reads the same again', () => {
  const extensions = [[1, [0x55]]] as const;
  const common = { timestamp: 99, marker: true, extensions, padding: 3 };
  const original = rtp({ ...common, payloadType: 96, sequenceNumber: 500, ssrc: 0x1111, payload: [7, 8, 9] });
  const repeated = rtp({
    ...common,
    payloadType: 97,
    sequenceNumber: 3,
    ssrc: 0x2222,
    payload: [1, 244, 7, 8, 9],
  });
  const arena = new Uint8Array(64);
  arena.set(repeated, 8);
  const packet = new RtpPacket();
  assert.ok(packet.parse(arena, 8, repeated.length));
  packet.readExtensions(kinds);
  assert.ok(unwrapRtx(packet, 96, 0x1111));
  assert.deepEqual(arena.slice(packet.start, packet.start + packet.length), original);
  assert.equal(packet.sequenceNumber, 500);
  assert.equal(packet.recovered, true);
  assert.equal(arena[packet.extensionOffset[ExtensionKind.AudioLevel]], 0x55);
  const payload = arena.slice(packet.payloadOffset, packet.payloadOffset + packet.payloadLength);
  assert.deepEqual([...payload], [7, 8, 9]);
  assert.ok(packet.parse(arena, packet.start, packet.length));
  assert.equal(packet.payloadLength, 3);
  assert.equal(readRtp(original).ssrc, 0x1111);
});

test('an RTX packet without an original sequence number is left alone', () => {
  const probe = rtp({
    payloadType: 97,
    sequenceNumber: 3,
    timestamp: 0,
    ssrc: 1,
    payload: [1],
    padding: 200,
  });
  const before = probe.slice();
  const packet = new RtpPacket();
  assert.ok(packet.parse(probe, 0, probe.length));
  assert.equal(unwrapRtx(packet, 96, 2), false);
  assert.deepEqual(probe, before);
});
