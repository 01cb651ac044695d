import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultCodecs } from './codec-capabilities.ts';
import {
  acceptCodecs,
  answerCodecs,
  codecParameters,
  describeCodecs,
  offerCodecs,
} from './codec-negotiation.ts';
import { payloadTypeMap } from './identifier-map.ts';
import type { PayloadFormat } from './session-description.ts';

function format(
  payloadType: number,
  rtpmap: string,
  parameters: Record<string, string> = {},
  feedback: string[] = [],
): PayloadFormat {
  const [name, clockRate, channels = '1'] = rtpmap.split('/');
  return {
    payloadType,
    name,
    clockRate: Number(clockRate),
    channels: Number(channels),
    parameters,
    feedback,
  };
}

const names = (codecs: readonly { payloadType: number; name: string }[]) =>
  codecs.map(({ payloadType, name }) => `${name}/${payloadType}`).join(' ');

describe('answerCodecs', () => {
  it('keeps the offered order, payload types and RTX, and drops what is not known', () => {
    const codecs = answerCodecs(
      'video',
      [
        format(35, 'VP9/90000', { 'profile-id': '0' }),
        format(36, 'rtx/90000', { apt: '35' }),
        format(120, 'vp8/90000'),
        format(50, 'flexfec-03/90000'),
        format(51, 'VP9/90000', { 'profile-id': '1' }),
        format(52, 'rtx/90000', { apt: '50' }),
      ],
      defaultCodecs,
    );
    assert.equal(names(describeCodecs(codecs, true)), 'VP9/35 rtx/36 VP8/120');
    assert.deepEqual(
      codecParameters(codecs, 'local', true).map(({ name, payloadType, rtxPayloadType }) => [
        name,
        payloadType,
        rtxPayloadType,
      ]),
      [
        ['VP9', 35, 36],
        ['VP8', 120, -1],
      ],
    );
  });

  const single: readonly (readonly [
    what: string,
    kind: string,
    offered: PayloadFormat[],
    answered: string,
  ])[] = [
    ['Opus without channels', 'audio', [format(111, 'opus/48000')], ''],
    ['Opus as video', 'video', [format(111, 'opus/48000/2')], ''],
    ['upper-case Opus', 'audio', [format(97, 'OPUS/48000/2')], 'opus/97'],
    ['static payload types', 'audio', [format(0, 'PCMU/8000'), format(9, 'G722/8000')], 'PCMU/0 G722/9'],
    ['telephone events', 'audio', [format(101, 'telephone-event/8000')], ''],
    ['a payload type that looks like RTCP', 'video', [format(72, 'VP8/90000')], ''],
    ['the same codec twice', 'video', [format(96, 'VP8/90000'), format(98, 'VP8/90000')], 'VP8/96'],
    [
      'RED of Opus',
      'audio',
      [format(63, 'red/48000/2', { '111/111': '' }), format(111, 'opus/48000/2')],
      'red/63 opus/111',
    ],
    [
      'RED of something else',
      'audio',
      [format(63, 'red/48000/2', { '0/0': '' }), format(111, 'opus/48000/2')],
      'opus/111',
    ],
    [
      'RED of two codecs',
      'audio',
      [format(63, 'red/48000/2', { '111/0': '' }), format(111, 'opus/48000/2')],
      'opus/111',
    ],
    ['RED alone', 'audio', [format(63, 'red/48000/2', { '111/111': '' })], ''],
    ['video RED', 'video', [format(96, 'VP8/90000'), format(116, 'red/90000')], 'VP8/96'],
    ['VP9 profile 2', 'video', [format(98, 'VP9/90000', { 'profile-id': '2' })], 'VP9/98'],
    ['VP9 without profile', 'video', [format(98, 'VP9/90000')], 'VP9/98'],
    ['H264 of an unknown profile', 'video', [format(98, 'H264/90000', { 'profile-level-id': 'ffffff' })], ''],
    ['H264 without parameters', 'video', [format(98, 'H264/90000')], 'H264/98'],
    ['H264 interleaved', 'video', [format(98, 'H264/90000', { 'packetization-mode': '2' })], ''],
    ['AV1 profile 1', 'video', [format(45, 'AV1/90000', { profile: '1' })], ''],
    ['H265 on several streams', 'video', [format(49, 'H265/90000', { 'tx-mode': 'MRST' })], ''],
    ['H265 in lower case', 'video', [format(49, 'h265/90000', { 'tx-mode': 'srst' })], 'H265/49'],
    ['RTX of RTX', 'video', [format(96, 'rtx/90000', { apt: '96' })], ''],
  ];
  for (const [what, kind, offered, answered] of single) {
    it(`answers ${what} with ${answered || 'nothing'}`, () => {
      assert.equal(names(describeCodecs(answerCodecs(kind, offered, defaultCodecs), true)), answered);
    });
  }

  it('answers parameters by the rules of each codec', () => {
    const parametersFor = (kind: string, offered: PayloadFormat) =>
      answerCodecs(kind, [offered], defaultCodecs)[0].local.parameters;
    const opus = { minptime: '10', stereo: '1', usedtx: '1', 'x-unknown': '1' };
    assert.deepEqual(parametersFor('audio', format(111, 'opus/48000/2', opus)), {
      minptime: '10',
      stereo: '1',
      usedtx: '1',
      useinbandfec: '1',
    });
    const h264 = {
      'packetization-mode': '1',
      'profile-level-id': '42e01f',
      'sprop-parameter-sets': 'Z0IA,aM4',
    };
    assert.deepEqual(parametersFor('video', format(98, 'H264/90000', h264)), {
      'packetization-mode': '1',
      'profile-level-id': '42e01f',
    });
    const asymmetric = { ...h264, 'level-asymmetry-allowed': '1' };
    assert.equal(parametersFor('video', format(98, 'H264/90000', asymmetric))['profile-level-id'], '42e034');
    assert.deepEqual(parametersFor('video', format(98, 'H264/90000')), {});
    assert.deepEqual(parametersFor('video', format(98, 'VP8/90000', { 'max-fs': '12288' })), {});
    assert.deepEqual(parametersFor('video', format(98, 'AV1/90000', { profile: '0', tier: '0' })), {
      profile: '0',
      tier: '0',
    });
  });

  it('answers feedback both sides know, and transport-cc only with its extension', () => {
    const offered = [format(96, 'VP8/90000', {}, ['nack', 'nack pli', 'transport-cc', 'nack rpsi', 'x'])];
    const codecs = answerCodecs('video', offered, defaultCodecs);
    assert.deepEqual(describeCodecs(codecs, true)[0].feedback, ['transport-cc', 'nack', 'nack pli']);
    assert.deepEqual(describeCodecs(codecs, false)[0].feedback, ['nack', 'nack pli']);
  });
});

