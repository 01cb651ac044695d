import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CallbackPolicy, isInner } from './callback-policy.ts';

describe('CallbackPolicy', () => {
  it('without a list, refuses addresses that only the server can reach', () => {
    const policy = new CallbackPolicy([]);
    for (const host of [
      '127.0.0.1',
      '2130706433',
      '0x7f.1',
      '10.1.2.3',
      '172.31.0.1',
      '192.168.0.1',
      '169.254.169.254',
      '100.64.0.1',
      '0.0.0.0',
      '224.0.0.1',
      '[::1]',
      '[::]',
      '[fe80::1]',
      '[fd00::1]',
      '[::ffff:10.0.0.1]',
      '[64:ff9b::a00:1]',
    ])
      assert.notEqual(policy.refusal(new URL(`https://${host}/`)), null, host);
    for (const host of ['hooks.example.org', '192.0.3.1', '[2001:db8::1]'])
      assert.equal(policy.refusal(new URL(`https://${host}:8443/x`)), null, host);
    assert.notEqual(policy.refusal(new URL('http://hooks.example.org/')), null);
  });

  it('with a list, takes its hosts wherever they are, and no others', () => {
    const policy = new CallbackPolicy(['Hooks.example', '10.0.0.1']);
    assert.equal(policy.refusal(new URL('https://hooks.EXAMPLE/')), null);
    assert.equal(policy.refusal(new URL('https://10.0.0.1/')), null);
    assert.notEqual(policy.refusal(new URL('https://example/')), null);
    assert.equal(policy.lookup, undefined);
  });

  it('refuses a name that stands for such an address', async () => {
    const { lookup } = new CallbackPolicy([]);
    const resolve = (options: { all?: boolean }) =>
      new Promise((done) => lookup?.('localhost', options, (error, found) => done(error?.code ?? found)));
    assert.equal(await resolve({}), 'ENOTFOUND');
    assert.equal(await resolve({ all: true }), 'ENOTFOUND');
    assert.ok(isInner('127.0.0.1') && !isInner('192.0.3.1'));
  });
});
