import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  answerProfileLevelId,
  formatProfileLevelId,
  type H264Profile,
  h264ProfileOf,
  parseProfileLevelId,
} from './h264-profile.ts';

describe('parseProfileLevelId', () => {
  const table: readonly (readonly [text: string, profile: H264Profile | null, levelIdc?: number])[] = [
    ['42e01f', 'constrained-baseline', 31],
    ['42E01F', 'constrained-baseline', 31],
    ['42c02a', 'constrained-baseline', 42],
    ['4d801f', 'constrained-baseline', 31],
    ['58f01f', 'constrained-baseline', 31],
    ['42001f', 'baseline', 31],
    ['42a01f', 'baseline', 31],
    ['58a01f', 'baseline', 31],
    ['4d001f', 'main', 31],
    ['4d401f', 'main', 31],
    ['64001f', 'high', 31],
    ['640c34', 'constrained-high', 52],
    ['f4001f', 'predictive-high-444', 31],
    // Level 1b in its two spellings, and level 1.1 beside it.
    ['42f00b', 'constrained-baseline', 9],
    ['42e00b', 'constrained-baseline', 11],
    ['640009', 'high', 9],
    ['42e11f', null],
    ['64081f', null],
    ['ff001f', null],
    ['42e01', null],
    ['42e01g', null],
    ['', null],
  ];
  for (const [text, profile, levelIdc] of table) {
    it(`takes "${text}" for ${profile ?? 'nothing known'}`, () => {
      assert.deepEqual(parseProfileLevelId(text), profile && { profile, levelIdc });
    });
  }

  it('reads what formatProfileLevelId writes', () => {
    const profiles: H264Profile[] = ['constrained-baseline', 'baseline', 'main', 'constrained-high', 'high'];
    const levels = [9, 10, 11, 12, 13, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 52];
    for (const profile of profiles) {
      for (const levelIdc of levels) {
        const text = formatProfileLevelId({ profile, levelIdc });
        assert.deepEqual(parseProfileLevelId(text), { profile, levelIdc }, text);
      }
    }
  });

  it('never fails', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseProfileLevelId(text)));
  });
});

describe('answerProfileLevelId', () => {
  const table: readonly (readonly [
    local: string,
    remote: string,
    asymmetry: boolean,
    answer: string | null,
  ])[] = [
    ['42e034', '42e01f', true, '42e034'],
    ['42e034', '42e01f', false, '42e01f'],
    ['42e01f', '42e034', false, '42e01f'],
    ['42e034', '42c01f', true, '42c034'],
    ['42e034', '42C01F', false, '42c01f'],
    ['42e034', '42f00b', false, '42f00b'],
    ['42e034', '42f00b', true, '42e034'],
    ['42f00b', '42e01f', false, '42f00b'],
    ['42e034', '42001f', true, null],
    ['640034', '640c1f', true, null],
    ['42e034', 'nonsense', true, null],
  ];
  for (const [local, remote, asymmetry, answer] of table) {
    it(`answers ${answer} to ${remote} with ${local}, levels ${asymmetry ? 'free' : 'equal'}`, () => {
      assert.equal(answerProfileLevelId(local, remote, asymmetry), answer);
    });
  }
});

describe('h264ProfileOf', () => {
  it('takes a missing profile-level-id as browsers do, and an unknown one for none', () => {
    assert.equal(h264ProfileOf(undefined), 'constrained-baseline');
    assert.equal(h264ProfileOf('58801f'), 'baseline');
    assert.equal(h264ProfileOf('58001f'), null);
    assert.equal(h264ProfileOf('zz001f'), null);
  });
});
