import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  rfc5769Ipv4Response,
  rfc5769Ipv6Response,
  rfc5769LongTermRequest,
  rfc5769Password,
  rfc5769Request,
  rfc5769TransactionId,
} from './rfc5769-vectors.ts';
import { maxUnknownAttributes, StunAttribute, StunType } from './stun-format.ts';
import { hasValidFingerprint, hasValidIntegrity, parseStun } from './stun-message.ts';
import { StunWriter } from './stun-writer.ts';

const id = rfc5769TransactionId;

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
}

describe('parseStun: RFC 5769', () => {
  it('reads the sample request', () => {
    const message = parseStun(rfc5769Request)!;
    assert.equal(message.type, StunType.BindingRequest);
    assert.deepEqual(message.transactionId, id);
    assert.equal(message.software, 'STUN test client');
    assert.equal(message.username, 'evtj:h6vY');
    assert.equal(message.priority, 0x6e0001ff);
    assert.equal(message.iceControlled, 0x932ff9b151263b36n);
    assert.equal(message.useCandidate, false);
    assert.deepEqual(message.notUnderstood, []);
    assert.ok(hasValidIntegrity(rfc5769Request, message, rfc5769Password));
    assert.ok(hasValidFingerprint(rfc5769Request, message));
  });

  for (const [name, datagram, family, address] of [
    ['IPv4', rfc5769Ipv4Response, 4, '192.0.2.1'],
    ['IPv6', rfc5769Ipv6Response, 6, '2001:db8:1234:5678:11:2233:4455:6677'],
  ] as const) {
    it(`reads the sample ${name} response`, () => {
      const message = parseStun(datagram)!;
      assert.equal(message.type, StunType.BindingSuccess);
      assert.equal(message.software, 'test vector');
      assert.deepEqual(message.xorMappedAddress, { family, address, port: 32853 });
      assert.ok(hasValidIntegrity(datagram, message, rfc5769Password));
      assert.ok(hasValidFingerprint(datagram, message));
    });
  }

  it('checks the long-term request, whose key is an MD5', () => {
    const message = parseStun(rfc5769LongTermRequest)!;
    assert.equal(message.username, 'マトリックス');
    const key = createHash('md5').update('マトリックス:example.org:TheMatrIX').digest();
    assert.ok(hasValidIntegrity(rfc5769LongTermRequest, message, key));
    assert.ok(!hasValidFingerprint(rfc5769LongTermRequest, message), 'it has none');
  });

  it('notices a wrong password and every changed byte', () => {
    assert.ok(!hasValidIntegrity(rfc5769Request, parseStun(rfc5769Request)!, 'VOkJxbRl1RmTxUk/WvJxBT'));
    for (let index = 0; index < rfc5769Request.length; index++) {
      const changed = rfc5769Request.slice();
      changed[index] ^= 0x10;
      const message = parseStun(changed);
      const genuine =
        message !== null &&
        hasValidIntegrity(changed, message, rfc5769Password) &&
        hasValidFingerprint(changed, message);
      assert.ok(!genuine, `byte ${index}`);
    }
  });
});

describe('parseStun: malformed', () => {
  const header = '0001 %% 2112a442 b7e7a701bc34d686fa87dfae';
  const cases: [string, string][] = [
    ['nothing', ''],
    ['a cut header', '0001 0000 2112a442 b7e7a701bc34d686fa87df'],
    ['the first two bits set', '8001 0000 2112a442 b7e7a701bc34d686fa87dfae'],
    ['another cookie', '0001 0000 2112a443 b7e7a701bc34d686fa87dfae'],
    ['a length that is no multiple of 4', `${header.replace('%%', '0002')} 0000`],
    ['a length beyond the datagram', header.replace('%%', '0004')],
    ['bytes after the message', `${header.replace('%%', '0000')} 00000000`],
    ['a value beyond the message', `${header.replace('%%', '0008')} 80220005 41424344`],
    ['PRIORITY of 2 bytes', `${header.replace('%%', '0008')} 00240002 00010000`],
    ['USE-CANDIDATE with a value', `${header.replace('%%', '0008')} 00250001 00000000`],
    ['ICE-CONTROLLING of 4 bytes', `${header.replace('%%', '0008')} 802a0004 00000000`],
    ['ICE-CONTROLLED of 4 bytes', `${header.replace('%%', '0008')} 80290004 00000000`],
    ['MESSAGE-INTEGRITY of 4 bytes', `${header.replace('%%', '0008')} 00080004 00000000`],
    ['FINGERPRINT of 8 bytes', `${header.replace('%%', '000c')} 80280008 0000000000000000`],
    ['an attribute after FINGERPRINT', `${header.replace('%%', '000c')} 80280004 00000000 00250000`],
    ['an address family 3', `${header.replace('%%', '000c')} 00200008 0003a147e112a643`],
    ['an IPv6 address of 4 bytes', `${header.replace('%%', '000c')} 00200008 0002a147e112a643`],
    ['an empty XOR-MAPPED-ADDRESS', `${header.replace('%%', '0004')} 00200000`],
    ['an ERROR-CODE of class 7', `${header.replace('%%', '0008')} 00090004 00000700`],
    ['an ERROR-CODE of number 100', `${header.replace('%%', '0008')} 00090004 00000464`],
    ['an ERROR-CODE of 2 bytes', `${header.replace('%%', '0008')} 00090002 00000000`],
    ['odd UNKNOWN-ATTRIBUTES', `${header.replace('%%', '0008')} 000a0003 00010000`],
  ];
  for (const [name, text] of cases) {
    it(`rejects ${name}`, () => assert.equal(parseStun(hex(text)), null));
  }

  it('rejects a USERNAME too long', () => {
    const write = (length: number) => new StunWriter(1, id).username('a'.repeat(length)).finish();
    assert.equal(parseStun(write(508))!.username!.length, 508);
    assert.equal(parseStun(write(509)), null);
  });
});

describe('parseStun: attributes', () => {
  it('lists what it has to understand and does not, up to a limit', () => {
    const writer = new StunWriter(1, id).attribute(0x7001, hex('01')).attribute(0xf001, hex('02'));
    assert.deepEqual(parseStun(writer.finish())!.notUnderstood, [0x7001]);
    for (let type = 0; type < 100; type++) writer.attribute(0x7100 + type, hex(''));
    assert.equal(parseStun(writer.finish())!.notUnderstood.length, maxUnknownAttributes);
  });

  it('knows the attributes of other credentials', () => {
    const writer = new StunWriter(1, id)
      .attribute(StunAttribute.Realm, hex('01'))
      .attribute(StunAttribute.MessageIntegritySha256, new Uint8Array(32));
    assert.deepEqual(parseStun(writer.finish())!.notUnderstood, []);
  });

  it('ignores what follows MESSAGE-INTEGRITY', () => {
    const datagram = new StunWriter(1, id)
      .username('a:b')
      .messageIntegrity('password')
      .useCandidate()
      .priority(7)
      .attribute(0x7001, hex('01'))
      .fingerprint()
      .finish();
    const message = parseStun(datagram)!;
    assert.equal(message.useCandidate, false);
    assert.equal(message.priority, null);
    assert.deepEqual(message.notUnderstood, []);
    assert.ok(hasValidIntegrity(datagram, message, 'password'));
    assert.ok(hasValidFingerprint(datagram, message));
  });

  it('takes the first of repeated attributes', () => {
    const datagram = new StunWriter(1, id).priority(1).priority(2).username('a:b').username('c:d').finish();
    const message = parseStun(datagram)!;
    assert.equal(message.priority, 1);
    assert.equal(message.username, 'a:b');
  });
});
