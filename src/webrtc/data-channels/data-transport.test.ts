import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { closingOf, DataTransportPair, inboxOf } from '../../../test/sctp/data-transport-pair.ts';
import { UserError } from '../../errors.ts';

const invalid = (code: string) => (error: unknown) => error instanceof UserError && error.code === code;

describe('opening channels', () => {
  it('before and after the association is there, from both sides', () => {
    const pair = new DataTransportPair();
    const early = pair.client.transport.open('early', { ordered: false, maxRetransmits: 3, protocol: 'p' });
    const ours = pair.server.transport.open('ours');
    assert.equal(early.send('x'), 'not-open');
    pair.start();
    pair.run(200);
    assert.deepEqual([early.state, early.id, ours.state, ours.id], ['open', 0, 'open', 1]);
    const [seen] = pair.server.opened;
    assert.deepEqual(
      [seen.label, seen.protocol, seen.ordered, seen.maxRetransmits, seen.maxPacketLifeTime, seen.openedBy],
      ['early', 'p', false, 3, null, 'remote'],
    );
    const late = pair.client.transport.open('late', { maxPacketLifeTime: 100 });
    pair.run(100);
    assert.deepEqual([late.state, late.id], ['open', 2]);
    assert.equal(pair.server.opened[1].maxPacketLifeTime, 100);
    const labels = pair.server.transport.channels.map(({ label }) => label);
    assert.deepEqual(labels.sort(), ['early', 'late', 'ours']);
  });

  it('that both sides make by themselves', () => {
    const pair = new DataTransportPair();
    pair.start();
    const a = pair.client.transport.open('n', { negotiated: true, id: 7 });
    const b = pair.server.transport.open('n', { negotiated: true, id: 7 });
    pair.run(100);
    const inbox = inboxOf(b);
    assert.equal(a.send('hi'), 'queued');
    pair.run(100);
    assert.deepEqual(inbox, ['hi']);
    assert.deepEqual(pair.server.opened, []);
    for (const init of [{ negotiated: true }, { negotiated: true, id: 7 }, { negotiated: true, id: 1024 }])
      assert.throws(() => pair.client.transport.open('x', init), invalid('invalid-state'));
  });

  it('with options that are not allowed', () => {
    const { transport } = new DataTransportPair().client;
    for (const init of [
      { maxRetransmits: 1, maxPacketLifeTime: 1 },
      { maxRetransmits: -1 },
      { maxPacketLifeTime: 65_536 },
      { maxRetransmits: 0.5 },
    ])
      assert.throws(() => transport.open('x', init), invalid('invalid-state'));
    assert.throws(() => transport.open('ä'.repeat(513)), invalid('limit-message-size'));
  });

  it('beyond the limit, on either side', () => {
    const pair = new DataTransportPair({ delayMs: 10 }, 1, { maxChannels: 3 });
    pair.start();
    const channels = Array.from({ length: 5 }, (_, index) => pair.client.transport.open(`${index}`));
    const closings = channels.map(closingOf);
    pair.run(500);
    assert.deepEqual(
      channels.map(({ state }) => state),
      ['open', 'open', 'open', 'closed', 'closed'],
    );
    assert.deepEqual([closings[3].reason, closings[4].reason], ['closed-by-peer', 'closed-by-peer']);
    assert.equal(pair.server.counters.refusedChannels, 2);
    assert.throws(() => pair.server.transport.open('x'), invalid('limit-data-channels'));
    channels[0].close();
    pair.run(500);
    assert.equal(closings[0].reason, 'closed');
    pair.server.transport.open('fits now');
    assert.equal(pair.server.transport.channels.length, 3);
  });
});

