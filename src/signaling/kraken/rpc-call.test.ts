import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { parseFirstJson } from '../bounded-json.ts';
import { MalformedCall, parseCall } from './rpc-call.ts';

describe('parseFirstJson', () => {
  it('parses what JSON.parse does, whatever follows', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.string(), (text, more) => {
        assert.deepEqual(parseFirstJson(text), JSON.parse(text));
        if (/^\s*[[{]/.test(text)) assert.deepEqual(parseFirstJson(text + more), JSON.parse(text));
      }),
    );
  });

  it('refuses what is nested for its own sake, at once', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    assert.ok(parseFirstJson(nested(32)));
    assert.throws(() => parseFirstJson(nested(33)), SyntaxError);
    const startedAt = performance.now();
    assert.throws(() => parseFirstJson(nested(500_000)), SyntaxError);
    assert.throws(() => parseFirstJson('{"a":'.repeat(100_000)), SyntaxError);
    assert.ok(performance.now() - startedAt < 1000);
    assert.deepEqual(parseFirstJson('["[[[[\\"]"]'), ['[[[["]']);
  });
});

describe('parseCall', () => {
  it('never fails but by saying what is wrong', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        try {
          const { id, method, params } = parseCall(body);
          assert.ok(typeof id === 'string' && typeof method === 'string' && Array.isArray(params));
        } catch (error) {
          assert.ok(error instanceof MalformedCall);
        }
      }),
    );
  });

  it('takes the last of several spellings, and nothing of a prototype', () => {
    assert.deepEqual(parseCall('{"method":"a","METHOD":"b","__proto__":{"id":"x"}}'), {
      id: '',
      method: 'b',
      params: [],
    });
  });
});
