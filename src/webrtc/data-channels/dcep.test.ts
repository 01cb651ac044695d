import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatAck, formatOpen, parseDcep, payloadProtocol } from './dcep.ts';

test('an OPEN in bytes', () => {
  const bytes = Buffer.from('038101000000000500040002' + '63686174' + '7631', 'hex');
  const open = { ordered: false, maxRetransmits: 5, maxPacketLifeTime: null, label: 'chat', protocol: 'v1' };
  assert.deepEqual(parseDcep(bytes), { type: 'open', ...open });
  // The priority is not kept.
  const written = Buffer.from(bytes);
  written.writeUInt16BE(0, 2);
  assert.deepEqual(Buffer.from(formatOpen(open)), written);
});

test('every kind of channel is read as it is written', () => {
  const limit = fc.option(fc.integer({ min: 0, max: 0xffff }), { nil: null });
  const names = fc.string({ maxLength: 100, unit: 'grapheme' });
  fc.assert(
    fc.property(names, names, fc.boolean(), fc.boolean(), limit, (label, protocol, ordered, timed, value) => {
      const maxRetransmits = timed ? null : value;
      const maxPacketLifeTime = timed ? value : null;
      const open = { ordered, maxRetransmits, maxPacketLifeTime, label, protocol };
      assert.deepEqual(parseDcep(formatOpen(open)), { type: 'open', ...open });
    }),
  );
});

test('what is malformed, unknown or too long is nothing', () => {
  const good = '030000000000000000010000' + '61';
  assert.ok(parseDcep(Buffer.from(good, 'hex')));
  for (const bad of [
    '',
    '03',
    '04',
    good.slice(0, -2),
    `${good}00`,
    good.replace('0300', '0303'),
    `${good.slice(0, -2)}ff`,
  ])
    assert.equal(parseDcep(Buffer.from(bad, 'hex')), null, bad);
  const long = {
    ordered: true,
    maxRetransmits: null,
    maxPacketLifeTime: null,
    label: 'x'.repeat(1025),
    protocol: '',
  };
  assert.equal(parseDcep(formatOpen(long)), null);
  assert.deepEqual(parseDcep(formatAck()), { type: 'ack' });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void parseDcep(bytes)));
});

test('identifiers tell text from bytes, and empty from not', () => {
  const [empty, full] = [new Uint8Array(0), new Uint8Array(1)];
  assert.deepEqual(
    [
      payloadProtocol(full, true),
      payloadProtocol(full, false),
      payloadProtocol(empty, true),
      payloadProtocol(empty, false),
    ],
    [51, 53, 56, 57],
  );
});
