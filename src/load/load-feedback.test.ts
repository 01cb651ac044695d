import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrivalTicksPerMs, readTransportFeedback } from '../media/rtcp/transport-feedback.ts';
import { OutboxField, outboxStride } from '../packet-io/layout.ts';
import { SendQueue } from '../packet-io/send-queue.ts';
import { LoadFeedback, readTransportSequence, transportSequenceId } from './load-feedback.ts';
import { LoadSubscriber } from './load-subscriber.ts';

/** An RTP packet whose extensions are `extensions`, padded to whole words. */
function packet(extensions: readonly number[] | null): DataView {
  const words = extensions === null ? 0 : Math.ceil(extensions.length / 4);
  const bytes = new Uint8Array(12 + (extensions === null ? 0 : 4 + 4 * words) + 20);
  bytes[0] = extensions === null ? 0x80 : 0x90;
  if (extensions !== null) bytes.set([0xbe, 0xde, 0, words, ...extensions], 12);
  return new DataView(bytes.buffer);
}

const numbered = (sequenceNumber: number) =>
  packet([(transportSequenceId << 4) | 1, sequenceNumber >> 8, sequenceNumber & 0xff]);

test('the transport-wide number is found among other extensions', () => {
  assert.equal(readTransportSequence(numbered(0x1234), 0), 0x1234);
  assert.equal(
    readTransportSequence(packet([0x12, 1, 2, 3, 0, (transportSequenceId << 4) | 1, 9, 8]), 0),
    0x0908,
  );
  assert.equal(readTransportSequence(packet([0x10, 1]), 0), -1);
  assert.equal(readTransportSequence(packet(null), 0), -1);
});

test('what arrived and what did not is told once', () => {
  const queued: Uint8Array[] = [];
  const prefixes = new Uint8Array(1 << 20);
  const outbox = new Int32Array(outboxStride * 8192);
  const queue = new SendQueue({
    prefixes,
    outbox,
    flush: (count) => {
      for (let at = 0; at < count * outboxStride; at += outboxStride) {
        const offset = outbox[at + OutboxField.PrefixOffset];
        queued.push(prefixes.slice(offset, offset + outbox[at + OutboxField.PrefixLength]));
      }
    },
  });
  const feedback = new LoadFeedback();
  const subscriber = new LoadSubscriber(0, feedback);
  for (const [number, ms] of [
    [0xfffe, 1000],
    [0, 1003],
    [1, 1004],
  ])
    feedback.received(numbered(number), 0, ms * 1000);
  feedback.queue(queue, subscriber);
  queue.flush();
  feedback.queue(queue, subscriber);
  queue.flush();
  assert.equal(queued.length, 1);
  const [bytes] = queued;
  const told: [number, boolean, number][] = [];
  let first = 0;
  readTransportFeedback(bytes, 0, bytes.length, (number, received, ticks) => {
    if (told.length === 0) first = ticks;
    told.push([number & 0xffff, received, received ? (ticks - first) / arrivalTicksPerMs : 0]);
  });
  assert.deepEqual(told, [
    [0xfffe, true, 0],
    [0xffff, false, 0],
    [0, true, 3],
    [1, true, 4],
  ]);
});