describe('offerCodecs', () => {
  it('offers every codec of its kind once, with distinct payload types that are not RTCP', () => {
    for (const kind of ['audio', 'video'] as const) {
      const formats = describeCodecs(offerCodecs(kind, defaultCodecs, payloadTypeMap()), true);
      const primary = formats.filter(({ name }) => name !== 'rtx');
      assert.equal(primary.length, defaultCodecs.filter((codec) => codec.kind === kind).length);
      const types = formats.map(({ payloadType }) => payloadType);
      assert.equal(new Set(types).size, types.length);
      assert.ok(types.every((type) => type < 64 || (type > 95 && type < 128)));
    }
  });

  it('uses the payload types the remote gave', () => {
    const map = payloadTypeMap();
    map.note(111, 'vp8/90000/1');
    map.note(109, 'opus/48000/2');
    map.note(96, 'ulpfec/90000/1');
    const audio = describeCodecs(offerCodecs('audio', defaultCodecs, map), true);
    assert.equal(names(audio.slice(0, 2)), 'opus/109 red/63');
    assert.deepEqual(audio[1].parameters, { '109/109': '' });
    assert.equal(offerCodecs('video', defaultCodecs, map)[0].local.payloadType, 111);
  });

  it('leaves out what there is no payload type for', () => {
    const map = payloadTypeMap();
    for (let type = 0; type < 128; type++) if (type !== 45) map.note(type, `x${type}`);
    assert.equal(names(describeCodecs(offerCodecs('video', defaultCodecs, map), true)), 'VP8/45');
  });
});

describe('acceptCodecs', () => {
  it("sends with the answer's payload types and receives with ours, in the answer's order", () => {
    const offered = offerCodecs('video', defaultCodecs, payloadTypeMap());
    const accepted = acceptCodecs(offered, [
      format(120, 'VP9/90000', { 'profile-id': '0' }, ['nack']),
      format(121, 'VP8/90000', {}, ['nack', 'transport-cc']),
      format(122, 'rtx/90000', { apt: '121' }),
      format(123, 'H263/90000'),
    ]);
    const summary = (side: 'local' | 'remote') =>
      codecParameters(accepted, side, true).map((codec) => [
        codec.name,
        codec.payloadType,
        codec.rtxPayloadType,
      ]);
    assert.deepEqual(summary('remote'), [
      ['VP9', 120, -1],
      ['VP8', 121, 122],
    ]);
    assert.deepEqual(summary('local'), [
      ['VP9', 98, -1],
      ['VP8', 96, 97],
    ]);
    assert.deepEqual(accepted[1].feedback, ['transport-cc', 'nack']);
  });
});
