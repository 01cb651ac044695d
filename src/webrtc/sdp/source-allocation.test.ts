import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allocateSources } from './source-allocation.ts';
import { Transceiver } from './transceiver.ts';

describe('allocateSources', () => {
  it('gives each sender its own SSRCs once, avoiding 0 and all that are used in either direction', () => {
    const audio = new Transceiver('audio', 'sendonly');
    const video = new Transceiver('video', 'sendrecv');
    const receiver = new Transceiver('video', 'recvonly');
    receiver.receive = {
      mid: '2',
      kind: 'video',
      codecs: [],
      headerExtensions: [],
      encodings: [{ rid: null, ssrc: 7, rtxSsrc: 8 }],
    };
    const all = [audio, video, receiver];
    const numbers = [0, 7, 8, 5, 5, 6, 5, 9, 10, 11];
    const next = () => numbers.shift() ?? assert.fail('asked too often');
    allocateSources(all, all, next);
    allocateSources(all, all, next);
    const given = all.map(({ ssrc, rtxSsrc }) => [ssrc, rtxSsrc]);
    assert.deepEqual(given, [
      [5, -1],
      [6, 9],
      [-1, -1],
    ]);
  });
});
