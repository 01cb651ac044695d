import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { familyOf } from '../../packet-io/socket-address.ts';
import { formatIpAddress } from './ip-address.ts';
import {
  rfc5769Ipv4Response,
  rfc5769Ipv6Response,
  rfc5769Password,
  rfc5769Request,
  rfc5769TransactionId,
} from './rfc5769-vectors.ts';
import { StunType } from './stun-format.ts';
import { hasValidFingerprint, hasValidIntegrity, parseStun } from './stun-message.ts';
import { StunWriter } from './stun-writer.ts';

/** What the sample messages hold where ours differ: their padding, and with it integrity and fingerprint. */
function withoutPaddingAndDigests(datagram: Uint8Array): Uint8Array {
  const copy = datagram.slice(0, datagram.length - 32);
  for (let offset = 20; offset < copy.length; ) {
    const length = (copy[offset + 2] << 8) | copy[offset + 3];
    const end = offset + 4 + ((length + 3) & ~3);
    copy.fill(0, offset + 4 + length, end);
    offset = end;
  }
  return copy;
}

const id = rfc5769TransactionId;

describe('StunWriter: RFC 5769', () => {
  it('writes the sample request, with zeros as padding', () => {
    const ours = new StunWriter(StunType.BindingRequest, id)
      .software('STUN test client')
      .priority(0x6e0001ff)
      .iceControlled(0x932ff9b151263b36n)
      .username('evtj:h6vY')
      .messageIntegrity(rfc5769Password)
      .fingerprint()
      .finish();
    assert.deepEqual(withoutPaddingAndDigests(ours), withoutPaddingAndDigests(rfc5769Request));
    const message = parseStun(ours)!;
    assert.ok(hasValidIntegrity(ours, message, rfc5769Password));
    assert.ok(hasValidFingerprint(ours, message));
  });

  for (const [datagram, family, address] of [
    [rfc5769Ipv4Response, 4, '192.0.2.1'],
    [rfc5769Ipv6Response, 6, '2001:db8:1234:5678:11:2233:4455:6677'],
  ] as const) {
    it(`writes the sample response to IPv${family}`, () => {
      const ours = new StunWriter(StunType.BindingSuccess, id)
        .software('test vector')
        .xorMappedAddress({ family, address, port: 32853 })
        .messageIntegrity(rfc5769Password)
        .fingerprint()
        .finish();
      assert.deepEqual(withoutPaddingAndDigests(ours), withoutPaddingAndDigests(datagram));
    });
  }

  it('makes the very integrity and fingerprint of the samples from their bytes', () => {
    // Everything before MESSAGE-INTEGRITY, its odd padding included, as one run of raw attributes.
    const writer = new StunWriter(StunType.BindingRequest, id);
    const attributes = rfc5769Request.subarray(20, rfc5769Request.length - 32);
    for (let offset = 0; offset < attributes.length; ) {
      const length = (attributes[offset + 2] << 8) | attributes[offset + 3];
      writer.attribute(
        (attributes[offset] << 8) | attributes[offset + 1],
        attributes.subarray(offset + 4, offset + 4 + length),
      );
      offset += 4 + ((length + 3) & ~3);
    }
    const padded = writer.finish();
    padded.set(attributes, 20);
    assert.deepEqual(writer.messageIntegrity(rfc5769Password).fingerprint().finish(), rfc5769Request);
  });
});

describe('StunWriter', () => {
  it('writes a mapped IPv4 address as IPv4', () => {
    const datagram = new StunWriter(StunType.BindingSuccess, id)
      .xorMappedAddress({ family: 6, address: '::ffff:192.0.2.1', port: 9 })
      .finish();
    assert.deepEqual(parseStun(datagram)!.xorMappedAddress, { family: 4, address: '192.0.2.1', port: 9 });
  });

  it('refuses an address or transaction id that is none', () => {
    const writer = new StunWriter(StunType.BindingSuccess, id);
    assert.throws(() => writer.xorMappedAddress({ family: 4, address: 'localhost', port: 9 }), RangeError);
    assert.throws(() => new StunWriter(1, id.subarray(1)), RangeError);
  });

  it('writes errors and unknown attributes', () => {
    const datagram = new StunWriter(StunType.BindingError, id)
      .errorCode(420, 'Unknown Attribute')
      .unknownAttributes([0x7001, 0x0003, 0x7fff])
      .finish();
    const message = parseStun(datagram)!;
    assert.equal(message.errorCode, 420);
    assert.equal(message.errorReason, 'Unknown Attribute');
    assert.deepEqual(message.unknownAttributes, [0x7001, 0x0003, 0x7fff]);
  });

  it('is read back whatever it wrote', () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    const content = fc.record({
      id: bytes(12),
      username: fc.string({ maxLength: 120, unit: 'binary' }),
      software: fc.string({ maxLength: 100 }),
      priority: fc.nat(0xffffffff),
      useCandidate: fc.boolean(),
      controlling: fc.option(uint64),
      controlled: fc.option(uint64),
      address: fc.oneof(bytes(4), bytes(16)).map(formatIpAddress),
      port: fc.nat(65535),
      error: fc.integer({ min: 300, max: 699 }),
      key: fc.string({ minLength: 1 }),
    });
    fc.assert(
      fc.property(content, (c) => {
        // Mapped addresses change their family.
        fc.pre(!c.address.startsWith('::ffff:'));
        const writer = new StunWriter(StunType.BindingError, c.id)
          .username(c.username)
          .software(c.software)
          .priority(c.priority)
          .xorMappedAddress({ family: familyOf(c.address), address: c.address, port: c.port })
          .errorCode(c.error, 'because');
        if (c.useCandidate) writer.useCandidate();
        if (c.controlling !== null) writer.iceControlling(c.controlling);
        if (c.controlled !== null) writer.iceControlled(c.controlled);
        const datagram = writer.messageIntegrity(c.key).fingerprint().finish();
        const message = parseStun(datagram)!;
        assert.deepEqual(message.transactionId, c.id);
        assert.equal(message.username, c.username);
        assert.equal(message.software, c.software);
        assert.equal(message.priority, c.priority);
        assert.equal(message.useCandidate, c.useCandidate);
        assert.equal(message.iceControlling, c.controlling);
        assert.equal(message.iceControlled, c.controlled);
        assert.equal(message.xorMappedAddress!.address, c.address);
        assert.equal(message.xorMappedAddress!.port, c.port);
        assert.equal(message.errorCode, c.error);
        assert.ok(hasValidIntegrity(datagram, message, c.key));
        assert.ok(hasValidFingerprint(datagram, message));
      }),
      { seed: 5769 },
    );
  });
});