describe('messages', () => {
  it('text and bytes, empty ones too', () => {
    const pair = new DataTransportPair();
    pair.start();
    const channel = pair.client.transport.open('c');
    pair.run(100);
    const inbox = inboxOf(pair.server.opened[0]);
    for (const data of ['text', new Uint8Array(3), '', new Uint8Array(0), 'ü', new Uint8Array(262_144)])
      assert.equal(channel.send(data), 'queued');
    pair.run(3000);
    assert.deepEqual(inbox, ['text', 3, '', 0, 'ü', 262_144]);
    assert.equal(pair.server.counters.messagesIn, 6);
    assert.equal(pair.client.counters.bytesOut, 4 + 3 + 2 + 262_144);
    assert.deepEqual(pair.server.opened[0].stats.bytesIn, 4 + 3 + 2 + 262_144);
  });

  it('longer than the peer takes are not sent', () => {
    const pair = new DataTransportPair();
    pair.start(1000);
    const channel = pair.server.transport.open('c');
    pair.run(100);
    assert.equal(channel.send('x'.repeat(1001)), 'too-long');
    assert.equal(channel.send('x'.repeat(1000)), 'queued');
    assert.equal(pair.server.counters.droppedTooLong, 1);
    assert.equal(channel.stats.dropped, 1);
  });

  it('longer than we take end the association with that reason', () => {
    const pair = new DataTransportPair({ delayMs: 10 }, 1, { maxMessageBytes: 10_000 });
    pair.start();
    const channel = pair.client.transport.open('c');
    pair.run(100);
    const closing = closingOf(pair.server.opened[0]);
    channel.send(new Uint8Array(10_001));
    pair.run(1000);
    assert.equal(closing.reason, 'limit-message-size');
    assert.deepEqual(
      [pair.server.end, pair.client.end, channel.state],
      ['limit-message-size', 'aborted', 'closed'],
    );
    assert.throws(() => pair.server.transport.open('again'), invalid('invalid-state'));
  });

  it('fill the buffer of a reliable channel up to its limit', () => {
    const pair = new DataTransportPair({ delayMs: 10 }, 1, { maxBufferedBytes: 100_000 });
    pair.start();
    const channel = pair.server.transport.open('c');
    pair.run(100);
    pair.toClient.update(pair.now, { capacityBps: 0 });
    let queued = 0;
    while (channel.send(new Uint8Array(1000)) === 'queued') queued++;
    assert.ok(queued > 90 && queued < 120, `${queued}`);
    assert.ok(channel.bufferedBytes <= 100_000);
    assert.equal(channel.state, 'open');
    assert.equal(pair.server.counters.droppedBufferFull, 1);
  });

  it('of a lossy channel give way to newer ones', () => {
    const pair = new DataTransportPair({ delayMs: 10 }, 1, { maxBufferedBytes: 100_000 });
    pair.start();
    const channel = pair.server.transport.open('c', { maxRetransmits: 0 });
    pair.run(100);
    const inbox = inboxOf(pair.client.opened[0]);
    pair.toClient.update(pair.now, { capacityBps: 0 });
    const results = new Set<string>();
    for (let number = 0; number < 500; number++) results.add(channel.send(`${number} `.padEnd(1000, 'x')));
    assert.deepEqual([...results], ['queued', 'queued-dropped-older']);
    assert.ok(channel.bufferedBytes <= 25_000, `${channel.bufferedBytes}`);
    pair.toClient.update(pair.now, { capacityBps: Number.POSITIVE_INFINITY });
    pair.run(5000);
    const numbers = inbox.map((text) => Number.parseInt(text as string, 10));
    assert.equal(numbers.at(-1), 499);
    assert.ok(numbers.length < 100);
    assert.equal(pair.server.counters.droppedOldest + numbers.length, 500);
  });
});

