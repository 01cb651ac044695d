import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestEndpoint } from '../../test/native/test-endpoint.ts';
import { PlainPortRange } from './plain-port-range.ts';

const first = 43_501;
const noPorts = { name: 'UserError', code: 'limit-ports' };

describe('ports of connections without ICE', () => {
  it('are pairs within the range, until there are none, and come back last', () => {
    const { io } = new TestEndpoint();
    // 43501 … 43507 has three pairs: 43502, 43504, 43506.
    const range = new PlainPortRange(io, { first, last: first + 6 }, ['127.0.0.1'], []);
    assert.equal(range.freePairs, 3);
    const [a, b, c] = [range.open(4, null), range.open(4, null), range.open(4, null)];
    assert.deepEqual(
      [a, b, c].map(({ rtp, rtcp }) => [rtp.port - first, rtcp.port - first]),
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    );
    assert.throws(() => range.open(4, null), noPorts);
    b.joinRtcp();
    b.close();
    a.close();
    a.close();
    assert.equal(range.freePairs, 2);
    const again = range.open(4, null);
    assert.equal(again.rtp.port, b.rtp.port);
    io.close();
  });

  it('that another program has are passed over, and nothing stays open', () => {
    const { io } = new TestEndpoint();
    const { socket } = io.openSocket('127.0.0.1', first + 2);
    const range = new PlainPortRange(io, { first, last: first + 4 }, ['127.0.0.1'], []);
    assert.equal(range.open(4, null).rtp.port, first + 3);
    assert.throws(() => range.open(4, null), noPorts);
    io.closeSocket(socket);
    assert.equal(range.open(4, null).rtp.port, first + 1);
    io.close();
  });

  it('addresses: loopback for who is there, the announced one for others, and none of another family', () => {
    const { io } = new TestEndpoint();
    // All of 127.0.0.0/8 is loopback; 0.0.0.0 stands for an address of a network here.
    const range = new PlainPortRange(
      io,
      { first, last: first + 8 },
      ['0.0.0.0', '127.0.0.1'],
      ['203.0.113.7'],
    );
    assert.equal(range.open(4, '127.0.0.1').address, '127.0.0.1');
    assert.equal(range.open(4, '198.51.100.4').address, '203.0.113.7');
    assert.equal(range.open(4, null).address, '203.0.113.7');
    assert.throws(() => range.open(6, null), noPorts);
    assert.throws(() => new PlainPortRange(io, null, ['127.0.0.1'], []).open(4, null), noPorts);
    io.close();
  });
});
