import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseData, parseForwardTsn, parseSack } from './data-chunk.ts';
import { parseInit, writeInit } from './init-chunk.ts';
import { parsePacket, parseParameters } from './packet-reader.ts';
import { PacketWriter } from './packet-writer.ts';
import { ChunkType } from './sctp-format.ts';
import { openCookie, sealCookie } from './state-cookie.ts';

/** An INIT as Chromium sends it: FORWARD TSN, and RE-CONFIG and FORWARD TSN as supported extensions. */
const chromiumInit =
  '1388138800000000000000000100001e' +
  'f1b2c3d40050000004000400' +
  '12345678' +
  'c0000004' +
  '8008000682c00000';

function withChecksum(hex: string): Uint8Array {
  const writer = new PacketWriter(1160, 5000, 5000);
  const bytes = Buffer.from(hex, 'hex');
  writer.begin(bytes.readUInt32BE(4));
  writer.bytes(bytes.subarray(12));
  return writer.finish().slice();
}

test('an INIT in bytes', () => {
  const packet = parsePacket(withChecksum(chromiumInit));
  assert.ok(packet);
  assert.deepEqual([packet.sourcePort, packet.destinationPort, packet.verificationTag], [5000, 5000, 0]);
  assert.deepEqual(parseInit(packet.chunks[0]), {
    initiateTag: 0xf1b2c3d4,
    window: 0x00500000,
    outboundStreams: 1024,
    inboundStreams: 1024,
    initialTsn: 0x12345678,
    cookie: null,
    partialReliability: true,
    reConfig: true,
  });
});

test('an INIT is written as it is read', () => {
  const writer = new PacketWriter(1160, 5000, 5001);
  writer.begin(7);
  const chunk = {
    ...{ initiateTag: 1, window: 1500, outboundStreams: 2, inboundStreams: 3, initialTsn: 0xffffffff },
    cookie: Uint8Array.of(1, 2, 3),
  };
  writeInit(writer, ChunkType.InitAck, chunk);
  const packet = parsePacket(writer.finish())!;
  assert.equal(packet.destinationPort, 5001);
  const read = parseInit(packet.chunks[0])!;
  assert.deepEqual(
    { ...read, cookie: [...read.cookie!] },
    {
      ...chunk,
      ...{ cookie: [1, 2, 3], partialReliability: true, reConfig: true },
    },
  );
});

test('an INIT with values that are not allowed is none', () => {
  for (const [from, to] of [
    ['f1b2c3d4', '00000000'],
    ['00500000', '000005db'],
    ['04000400', '00000400'],
    ['04000400', '04000000'],
  ])
    assert.equal(parseInit(parsePacket(withChecksum(chromiumInit.replace(from, to)))!.chunks[0]), null);
});

test('an unknown parameter is passed over or ends the list, as its highest bit says', () => {
  const initOf = (parameter: string): ReturnType<typeof parseInit> => {
    const hex = chromiumInit.replace('c0000004', `${parameter}c0000004`).replace('0100001e', '01000022');
    return parseInit(parsePacket(withChecksum(hex))!.chunks[0]);
  };
  assert.equal(initOf('80550004')?.reConfig, true);
  assert.deepEqual([initOf('40550004')?.reConfig, initOf('40550004')?.partialReliability], [false, false]);
  // Addresses are of RFC 9260 itself.
  assert.equal(initOf('00050004')?.reConfig, true);
});

test('a packet with a wrong checksum, length or chunk length is none', () => {
  const whole = withChecksum(chromiumInit);
  assert.ok(parsePacket(whole));
  for (let at = 0; at < whole.length; at++) {
    const changed = whole.slice();
    changed[at] ^= 1;
    assert.equal(parsePacket(changed), null);
  }
  for (const length of ['0000', '0003', '00ff'])
    assert.equal(parsePacket(withChecksum(chromiumInit.replace('0100001e', `0100${length}`))), null);
  for (let bytes = 0; bytes < 16; bytes++) assert.equal(parsePacket(whole.subarray(0, bytes)), null);
});

