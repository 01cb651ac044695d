import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hex } from '../simulation.test.ts';
import { ExtensionKind, unknownExtension } from './header-extension.ts';
import { RtpPacket } from './rtp-packet.ts';

const kinds = new Uint8Array(256).fill(unknownExtension);
kinds[1] = ExtensionKind.AudioLevel;
kinds[3] = ExtensionKind.TransportWideCc;
kinds[4] = ExtensionKind.Mid;
kinds[20] = ExtensionKind.DependencyDescriptor;

function parse(text: string): RtpPacket | null {
  const bytes = hex(text);
  const packet = new RtpPacket();
  if (!packet.parse(bytes, 0, bytes.length)) return null;
  packet.readExtensions(kinds);
  return packet;
}

test('the fixed header is read', () => {
  const packet = parse('80 e0 1234 fffffffe 89abcdef 0102')!;
  assert.equal(packet.marker, 1);
  assert.equal(packet.payloadType, 96);
  assert.equal(packet.sequenceNumber, 0x1234);
  assert.equal(packet.timestamp, -2);
  assert.equal(packet.ssrc >>> 0, 0x89abcdef);
  assert.equal(packet.payloadOffset, 12);
  assert.equal(packet.payloadLength, 2);
  assert.equal(packet.extensions, 0);
});

test('CSRCs are skipped and padding is taken off', () => {
  const packet = parse('a2 60 0001 00000001 00000001 0000000a 0000000b aabb 000003')!;
  assert.equal(packet.payloadOffset, 20);
  assert.equal(packet.payloadLength, 2);
});

test('one-byte extensions: padding between elements, unknown ids, id 15 ends', () => {
  // audio level 0x7f | pad | unknown id 9, 2 bytes | TWCC 0x0102 | id 15 | MID that must not be seen
  const packet = parse('90 6f 0001 00000001 00000001 bede 0003 107f 00 91ffff 310102 f0 4061 00')!;
  assert.equal(packet.extensions, (1 << ExtensionKind.AudioLevel) | (1 << ExtensionKind.TransportWideCc));
  assert.equal(packet.bytes[packet.extensionOffset[ExtensionKind.AudioLevel]], 0x7f);
  assert.equal(packet.transportSequence, 0x0102);
  assert.equal(packet.extensionText(ExtensionKind.Mid), '');
});

test('two-byte extensions: long ids, empty elements', () => {
  const packet = parse('90 6f 0001 00000001 00000001 1000 0003 0402 6162 00 1400 0302 0304 0000')!;
  assert.equal(packet.extensionText(ExtensionKind.Mid), 'ab');
  assert.equal(packet.hasExtension(ExtensionKind.DependencyDescriptor), true);
  assert.equal(packet.extensionLength[ExtensionKind.DependencyDescriptor], 0);
  assert.equal(packet.transportSequence, 0x0304);
});

test('an element beyond the block ends the reading; those before it count', () => {
  const oneByte = parse('90 6f 0001 00000001 00000001 bede 0001 107f 4361 aabbccdd')!;
  assert.equal(oneByte.extensions, 1 << ExtensionKind.AudioLevel);
  const twoByte = parse('90 6f 0001 00000001 00000001 1000 0001 01 00 04 09 aabbccdd')!;
  assert.equal(twoByte.extensions, 1 << ExtensionKind.AudioLevel);
});

test('another profile of extension is skipped', () => {
  const packet = parse('90 6f 0001 00000001 00000001 1234 0001 107f0000 aa')!;
  assert.equal(packet.extensions, 0);
  assert.equal(packet.payloadLength, 1);
});

const malformed: readonly (readonly [why: string, packet: string])[] = [
  ['empty', ''],
  ['shorter than the header', '80 60 0001 00000001 000000'],
  ['version 1', '40 60 0001 00000001 00000001'],
  ['CSRCs beyond the end', '82 60 0001 00000001 00000001 00000002'],
  ['extension header beyond the end', '90 60 0001 00000001 00000001 bede'],
  ['extension beyond the end', '90 60 0001 00000001 00000001 bede 0002 00000000'],
  ['padding of 0', 'a0 60 0001 00000001 00000001 00'],
  ['padding beyond the payload', 'a0 60 0001 00000001 00000001 02'],
  ['padding without any byte', 'a0 60 0001 00000001 00000001'],
];

for (const [why, packet] of malformed) {
  test(`refused: ${why}`, () => assert.equal(parse(packet), null));
}