describe('closing channels', () => {
  it('delivers what was sent before, on both sides', () => {
    const pair = new DataTransportPair({ delayMs: 10, loss: { kind: 'uniform', probability: 0.1 } }, 3);
    pair.start();
    pair.run(2000);
    const channel = pair.client.transport.open('c');
    pair.run(5000);
    const theirs = pair.server.opened[0];
    const inbox = inboxOf(theirs);
    const closings = [closingOf(channel), closingOf(theirs)];
    for (let number = 0; number < 100; number++) channel.send(`${number}`);
    channel.close();
    assert.equal(channel.state, 'closing');
    assert.equal(channel.send('late'), 'not-open');
    pair.run(20_000);
    assert.equal(inbox.length, 100);
    assert.deepEqual(
      closings.map(({ reason }) => reason),
      ['closed', 'closed-by-peer'],
    );
    assert.deepEqual(pair.client.transport.channels, []);
  });

  it('frees the number for another channel', () => {
    const pair = new DataTransportPair();
    pair.start();
    for (let round = 0; round < 40; round++) {
      const channel = pair.client.transport.open(`${round}`);
      pair.run(100);
      assert.deepEqual([channel.state, channel.id], ['open', 0]);
      const inbox = inboxOf(pair.server.opened[round]);
      channel.send('hello');
      pair.run(100);
      assert.deepEqual(inbox, ['hello']);
      (round % 2 === 0 ? channel : pair.server.opened[round]).close();
      pair.run(200);
      assert.equal(channel.state, 'closed');
    }
  });

  it('for a reason drops what waits', () => {
    const pair = new DataTransportPair({ delayMs: 10 });
    pair.start();
    const channel = pair.server.transport.open('c');
    pair.run(100);
    const [inbox, closing, theirs] = [
      inboxOf(pair.client.opened[0]),
      closingOf(channel),
      closingOf(pair.client.opened[0]),
    ];
    for (let number = 0; number < 200; number++) channel.send('x'.repeat(1000));
    channel.close('buffer-full');
    pair.run(2000);
    assert.ok(inbox.length < 50);
    assert.deepEqual([closing.reason, theirs.reason], ['buffer-full', 'closed-by-peer']);
  });

  it('before the peer knows of them, and when the client wants none', () => {
    const pair = new DataTransportPair();
    const [a, b] = [pair.server.transport.open('a'), pair.server.transport.open('b')];
    const closings = [closingOf(a), closingOf(b)];
    a.close();
    pair.server.transport.refuse();
    assert.deepEqual(
      closings.map(({ reason }) => reason),
      ['closed', 'refused'],
    );
    pair.start();
    pair.run(200);
    assert.deepEqual(pair.client.opened, []);
  });

  it('all at once when the connection ends', () => {
    const pair = new DataTransportPair();
    pair.start();
    const channel = pair.client.transport.open('c');
    pair.run(100);
    const closings = [closingOf(channel), closingOf(pair.server.opened[0])];
    pair.client.transport.end();
    pair.client.transport.end();
    pair.run(100);
    assert.deepEqual(
      closings.map(({ reason }) => reason),
      ['connection-closed', 'aborted'],
    );
    assert.equal(pair.client.transport.nextDeadline(), Number.POSITIVE_INFINITY);
  });

  it('from inside a message', () => {
    const pair = new DataTransportPair();
    pair.start();
    const channel = pair.client.transport.open('c');
    pair.run(100);
    const theirs = pair.server.opened[0];
    theirs.on('message', (data) => {
      theirs.sendEncoded(data, true);
      if (data.length === 5) pair.server.transport.end();
    });
    const inbox = inboxOf(channel);
    channel.send('echo');
    pair.run(100);
    assert.deepEqual(inbox, ['echo']);
    channel.send('close');
    pair.run(100);
    assert.equal(channel.state, 'closed');
  });
});

it('a listener that throws hurts nobody else', () => {
  const pair = new DataTransportPair();
  pair.start();
  const channel = pair.client.transport.open('c');
  pair.run(100);
  const [theirs] = pair.server.opened;
  theirs.on('message', () => {
    throw new Error('a bug of the program');
  });
  channel.send('one');
  channel.send('two');
  theirs.send('three');
  const inbox = inboxOf(channel);
  pair.run(100);
  assert.deepEqual(inbox, ['three']);
  assert.equal(theirs.stats.messagesIn, 2);
  assert.equal(pair.server.bugs.length, 2);
});

describe('a peer that does not keep to the protocol', () => {
  it('messages on streams without a channel, and openings that are none, are counted', () => {
    const pair = new DataTransportPair();
    pair.start();
    const channel = pair.client.transport.open('c', { negotiated: true, id: 9 });
    pair.run(100);
    channel.send('to nobody');
    pair.run(100);
    assert.equal(pair.server.counters.malformed, 1);
    pair.server.transport.receive(new Uint8Array(100));
    assert.equal(pair.server.counters.discardedPackets, 1);
    assert.equal(pair.server.end, null);
  });
});
