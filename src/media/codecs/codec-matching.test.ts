import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RtpCodecParameters } from '../rtp-parameters.ts';
import { findMatchingCodec } from './codec-matching.ts';

function codec(
  name: string,
  parameters: Record<string, string> = {},
  payloadType = 100,
  channels = 1,
): RtpCodecParameters {
  const audio = ['opus', 'red', 'PCMU'].includes(name);
  return {
    kind: audio ? 'audio' : 'video',
    name,
    clockRate: audio ? 48000 : 90000,
    channels,
    parameters,
    payloadType,
    rtxPayloadType: -1,
    feedback: [],
  };
}

const h264 = (profile: string, mode: string, payloadType = 100) =>
  codec('H264', { 'profile-level-id': profile, 'packetization-mode': mode }, payloadType);

const cases: readonly (readonly [
  what: string,
  sender: RtpCodecParameters,
  receiver: RtpCodecParameters[],
  payloadType: number,
])[] = [
  ['same name', codec('VP8'), [codec('VP9', {}, 1), codec('vp8', {}, 2)], 2],
  ['channels differ', codec('opus', {}, 1, 2), [codec('opus', {}, 2, 1)], -1],
  ['opus parameters do not matter', codec('opus', { stereo: '1' }), [codec('opus', {}, 2)], 2],
  ['red is not opus', codec('red'), [codec('opus', {}, 2)], -1],
  [
    'VP9 profile',
    codec('VP9', { 'profile-id': '2' }),
    [codec('VP9', {}, 1), codec('VP9', { 'profile-id': '2' }, 2)],
    2,
  ],
  ['VP9 profile missing is 0', codec('VP9', { 'profile-id': '0' }), [codec('VP9', {}, 1)], 1],
  ['AV1 profile', codec('AV1', { profile: '1' }), [codec('AV1', {}, 1)], -1],
  ['H265 tier', codec('H265', { 'tier-flag': '1' }), [codec('H265', {}, 1)], -1],
  ['H264 level does not matter', h264('42e01f', '1'), [h264('42e034', '1', 3)], 3],
  ['H264 spelled otherwise', h264('42c01f', '1'), [h264('42E01F', '1', 3)], 3],
  [
    'H264 exact profile before a larger one',
    h264('42e01f', '1'),
    [h264('64001f', '1', 1), h264('42e01f', '1', 2)],
    2,
  ],
  ['H264 constrained baseline to high', h264('42e01f', '1'), [h264('64001f', '1', 1)], 1],
  ['H264 high to constrained baseline', h264('64001f', '1'), [h264('42e01f', '1', 1)], -1],
  ['H264 constrained high to high', h264('640c1f', '1'), [h264('64001f', '1', 1)], 1],
  ['H264 baseline is not main', h264('42001f', '1'), [h264('4d001f', '1', 1)], -1],
  ['H264 mode 1 to mode 0', h264('42e01f', '1'), [h264('42e01f', '0', 1)], -1],
  ['H264 mode 0 to mode 1', h264('42e01f', '0'), [h264('42e01f', '1', 1)], 1],
  ['H264 same mode first', h264('42e01f', '0'), [h264('42e01f', '1', 1), h264('42e01f', '0', 2)], 2],
  ['H264 unknown profiles match nothing but themselves', h264('f4001f', '1'), [h264('64001f', '1', 1)], -1],
  ['H264 two unknown profiles', h264('f4001f', '1'), [h264('6e001f', '1', 1), h264('F4001f', '1', 2)], 2],
  ['nothing to choose from', codec('VP8'), [], -1],
];

for (const [what, sender, receiver, payloadType] of cases) {
  test(`codec matching: ${what}`, () => {
    assert.equal(findMatchingCodec(sender, receiver)?.payloadType ?? -1, payloadType);
  });
}
