import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatIpAddress, parseIpAddress, unmapIpv4 } from './ip-address.ts';

describe('parseIpAddress', () => {
  const canonical: [string, string][] = [
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['fe80::1%eth0', 'fe80::1'],
  ];
  for (const [text, expected] of canonical) {
    it(`reads ${text}`, () => assert.equal(formatIpAddress(parseIpAddress(text)!), expected));
  }

  const wrong = ['', '1.2.3', '1.2.3.4.5', '1.2.3.256', '01.2.3.4', '1.2.3.4 ', 'a.b.c.d', 'example.local'];
  wrong.push(
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    '::g',
  );
  wrong.push('::1.2.3.256', '1.2.3.4::', '1:2:3:4:5:6:7:1.2.3.4', ':1', '1:');
  for (const text of wrong) it(`refuses "${text}"`, () => assert.equal(parseIpAddress(text), null));

  it('agrees with Node on any text of these characters', () => {
    const characters = fc.constantFrom(...'0123456789af:.');
    fc.assert(
      fc.property(fc.string({ unit: characters, maxLength: 24 }), (text) => {
        assert.equal(parseIpAddress(text)?.length ?? 0, { 0: 0, 4: 4, 6: 16 }[isIP(text)]);
      }),
      { numRuns: 3000, seed: 1 },
    );
  });

  it('gives back every address', () => {
    const address = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc
        .array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 })
        .map((all) => Uint8Array.from(all)),
    );
    fc.assert(
      fc.property(address, (bytes) => assert.deepEqual(parseIpAddress(formatIpAddress(bytes)), bytes)),
    );
  });
});

describe('unmapIpv4', () => {
  it('unwraps mapped addresses only', () => {
    assert.equal(formatIpAddress(unmapIpv4(parseIpAddress('::ffff:192.0.2.1')!)), '192.0.2.1');
    for (const text of ['192.0.2.1', '::192.0.2.1', '1::ffff:192.0.2.1', '2001:db8::1']) {
      const bytes = parseIpAddress(text)!;
      assert.equal(unmapIpv4(bytes), bytes);
    }
  });
});
