import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rewriteCandidates } from './rewrite-candidates.ts';

const relay = { address: '127.0.0.1', port: 9999 };
const candidate = (protocol: string, address: string, port: number) =>
  `candidate:1 1 ${protocol} 2130706431 ${address} ${port} typ host`;

describe('rewriteCandidates', () => {
  it('rewrites one candidate', () => {
    assert.equal(
      rewriteCandidates(candidate('udp', '192.0.2.1', 5000), { address: '192.0.2.1', port: 5000 }, relay),
      candidate('udp', '127.0.0.1', 9999),
    );
  });

  it('rewrites all that match in an SDP and in JSON, nothing else', () => {
    const lines = [
      'c=IN IP4 192.0.2.1',
      `a=${candidate('udp', '192.0.2.1', 5000)}`,
      `a=${candidate('UDP', '2001:db8::1', 5000)}`,
      `a=${candidate('tcp', '192.0.2.1', 5000)} tcptype passive`,
      `a=${candidate('udp', '192.0.2.1', 5001)}`,
    ];
    const sdp = `${lines.join('\r\n')}\r\n`;
    const atPort = lines.slice();
    atPort[1] = `a=${candidate('udp', '127.0.0.1', 9999)}`;
    atPort[2] = `a=${candidate('UDP', '127.0.0.1', 9999)}`;
    assert.equal(rewriteCandidates(sdp, { port: 5000 }, relay), `${atPort.join('\r\n')}\r\n`);
    const atAddress = lines.slice();
    atAddress[2] = atPort[2];
    assert.equal(
      rewriteCandidates(JSON.stringify({ sdp }), { address: '2001:db8::1', port: 5000 }, relay),
      JSON.stringify({ sdp: `${atAddress.join('\r\n')}\r\n` }),
    );
  });
});
