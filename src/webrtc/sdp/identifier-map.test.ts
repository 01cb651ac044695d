import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { headerExtensionMap, payloadTypeMap } from './identifier-map.ts';

describe('IdentifierMap', () => {
  it('keeps to the number a meaning has, then to the preferred, then to any free one', () => {
    const map = headerExtensionMap();
    assert.equal(map.claim('a', 4), 4);
    assert.equal(map.claim('a', 5), 4);
    assert.equal(map.claim('b', 4), 1);
    assert.equal(map.find('c'), -1);
  });

  it('says when no number is left', () => {
    const map = headerExtensionMap();
    for (let id = 1; id <= 14; id++) assert.ok(map.claim(`urn:${id}`, 14) > 0);
    assert.equal(map.claim('urn:15', 14), -1);
  });

  it('believes the remote', () => {
    const map = payloadTypeMap();
    map.note(96, 'vp8');
    map.note(96, 'h264');
    assert.equal(map.find('vp8'), -1);
    assert.equal(map.claim('vp8', 96), 97);
  });

  it('is not changed by what its copy gives out', () => {
    const map = payloadTypeMap();
    assert.equal(map.clone().claim('vp8', 96), 96);
    assert.equal(map.find('vp8'), -1);
  });
});
