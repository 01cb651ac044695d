import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rfc5769Ipv4Response, rfc5769Request, rfc5769TransactionId } from './rfc5769-vectors.ts';
import { StunType } from './stun-format.ts';
import { readUsernameFragments } from './stun-routing.ts';
import { StunWriter } from './stun-writer.ts';

function request(username: string): Uint8Array {
  return new StunWriter(StunType.BindingRequest, rfc5769TransactionId).username(username).finish();
}

describe('readUsernameFragments', () => {
  it('finds the name behind other attributes', () => {
    assert.deepEqual(readUsernameFragments(rfc5769Request), { local: 'evtj', remote: 'h6vY' });
  });

  it('finds nothing in what is no request, cut or nameless', () => {
    assert.equal(readUsernameFragments(rfc5769Ipv4Response), null);
    assert.equal(readUsernameFragments(new Uint8Array(0)), null);
    assert.equal(readUsernameFragments(new StunWriter(1, rfc5769TransactionId).priority(1).finish()), null);
    for (let length = 0; length < 73; length++) {
      assert.equal(readUsernameFragments(rfc5769Request.subarray(0, length)), null);
    }
  });

  it('wants both halves', () => {
    for (const name of ['', 'abcd', ':abcd', 'abcd:', ':'])
      assert.equal(readUsernameFragments(request(name)), null);
    assert.deepEqual(readUsernameFragments(request('a:b:c')), { local: 'a', remote: 'b:c' });
  });
});
