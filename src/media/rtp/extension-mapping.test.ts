import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headerExtensionUri } from '../rtp-parameters.ts';
import { readRtp, rtp } from '../simulation.test.ts';
import { ExtensionMapping, ExtensionMappings } from './extension-mapping.ts';
import { assignExtensionIds, unknownExtension } from './header-extension.ts';
import { RtpPacket } from './rtp-packet.ts';

const { mid, audioLevel, videoOrientation, absSendTime, dependencyDescriptor, transportWideCc } =
  headerExtensionUri;
const noMid = new Uint8Array(0);
let serial = 0;

function receive(
  extensions: readonly (readonly [uri: string, id: number, data: readonly number[]])[],
): RtpPacket {
  const kinds = new Uint8Array(256).fill(unknownExtension);
  assignExtensionIds(
    kinds,
    extensions.map(([uri, id]) => ({ uri, id })),
  );
  const bytes = rtp({
    payloadType: 96,
    sequenceNumber: 1,
    timestamp: 1,
    ssrc: 1,
    extensions: extensions.map(([, id, data]) => [id, data] as const),
  });
  const packet = new RtpPacket();
  assert.ok(packet.parse(bytes, 0, bytes.length));
  packet.readExtensions(kinds);
  packet.serial = ++serial;
  packet.absSendTime = 0x123456;
  return packet;
}

/** What a receiver reads of a packet whose extension block is what the mapping wrote. */
function written(
  mapping: ExtensionMapping,
  packet: RtpPacket,
  midBytes = noMid,
): ReadonlyMap<number, Uint8Array> {
  const bytes = new Uint8Array(1000);
  const end = mapping.write(bytes, 12, packet, midBytes);
  bytes[0] = end > 12 ? 0x90 : 0x80;
  assert.equal((end - 12) % 4, 0);
  return readRtp(bytes.subarray(0, end)).extensionById;
}

test('extensions are copied with the ids of the receiver, others are left out', () => {
  const mapping = new ExtensionMapping(
    [
      { uri: audioLevel, id: 6 },
      { uri: videoOrientation, id: 7 },
    ],
    false,
  );
  const packet = receive([
    [audioLevel, 1, [0x7f]],
    [transportWideCc, 3, [1, 2]],
    [mid, 4, [0x30]],
  ]);
  assert.deepEqual(written(mapping, packet), new Map([[6, Uint8Array.of(0x7f)]]));
});

test('there is room for what only the sender of the packet knows, and it is said where', () => {
  for (const id of [8, 40]) {
    const mapping = new ExtensionMapping(
      [
        { uri: absSendTime, id: 3 },
        { uri: transportWideCc, id },
      ],
      false,
    );
    const bytes = new Uint8Array(100);
    const packet = receive([[transportWideCc, 3, [1, 2]]]);
    const end = mapping.write(bytes, 12, packet, noMid);
    const { sequenceOffset, absSendTimeOffset } = mapping;
    assert.deepEqual(
      bytes.subarray(12 + absSendTimeOffset, 15 + absSendTimeOffset),
      Uint8Array.of(0x12, 0x34, 0x56),
    );
    bytes.set([0xab, 0xcd], 12 + sequenceOffset);
    const found = readRtp(Uint8Array.of(0x90, ...bytes.subarray(1, end))).extensionById;
    assert.deepEqual(found.get(id), Uint8Array.of(0xab, 0xcd));
    assert.deepEqual(found.get(3), Uint8Array.of(0x12, 0x34, 0x56));
  }
});

test('the receiver gets its own MID, and abs-send-time of now', () => {
  const mapping = new ExtensionMapping(
    [
      { uri: mid, id: 2 },
      { uri: absSendTime, id: 3 },
    ],
    false,
  );
  const packet = receive([
    [mid, 4, [0x30]],
    [absSendTime, 5, [9, 9, 9]],
  ]);
  const expected = new Map([
    [3, Uint8Array.of(0x12, 0x34, 0x56)],
    [2, Uint8Array.of(0x37, 0x37)],
  ]);
  assert.deepEqual(written(mapping, packet, Uint8Array.of(0x37, 0x37)), expected);
});

test('nothing to say takes no block', () => {
  const mapping = new ExtensionMapping([{ uri: mid, id: 2 }], false);
  assert.equal(mapping.write(new Uint8Array(100), 12, receive([[audioLevel, 1, [1]]]), noMid), 12);
});

test('ids above 14, long data and long MIDs take the two-byte form', () => {
  const descriptor = Array.from({ length: 16 }, (_, index) => index);
  const highId = new ExtensionMapping([{ uri: dependencyDescriptor, id: 40 }], false);
  assert.deepEqual(
    written(highId, receive([[dependencyDescriptor, 9, descriptor]])).get(40),
    Uint8Array.from(descriptor),
  );
  const longMid = new Uint8Array(20).fill(0x61);
  const mapping = new ExtensionMapping([{ uri: mid, id: 2 }], true);
  assert.deepEqual(written(mapping, receive([]), longMid).get(2), longMid);
});

test('a mapping follows from packet to packet', () => {
  const mapping = new ExtensionMapping([{ uri: audioLevel, id: 6 }], false);
  const first = receive([[audioLevel, 1, [1]]]);
  const second = receive([[audioLevel, 1, [2]]]);
  assert.deepEqual(written(mapping, first).get(6), Uint8Array.of(1));
  assert.deepEqual(written(mapping, first).get(6), Uint8Array.of(1));
  assert.deepEqual(written(mapping, second).get(6), Uint8Array.of(2));
  assert.equal(written(mapping, receive([])).size, 0);
});

test('receivers with equal ids share a mapping until the last one releases it', () => {
  const mappings = new ExtensionMappings();
  const a = mappings.acquire([{ uri: mid, id: 2 }], 1);
  const b = mappings.acquire(
    [
      { uri: mid, id: 2 },
      { uri: 'urn:unknown', id: 5 },
    ],
    2,
  );
  const c = mappings.acquire([{ uri: mid, id: 3 }], 1);
  assert.equal(a, b);
  assert.notEqual(a, c);
  mappings.release(a);
  assert.equal(mappings.size, 2);
  mappings.release(b);
  mappings.release(c);
  assert.equal(mappings.size, 0);
});

test('a delay that is asked for follows the rest, unless the publisher asks for one itself', () => {
  const { playoutDelay } = headerExtensionUri;
  const extensions = [
    { uri: playoutDelay, id: 5 },
    { uri: audioLevel, id: 6 },
    { uri: mid, id: 9 },
  ];
  const write = (mapping: ExtensionMapping, packet: RtpPacket, delay: number) => {
    const bytes = new Uint8Array(200);
    const end = mapping.write(bytes, 12, packet, Uint8Array.of(0x37), undefined, 0, delay);
    bytes[0] = 0x90;
    return readRtp(bytes.subarray(0, end)).extensionById;
  };
  const mapping = new ExtensionMapping(extensions, false);
  const packet = receive([[audioLevel, 1, [0x7f]]]);
  assert.deepEqual(
    [...write(mapping, packet, 0x01c3e8)].map(([id, data]) => [id, ...data]),
    [
      [6, 0x7f],
      [9, 0x37],
      [5, 0x01, 0xc3, 0xe8],
    ],
  );
  assert.equal(write(mapping, packet, 0).has(5), false);
  const own = receive([[playoutDelay, 2, [0, 0, 1]]]);
  assert.deepEqual([...write(mapping, own, 0x01c3e8).get(5)!], [0, 0, 1]);
  const without = new ExtensionMapping(extensions.slice(1), false);
  assert.equal(write(without, packet, 0x01c3e8).has(5), false);
});
