import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeRtp, TestEndpoint } from '../../../test/native/test-endpoint.ts';
import { SourceLatch, sourceSilenceMs } from './source-latch.ts';

describe('the source of packets', () => {
  it('is the first, until it is silent; then whoever is next', async () => {
    const endpoint = new TestEndpoint();
    const here = endpoint.open();
    const transport = endpoint.io.createTransport();
    endpoint.io.claimSocket(transport, here.socket);
    endpoint.io.useUnprotected(transport);
    const peers = new TestEndpoint();
    const [first, second] = [peers.open(), peers.open()];
    const send = async (from: { socket: number }) => {
      const before = endpoint.io.counters.datagramsReceived;
      peers.io.sendTo(from.socket, here.address, makeRtp(before + 1, 10));
      await endpoint.until(() => endpoint.io.counters.datagramsReceived > before);
    };
    const latch = new SourceLatch(endpoint.io, here.socket);
    latch.open();
    await send(first);
    assert.equal(endpoint.received.length, 1);
    assert.equal(latch.consider(endpoint.received[0].from, 0), true);
    // What came in the same batch from elsewhere is not the peer's; what came from there is.
    assert.equal(latch.consider(second.address, 0), false);
    assert.equal(latch.consider(first.address, 0), true);
    await send(second);
    assert.equal(endpoint.received.length, 1, 'another is not even delivered');
    await send(first);
    assert.equal(endpoint.received.length, 2);

    // As long as packets come it stays, however late it is.
    for (let nowMs = 1000, packets = 1; nowMs <= 4 * sourceSilenceMs; nowMs += 1000)
      latch.check(packets++, nowMs);
    assert.equal(latch.source?.port, first.address.port);
    const lastHeardMs = 4 * sourceSilenceMs;
    latch.check(20, lastHeardMs + sourceSilenceMs - 1);
    await send(second);
    assert.equal(endpoint.received.length, 2);
    latch.check(20, lastHeardMs + sourceSilenceMs);
    assert.equal(latch.source, null);
    await send(second);
    assert.equal(endpoint.received.length, 3);
    assert.equal(latch.consider(endpoint.received[2].from, lastHeardMs), true);
    await send(first);
    assert.equal(endpoint.received.length, 3);
    endpoint.close();
    peers.close();
  });
});
