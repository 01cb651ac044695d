import assert from 'node:assert/strict';
import { it } from 'node:test';
import { IceLiteAgent } from './ice-lite-agent.ts';
import {
  rfc5769Ipv4Response,
  rfc5769Ipv6Response,
  rfc5769LongTermRequest,
  rfc5769Request,
} from './rfc5769-vectors.ts';
import { StunType } from './stun-format.ts';
import { hasValidFingerprint, hasValidIntegrity, parseStun } from './stun-message.ts';
import { readUsernameFragments } from './stun-routing.ts';
import { StunWriter } from './stun-writer.ts';

const local = { usernameFragment: 'SRVR', password: 'server-password-22-chars' };
const mutations = 10_000;

/** mulberry32: small, and seeded so that a failure can be had again. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** One to four changes: a flipped bit, another byte, a cut, bytes repeated or inserted, a length of an attribute. */
function mutate(original: Uint8Array, random: (below: number) => number): Uint8Array {
  const bytes = [...original];
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(bytes.length + 1);
    switch (random(6)) {
      case 0:
        if (at < bytes.length) bytes[at] ^= 1 << random(8);
        break;
      case 1:
        if (at < bytes.length) bytes[at] = random(256);
        break;
      case 2:
        bytes.length = at;
        break;
      case 3:
        bytes.splice(at, 0, ...bytes.slice(at, at + 4 * random(8)));
        break;
      case 4:
        bytes.splice(at, random(9));
        break;
      case 5:
        if (bytes.length > 23) bytes[20 + 4 * random((bytes.length - 20) >> 2) + 3] = random(256);
    }
    // Otherwise the wrong total length would hide most of the parser.
    if (random(4) > 0 && bytes.length >= 20) {
      bytes[2] = (bytes.length - 20) >> 8;
      bytes[3] = (bytes.length - 20) & 0xff;
    }
  }
  return Uint8Array.from(bytes);
}

it('10 000 mutated messages neither throw nor pass for the peer', () => {
  const random = seeded(20_260_101);
  const check = new StunWriter(StunType.BindingRequest, new Uint8Array(12).fill(1))
    .username('SRVR:CLNT')
    .priority(1)
    .iceControlling(1n)
    .useCandidate()
    .messageIntegrity(local.password)
    .fingerprint()
    .finish();
  const originals = [
    check,
    check,
    rfc5769Request,
    rfc5769Ipv4Response,
    rfc5769Ipv6Response,
    rfc5769LongTermRequest,
  ];
  const agent = new IceLiteAgent({ local });
  agent.setRemote({ usernameFragment: 'CLNT', password: 'client-password-22-chars' });
  agent.handleTimeout(0);
  let parsed = 0;
  let answered = 0;
  for (let index = 0; index < mutations; index++) {
    const original = originals[index % originals.length];
    const mutated = mutate(original, random);
    const message = parseStun(mutated);
    readUsernameFragments(mutated);
    if (message !== null) {
      parsed++;
      hasValidFingerprint(mutated, message);
      hasValidIntegrity(mutated, message, local.password);
    }
    // Mutations that undo one another, or touch only what follows the integrity, leave a genuine check.
    const genuine = message !== null && hasValidIntegrity(mutated, message, local.password);
    if (genuine) continue;
    const response = agent.handleStun(index, mutated, 0, { family: 4, address: '192.0.2.1', port: 1 });
    if (response === null) continue;
    answered++;
    const code = parseStun(response)!.errorCode;
    assert.ok(code === 400 || code === 401, `mutation ${index}`);
  }
  assert.equal(agent.state, 'checking');
  assert.equal(agent.pairs.length, 0);
  assert.equal(agent.nextDeadline(), 30_000);
  assert.ok(parsed > mutations / 10, `${parsed} reached the attributes`);
  assert.ok(answered > 100, `${answered} were refused with an answer`);
});
