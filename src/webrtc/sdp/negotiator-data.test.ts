import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UserError } from '../../errors.ts';
import { exchange, fails, fixture, linesOf, newClient, newNegotiator } from './fixtures/peer.test.ts';

const dataChannels = { port: 5000, maxMessageSize: 262_144 };
const accepted = 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel';
const refused = 'm=application 0 UDP/DTLS/SCTP webrtc-datachannel';

describe('Negotiator: data channels', () => {
  for (const [name, maxMessageSize] of [
    ['chromium-datachannel', 262_144],
    ['firefox-datachannel', 1_073_741_823],
  ] as const) {
    it(`answers ${name}, which has nothing else`, () => {
      const server = newNegotiator({ dataChannels });
      const transport = server.setRemoteOffer(fixture(name));
      assert.equal(transport.setup, 'actpass');
      assert.equal(server.dataLine, null);
      const answer = server.createAnswer();
      assert.deepEqual(linesOf(answer, 'm='), [accepted]);
      assert.deepEqual(linesOf(answer, 'a=sctp-port'), ['a=sctp-port:5000']);
      assert.deepEqual(linesOf(answer, 'a=max-message-size'), ['a=max-message-size:262144']);
      assert.deepEqual(linesOf(answer, 'a=group'), ['a=group:BUNDLE 0']);
      assert.deepEqual(linesOf(answer, 'a=setup'), ['a=setup:passive']);
      assert.equal(linesOf(answer, 'a=candidate').length, 1);
      assert.equal(linesOf(answer, 'a=rtcp-mux').length, 0);
      assert.deepEqual(server.dataLine, { port: 5000, maxMessageSize });
      assert.deepEqual(server.transceivers, []);
      assert.equal(server.negotiationNeeded, false);
    });
  }

  for (const name of ['chromium-datachannel-first', 'firefox-datachannel-first']) {
    it(`answers ${name}, whose first line carries the transport`, () => {
      const server = newNegotiator({ dataChannels });
      server.setRemoteOffer(fixture(name));
      const answer = server.createAnswer();
      assert.equal(linesOf(answer, 'm=')[0], accepted);
      assert.ok(linesOf(answer, 'm=').every((line) => !/^m=\w+ 0 /.test(line)));
      assert.equal(linesOf(answer, 'a=candidate').length, 1);
      assert.ok(answer.indexOf('a=candidate') < answer.indexOf('m=audio'));
      // Our next offer keeps the line.
      server.addTransceiver('video', 'sendonly').msid = { streamId: 's', trackId: 't' };
      const offer = server.createOffer();
      assert.equal(linesOf(offer, 'm=')[0], accepted);
      assert.notEqual(server.dataLine, null);
    });
  }

  it('refuses them where the connection has none', () => {
    const server = newNegotiator();
    server.setRemoteOffer(fixture('chromium-datachannel-first'));
    assert.equal(linesOf(server.createAnswer(), 'm=')[0], refused);
    assert.equal(server.dataLine, null);
    assert.throws(() => server.addDataLine(), fails('invalid-state', UserError));
  });

  it('takes the first of several lines, and says no to what it cannot use', () => {
    const offer = fixture('chromium-datachannel');
    const section = offer.slice(offer.indexOf('m=application'));
    const twice = offer.replace('BUNDLE 0', 'BUNDLE 0 1') + section.replace('a=mid:0', 'a=mid:1');
    const server = newNegotiator({ dataChannels });
    server.setRemoteOffer(twice);
    assert.deepEqual(linesOf(server.createAnswer(), 'm='), [accepted, refused]);
    for (const change of [
      (sdp: string) => sdp.replace(/a=sctp-port:5000\r?\n/, ''),
      (sdp: string) => sdp.replace('a=sctp-port:5000', 'a=sctp-port:0'),
      (sdp: string) => sdp.replace('UDP/DTLS/SCTP webrtc-datachannel', 'DTLS/SCTP 5000'),
      (sdp: string) => sdp.replace('webrtc-datachannel', 'other'),
    ]) {
      const other = newNegotiator({ dataChannels });
      other.setRemoteOffer(change(offer));
      assert.match(linesOf(other.createAnswer(), 'm=')[0], /^m=application 0 /);
      assert.equal(other.dataLine, null);
    }
    for (const value of ['x', '65536', '-1', ''])
      assert.throws(
        () => newNegotiator({ dataChannels }).setRemoteOffer(offer.replace(':5000', `:${value}`)),
        fails('malformed-sdp'),
      );
  });

  it('reads the longest message: 64 KiB where nothing is said, any for 0', () => {
    const size = (replacement: string): number | undefined => {
      const server = newNegotiator({ dataChannels });
      server.setRemoteOffer(
        fixture('chromium-datachannel').replace(/a=max-message-size:\d+\r?\n/, replacement),
      );
      server.createAnswer();
      return server.dataLine?.maxMessageSize;
    };
    assert.equal(size(''), 65_536);
    assert.equal(size('a=max-message-size:0\r\n'), Number.POSITIVE_INFINITY);
    assert.equal(size('a=max-message-size:1000\r\n'), 1000);
  });

  it('offers them, alone and beside media, once', () => {
    for (const media of [false, true]) {
      const [server, client] = [newNegotiator({ dataChannels }), newClient({ dataChannels })];
      if (media) {
        client.addTransceiver('audio', 'sendrecv').msid = { streamId: 's', trackId: 't' };
        exchange(client, server);
      }
      assert.equal(server.negotiationNeeded, false);
      server.addDataLine();
      server.addDataLine();
      assert.equal(server.negotiationNeeded, true);
      const { offer, answer } = exchange(server, client);
      assert.deepEqual(linesOf(offer, 'm=').slice(media ? 1 : 0), [accepted]);
      assert.deepEqual(linesOf(answer, 'm=').slice(media ? 1 : 0), [accepted]);
      for (const side of [server, client]) assert.deepEqual(side.dataLine, dataChannels);
      assert.equal(server.negotiationNeeded, false);
      server.addDataLine();
      assert.equal(server.negotiationNeeded, false);
      // And again, from either side.
      assert.equal(linesOf(exchange(client, server).answer, 'm=').length, media ? 2 : 1);
      assert.equal(linesOf(exchange(server, client).answer, 'm=').length, media ? 2 : 1);
      for (const side of [server, client]) assert.deepEqual(side.dataLine, dataChannels);
    }
  });

  it('a client that refuses them is not asked again', () => {
    const [server, client] = [newNegotiator({ dataChannels }), newClient()];
    client.addTransceiver('audio', 'sendonly').msid = { streamId: 's', trackId: 't' };
    exchange(client, server);
    server.addDataLine();
    const { answer } = exchange(server, client);
    assert.equal(linesOf(answer, 'm=')[1], refused);
    assert.equal(server.dataLine, null);
    assert.equal(server.negotiationNeeded, false);
  });

  it('an offer of them that is rolled back is made again', () => {
    const [server, client] = [newNegotiator({ dataChannels }), newClient({ dataChannels })];
    server.addDataLine();
    server.createOffer();
    server.rollback();
    assert.equal(server.negotiationNeeded, true);
    exchange(server, client);
    assert.deepEqual(server.dataLine, dataChannels);
  });

  it('an answer that accepts them must say how', () => {
    const [server, client] = [newNegotiator({ dataChannels }), newClient({ dataChannels })];
    server.addDataLine();
    client.setRemoteOffer(server.createOffer());
    const answer = client.createAnswer();
    assert.throws(
      () => server.setRemoteAnswer(answer.replace('a=sctp-port:5000\r\n', '')),
      fails('malformed-sdp'),
    );
    server.setRemoteAnswer(answer);
    assert.deepEqual(server.dataLine, dataChannels);
  });

  it('a client may take them back, and offer them again', () => {
    const [server, client] = [newNegotiator({ dataChannels }), newClient({ dataChannels })];
    client.addTransceiver('audio', 'sendonly').msid = { streamId: 's', trackId: 't' };
    client.addDataLine();
    const { offer } = exchange(client, server);
    assert.notEqual(server.dataLine, null);
    const without = offer.replace(accepted, refused);
    server.setRemoteOffer(without);
    server.createAnswer();
    assert.equal(server.dataLine, null);
    server.setRemoteOffer(offer);
    server.createAnswer();
    assert.notEqual(server.dataLine, null);
  });
});