test('parameters are padded, and none may be cut', () => {
  const bytes = Buffer.from('0001000501000000' + '00020006aabb0000', 'hex');
  const parsed = parseParameters(bytes, 0)!;
  assert.deepEqual(
    parsed.map(({ type, value }) => [type, Buffer.from(value).toString('hex')]),
    [
      [1, '01'],
      [2, 'aabb'],
    ],
  );
  assert.equal(parseParameters(bytes.subarray(0, 13), 0), null);
  assert.equal(parseParameters(Buffer.from('00010003', 'hex'), 0), null);
});

const chunk = (hex: string, flags = 0) => ({ type: 0, flags, value: Buffer.from(hex, 'hex') });

test('DATA', () => {
  assert.deepEqual(parseData(chunk('00000001' + '0002' + '0003' + '00000033' + '6869', 0x0f)), {
    ...{ tsn: 1, stream: 2, ssn: 3, protocol: 51, begin: true, end: true, unordered: true, immediate: true },
    payload: Buffer.from('hi'),
  });
  assert.equal(parseData(chunk('000000010002000300000033')), null);
});

test('SACK takes gap blocks as long as they ascend', () => {
  const sack = (blocks: string, counts: string) => parseSack(chunk(`0000000500001000${counts}${blocks}`));
  assert.deepEqual(sack('00020003' + '00050005', '00020000')?.gaps, [2, 3, 5, 5]);
  assert.deepEqual(sack('00020003' + '00030005', '00020000')?.gaps, [2, 3]);
  assert.deepEqual(sack('00030002', '00010000')?.gaps, []);
  assert.deepEqual(sack('00000002', '00010000')?.gaps, []);
  assert.deepEqual(sack('00020003' + '00000009', '00010001')?.gaps, [2, 3]);
  assert.equal(sack('00020003', '00020000'), null);
  assert.equal(parseSack(chunk('00000005')), null);
});

test('FORWARD TSN keeps the last number of each stream', () => {
  const { cumulativeTsn, skipped } = parseForwardTsn(
    chunk('00000009' + '0001ffff' + '00010002' + '00030000'),
  )!;
  assert.equal(cumulativeTsn, 9);
  assert.deepEqual(
    [...skipped],
    [
      [1, 2],
      [3, 0],
    ],
  );
  assert.equal(parseForwardTsn(chunk('0000000900')), null);
});

test('a state cookie opens with its secret only, and unchanged only', () => {
  const secret = Buffer.alloc(32, 1);
  const cookie = {
    ...{
      localTag: 1,
      localTsn: 2,
      remoteTag: 3,
      remoteTsn: 0xfffffffe,
      remoteWindow: 5,
      remoteOutboundStreams: 6,
    },
    ...{
      remoteInboundStreams: 7,
      partialReliability: true,
      reConfig: false,
      localTieTag: 8,
      remoteTieTag: 9,
    },
    madeAt: 1234.5,
  };
  const sealed = sealCookie(cookie, secret);
  assert.deepEqual(openCookie(sealed, secret), cookie);
  assert.equal(openCookie(sealed, Buffer.alloc(32, 2)), null);
  assert.equal(openCookie(sealed.subarray(1), secret), null);
  for (let at = 0; at < sealed.length; at++) {
    const changed = sealed.slice();
    changed[at] ^= 0x80;
    assert.equal(openCookie(changed, secret), null);
  }
});

test('whatever the bytes are, they are parsed or not, and nothing is thrown', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 0, max: 255 }), (value, flags) => {
      const any = { type: 0, flags, value };
      parseInit(any);
      parseData(any);
      parseSack(any);
      parseForwardTsn(any);
      parseParameters(value, 0);
      assert.equal(parsePacket(value), null);
    }),
  );
});
