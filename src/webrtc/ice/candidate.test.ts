import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ProtocolError } from '../../errors.ts';
import {
  candidateFoundation,
  candidatePriority,
  formatHostCandidate,
  isEndOfCandidates,
  parseCandidate,
  unusableReason,
} from './candidate.ts';

describe('candidatePriority', () => {
  it('follows RFC 8445 5.1.2.1', () => {
    assert.equal(candidatePriority('host'), 2130706431);
    assert.equal(candidatePriority('srflx', 65535), 1694498815);
    assert.equal(candidatePriority('prflx', 0, 2), 110 * 2 ** 24 + 254);
    assert.equal(candidatePriority('relay', 0, 256), 0);
    assert.ok(candidatePriority('host', 65535, 1, 'tcp') < candidatePriority('srflx', 0));
  });
});

describe('candidateFoundation', () => {
  it('differs by type, base address and protocol only', () => {
    const host = candidateFoundation('host', '192.0.2.1', 'udp');
    assert.equal(candidateFoundation('host', '192.0.2.1', 'udp'), host);
    assert.notEqual(candidateFoundation('srflx', '192.0.2.1', 'udp'), host);
    assert.notEqual(candidateFoundation('host', '192.0.2.2', 'udp'), host);
    assert.notEqual(candidateFoundation('host', '192.0.2.1', 'tcp'), host);
    assert.match(host, /^\d{1,10}$/);
  });
});

describe('formatHostCandidate', () => {
  it('writes what SDP carries', () => {
    assert.equal(
      formatHostCandidate({ address: '192.0.2.1', port: 5000, foundation: '1' }),
      'candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host',
    );
    assert.equal(
      formatHostCandidate({
        address: '2001:db8::1',
        port: 443,
        protocol: 'tcp',
        foundation: '2',
        priority: 7,
      }),
      'candidate:2 1 tcp 7 2001:db8::1 443 typ host tcptype passive',
    );
  });

  it('prefers our addresses in their order', () => {
    const priorities = [0, 1, 2].map(
      (index) => parseCandidate(formatHostCandidate({ address: '192.0.2.1', port: 1, index })).priority,
    );
    assert.deepEqual(priorities, [2130706431, 2130706175, 2130705919]);
  });

  it('is read back', () => {
    fc.assert(
      fc.property(fc.nat(65535), fc.nat(100), fc.constantFrom('udp', 'tcp'), (port, index, protocol) => {
        const candidate = parseCandidate(
          formatHostCandidate({ address: '192.0.2.1', port, index, protocol }),
        );
        assert.equal(candidate.port, port);
        assert.equal(candidate.protocol, protocol);
        assert.equal(candidate.type, 'host');
        assert.equal(candidate.tcpType, protocol === 'tcp' ? 'passive' : null);
      }),
    );
  });
});

describe('parseCandidate', () => {
  it('reads what browsers write', () => {
    const text =
      'candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 10.0.0.17 rport 46154 ' +
      'generation 0 ufrag EEtu network-id 3 network-cost 10';
    assert.deepEqual(parseCandidate(text), {
      foundation: '842163049',
      component: 1,
      protocol: 'udp',
      priority: 1677729535,
      address: '203.0.113.7',
      port: 46154,
      type: 'srflx',
      tcpType: null,
      relatedAddress: '10.0.0.17',
      relatedPort: 46154,
      usernameFragment: 'EEtu',
    });
    assert.deepEqual(parseCandidate(`a=${text}`), parseCandidate(text));
  });

  const usable: [string, string | null][] = [
    ['candidate:0 1 UDP 2122252543 192.168.1.5 52000 typ host', null],
    ['candidate:0 1 udp 2122252543 2001:db8::5 52000 typ host', null],
    ['candidate:0 1 udp 2122252543 fe80::5%eth0 52000 typ host', null],
    ['candidate:0 1 udp 21 8ba6f2c1-6f6a-4a0e-a1f0-5c1e1f9d0f0a.local 52000 typ host', 'host-name'],
    ['candidate:0 1 udp 21 turn.example.org 52000 typ relay', 'host-name'],
    ['candidate:0 1 TCP 2105458943 192.168.1.5 9 typ host tcptype active', 'protocol'],
    ['candidate:0 1 ssltcp 2105458943 192.168.1.5 443 typ host', 'protocol'],
    ['candidate:0 2 udp 2122252542 192.168.1.5 52001 typ host', 'component'],
    ['candidate:0 1 udp 2122252542 192.168.1.5 0 typ host', 'port'],
    ['candidate:0 1 udp 2122252542 192.168.1.5 1 typ something', null],
    ['candidate:0 1 udp 2122252542 192.168.1.5 1 typ host odd', null],
  ];
  for (const [text, reason] of usable) {
    it(`reads ${text}`, () => assert.equal(unusableReason(parseCandidate(text)), reason));
  }

  it('leaves the IPv6 zone out', () => {
    assert.equal(parseCandidate(usable[2][0]).address, 'fe80::5');
  });

  const malformed = [
    '',
    'candidate:',
    'candidate:1 1 udp 5 1.2.3.4 5',
    'candidate:1 1 udp 5 1.2.3.4 5 host typ',
    'candidate:1 0 udp 5 1.2.3.4 5 typ host',
    'candidate:1 257 udp 5 1.2.3.4 5 typ host',
    'candidate:1 1 udp -5 1.2.3.4 5 typ host',
    'candidate:1 1 udp 4294967296 1.2.3.4 5 typ host',
    'candidate:1 1 udp 5 1.2.3.400 5 typ host',
    'candidate:1 1 udp 5 1:2:3 5 typ host',
    'candidate:1 1 udp 5 under_score.local 5 typ host',
    'candidate:1 1 udp 5 1.2.3.4 65536 typ host',
    'candidate:1 1 udp 5 1.2.3.4 5.5 typ host',
    'candidate:1 1 udp 5 1.2.3.4 5 typ srflx raddr 1.2.3.4 rport x',
    'candidate:1 1 tcp 5 1.2.3.4 5 typ host tcptype sideways',
    'candidate:<> 1 udp 5 1.2.3.4 5 typ host',
    `candidate:1 1 udp 5 1.2.3.4 5 typ host ${'x '.repeat(600)}`,
  ];
  for (const text of malformed) {
    it(`refuses "${text.slice(0, 60)}"`, () => {
      assert.throws(
        () => parseCandidate(text),
        (error) => error instanceof ProtocolError && error.code === 'malformed-candidate',
      );
    });
  }

  it('throws nothing but ProtocolError', () => {
    const words = fc.constantFrom(
      'candidate:1',
      '1',
      'udp',
      '5',
      '1.2.3.4',
      'typ',
      'host',
      'raddr',
      '::',
      '',
      'x.local',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(words).map((all) => all.join(' ')),
        ),
        (text) => {
          try {
            parseCandidate(text);
          } catch (error) {
            assert.ok(error instanceof ProtocolError);
          }
        },
      ),
      { numRuns: 2000, seed: 8839 },
    );
  });
});

describe('isEndOfCandidates', () => {
  it('knows the ways clients say it', () => {
    for (const text of ['', ' ', 'candidate:', 'a=end-of-candidates', 'end-of-candidates'])
      assert.ok(isEndOfCandidates(text));
    for (const text of ['candidate:1', 'a=mid:0']) assert.ok(!isEndOfCandidates(text));
  });
});
