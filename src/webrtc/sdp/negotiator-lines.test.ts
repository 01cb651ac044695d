import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProtocolError, UserError } from '../../errors.ts';
import { headerExtensionUri } from '../../media/rtp-parameters.ts';
import { exchange, fails, fixture, linesOf, newClient, newNegotiator } from './fixtures/peer.test.ts';
import type { Negotiator } from './negotiator.ts';
import { parseSessionDescription } from './parse-session-description.ts';

/** The answer to a fixture, with what may be done before it is made. */
function answerTo(
  sdp: string,
  negotiator = newNegotiator(),
  before?: (negotiator: Negotiator) => void,
): string {
  negotiator.setRemoteOffer(sdp);
  before?.(negotiator);
  return negotiator.createAnswer();
}

const audioVideo = fixture('chromium-audio-video');

describe('Negotiator as offerer', () => {
  it('offers on top of what the remote offered, with its numbers and unused mids', () => {
    const negotiator = newNegotiator();
    answerTo(fixture('firefox-audio-video'), negotiator);
    const added = negotiator.addTransceiver('video', 'sendonly');
    added.msid = { streamId: 's', trackId: 't' };
    assert.equal(negotiator.negotiationNeeded, true);
    const sdp = negotiator.createOffer();
    assert.equal(negotiator.signalingState, 'have-local-offer');
    assert.equal(added.mid, '2');
    const offer = parseSessionDescription(sdp);
    assert.deepEqual(offer.bundleGroups, [['0', '1', '2']]);
    const [, before, line] = offer.media;
    const payloadTypeOf = (name: string) => line.codecs.find((codec) => codec.name === name)?.payloadType;
    assert.equal(payloadTypeOf('VP8'), 120);
    assert.equal(payloadTypeOf('AV1'), 99);
    for (const { id, uri } of before.headerExtensions) {
      for (const other of line.headerExtensions) assert.equal(id === other.id, uri === other.uri);
    }
    assert.ok(line.headerExtensions.some(({ uri }) => uri === headerExtensionUri.transportWideCc));
    assert.deepEqual(
      offer.media.map(({ setup }) => setup),
      ['actpass', 'actpass', 'actpass'],
    );
  });

  it('sends after the answer with what the answer takes', () => {
    const [server, client] = [newNegotiator(), newClient()];
    const added = server.addTransceiver('video', 'sendonly');
    exchange(server, client);
    assert.equal(added.currentDirection, 'sendonly');
    assert.equal(added.send?.codecs[0].name, 'VP8');
    assert.equal(added.receive, null);
    assert.deepEqual(client.transceivers[0].receive?.encodings, [
      { rid: null, ssrc: added.ssrc, rtxSsrc: added.rtxSsrc },
    ]);
    assert.equal(server.dtlsRole, 'active');
    const parameters = added.send;
    exchange(server, client);
    assert.equal(added.send, parameters, 'unchanged parameters are the same object');
  });

  it('says why a line was refused', () => {
    const server = newNegotiator();
    const client = newClient({ codecs: [] });
    const added = server.addTransceiver('video', 'sendonly');
    const spare = server.addTransceiver('audio', 'sendonly');
    server.createOffer();
    server.rollback();
    client.setRemoteOffer(server.createOffer());
    const answer = client.createAnswer();
    assert.equal(client.transceivers[0].stopReason, 'no-common-codec');
    // Nothing at all was accepted, so the first exchange has no transport.
    assert.throws(() => server.setRemoteAnswer(answer), fails('malformed-sdp'));
    assert.equal(server.signalingState, 'have-local-offer');
    assert.equal(added.stopped || spare.stopped, false);
  });

  it('refuses answers that do not fit, and stays as it was', () => {
    const [server, client] = [newNegotiator(), newClient()];
    server.addTransceiver('audio', 'sendrecv');
    server.addTransceiver('video', 'sendrecv');
    client.setRemoteOffer(server.createOffer());
    const answer = client.createAnswer();
    const edits: readonly (readonly [code: string, edit: (sdp: string) => string])[] = [
      ['malformed-sdp', (sdp) => sdp.slice(0, sdp.indexOf('m=video')).replace('BUNDLE 0 1', 'BUNDLE 0')],
      ['malformed-sdp', (sdp) => sdp.replace('a=mid:1', 'a=mid:7').replace('BUNDLE 0 1', 'BUNDLE 0 7')],
      ['malformed-sdp', (sdp) => sdp.replace('m=video', 'm=audio')],
      ['malformed-sdp', (sdp) => sdp.replaceAll('/90000', '/8000')],
      ['malformed-sdp', (sdp) => sdp.replaceAll('setup:passive', 'setup:actpass')],
      ['unsupported-sdp', (sdp) => sdp.replace('BUNDLE 0 1', 'BUNDLE 0')],
      ['unsupported-sdp', (sdp) => sdp.replaceAll('a=rtcp-mux\r\n', '')],
    ];
    for (const [code, edit] of edits) {
      assert.throws(() => server.setRemoteAnswer(edit(answer)), fails(code));
      assert.equal(server.signalingState, 'have-local-offer');
      assert.equal(server.transceivers[0].currentDirection, null);
    }
    server.setRemoteAnswer(answer);
    assert.equal(server.transceivers[1].currentDirection, 'sendonly');
  });

  it('keeps two lines with one msid apart', () => {
    const negotiator = newNegotiator();
    for (const streamId of ['a', 'a', 'b']) {
      negotiator.addTransceiver('video', 'sendonly').msid = { streamId, trackId: 't' };
    }
    const [first, second, third] = linesOf(negotiator.createOffer(), 'a=msid:');
    assert.equal(first, 'a=msid:a t');
    assert.equal(second, `a=msid:a t-${negotiator.transceivers[1].ssrc}`);
    assert.equal(third, 'a=msid:b t');
  });
});

describe('Negotiator: lines that come and go', () => {
  function connected(): [server: Negotiator, client: Negotiator] {
    const [server, client] = [newNegotiator(), newClient()];
    client.addTransceiver('audio', 'sendonly');
    client.addTransceiver('video', 'sendonly');
    exchange(client, server);
    return [server, client];
  }

  it('takes a stopped line back, and uses its slot again', () => {
    const [server, client] = connected();
    const first = server.addTransceiver('audio', 'sendonly');
    exchange(server, client);
    first.stop();
    assert.equal(first.send, null);
    assert.equal(server.negotiationNeeded, true);
    const { offer } = exchange(server, client);
    assert.match(linesOf(offer, 'm=')[2], /^m=audio 0 /);
    assert.deepEqual(linesOf(offer, 'a=group'), ['a=group:BUNDLE 0 1']);
    assert.equal(server.negotiationNeeded, false);
    assert.equal(client.transceivers[2].stopReason, 'remote-stopped');
    const second = server.addTransceiver('audio', 'sendonly');
    exchange(server, client);
    assert.deepEqual(
      server.transceivers.map(({ mid }) => mid),
      ['0', '1', second.mid],
    );
    assert.notEqual(second.mid, '2');
    client.addTransceiver('video', 'sendonly');
    client.transceivers[1].stop();
    exchange(client, server);
    exchange(client, server);
    assert.equal(server.transceivers.length, 4);
    client.addTransceiver('video', 'sendonly');
    exchange(client, server);
    assert.equal(server.transceivers.length, 4, 'the slot of the line that was stopped first');
  });

  it('leaves the line that carries the transport in place, inactive', () => {
    const [server, client] = connected();
    server.transceivers[0].stop();
    const { offer } = exchange(server, client);
    assert.match(linesOf(offer, 'm=')[0], /^m=audio 9 /);
    assert.equal(linesOf(offer, 'a=inactive').length, 1);
    assert.equal(server.negotiationNeeded, false);
  });

  it('begins a stopped line anew when the remote begins to send on it', () => {
    const [server, client] = connected();
    const sending = server.addTransceiver('video', 'sendonly');
    exchange(server, client);
    sending.stop();
    client.transceivers[2].direction = 'sendrecv';
    exchange(client, server);
    const anew = server.transceivers[2];
    assert.notEqual(anew, sending);
    assert.equal(anew.mid, sending.mid);
    assert.equal(anew.currentDirection, 'recvonly');
  });

  it('receives on a line of ours that the remote begins to send on, unless told not to', () => {
    const [server, client] = connected();
    const line = server.addTransceiver('video', 'sendonly');
    exchange(server, client);
    client.transceivers[2].direction = 'sendrecv';
    exchange(client, server);
    assert.equal(line.currentDirection, 'sendrecv');
    line.direction = 'sendonly';
    assert.equal(server.negotiationNeeded, true);
    exchange(server, client);
    assert.equal(line.currentDirection, 'sendonly');
    exchange(client, server);
    assert.equal(line.currentDirection, 'sendonly', 'the remote did not begin anew');
  });

  it('asks for negotiation when the direction or the msid of a line changes', () => {
    const [server, client] = connected();
    const line = server.addTransceiver('video', 'sendonly');
    line.msid = { streamId: 'a', trackId: 'b' };
    exchange(server, client);
    assert.equal(server.negotiationNeeded, false);
    line.msid = { streamId: 'a', trackId: 'c' };
    assert.equal(server.negotiationNeeded, true);
    exchange(server, client);
    assert.deepEqual(client.transceivers[2].remoteMsid, { streamId: 'a', trackId: 'c' });
    line.direction = 'inactive';
    assert.equal(server.negotiationNeeded, true);
    exchange(server, client);
    assert.equal(server.negotiationNeeded, false);
    assert.equal(client.transceivers[2].receive, null);
  });

  it('keeps to its limit of lines', () => {
    const negotiator = newNegotiator({ maxMediaLines: 2 });
    negotiator.addTransceiver('audio', 'sendonly');
    const video = negotiator.addTransceiver('video', 'sendonly');
    assert.throws(
      () => negotiator.addTransceiver('video', 'sendonly'),
      fails('limit-media-lines', UserError),
    );
    video.stop();
    negotiator.addTransceiver('video', 'sendonly');
    assert.equal(linesOf(negotiator.createOffer(), 'm=').length, 2);
  });
});

describe('Negotiator: states', () => {
  it('rolls our offer back, and offers what it brought again', () => {
    const negotiator = newNegotiator();
    answerTo(audioVideo, negotiator);
    const added = negotiator.addTransceiver('audio', 'sendonly');
    negotiator.createOffer();
    const { ssrc } = added;
    negotiator.rollback();
    assert.equal(added.mid, null);
    assert.equal(negotiator.signalingState, 'stable');
    assert.equal(negotiator.negotiationNeeded, true);
    answerTo(audioVideo, negotiator);
    assert.deepEqual(
      negotiator.transceivers.map(({ mid }) => mid),
      ['0', '1', null],
    );
    assert.equal(linesOf(negotiator.createOffer(), 'm=').length, 3);
    assert.equal(added.ssrc, ssrc);
  });

  it('rolls our offer back for one that crosses it, and not for one that cannot be used', () => {
    const negotiator = newNegotiator();
    answerTo(audioVideo, negotiator);
    const added = negotiator.addTransceiver('audio', 'sendonly');
    negotiator.createOffer();
    assert.throws(() => negotiator.setRemoteOffer('v=0\r\n'), fails('malformed-sdp'));
    assert.equal(negotiator.signalingState, 'have-local-offer');
    assert.notEqual(added.mid, null);
    answerTo(audioVideo, negotiator);
    assert.equal(negotiator.signalingState, 'stable');
    assert.equal(added.mid, null);
    assert.equal(negotiator.negotiationNeeded, true);
  });

  it('leaves all as it was where the transport is refused', () => {
    let refuse = false;
    const checkTransport = () => {
      if (refuse) throw new ProtocolError('fingerprint-mismatch', 'another certificate');
    };
    const [server, client] = [newNegotiator({ checkTransport }), newClient()];
    server.addTransceiver('audio', 'sendrecv');
    client.setRemoteOffer(server.createOffer());
    const answer = client.createAnswer();
    refuse = true;
    assert.throws(() => server.setRemoteAnswer(answer), fails('fingerprint-mismatch'));
    assert.equal(server.signalingState, 'have-local-offer');
    refuse = false;
    server.setRemoteAnswer(answer);
    refuse = true;
    assert.throws(() => server.setRemoteOffer(client.createOffer()), fails('fingerprint-mismatch'));
    assert.equal(server.signalingState, 'stable');
  });

  it('rolls a remote offer back', () => {
    const negotiator = newNegotiator();
    answerTo(fixture('chromium-recvonly'), negotiator);
    const [audio] = negotiator.transceivers;
    negotiator.setRemoteOffer(`${fixture('chromium-recvonly').replace('a=recvonly', 'a=sendrecv')}`);
    assert.equal(audio.direction, 'recvonly');
    negotiator.rollback();
    assert.equal(audio.direction, 'inactive');
    assert.equal(audio.remoteDirection, 'recvonly');
    const fresh = newNegotiator();
    fresh.setRemoteOffer(audioVideo);
    const [brought] = fresh.transceivers;
    fresh.rollback();
    assert.equal(brought.stopReason, 'rolled-back');
    assert.deepEqual(fresh.transceivers, []);
  });

  it('takes a second offer in place of one not answered', () => {
    const negotiator = newNegotiator();
    negotiator.setRemoteOffer(fixture('firefox-audio-video'));
    const answer = answerTo(audioVideo, negotiator);
    assert.match(linesOf(answer, 'm=')[0], / 111 /);
    assert.equal(negotiator.transceivers.length, 2);
  });

  it('refuses what its state does not allow', () => {
    const negotiator = newNegotiator();
    assert.throws(() => negotiator.setRemoteAnswer(audioVideo), fails('invalid-state'));
    assert.throws(() => negotiator.createAnswer(), fails('invalid-state', UserError));
    assert.throws(() => negotiator.createOffer(), fails('invalid-state', UserError));
    assert.throws(() => negotiator.rollback(), fails('invalid-state', UserError));
    negotiator.setRemoteOffer(audioVideo);
    assert.throws(() => negotiator.createOffer(), fails('invalid-state', UserError));
    assert.throws(() => negotiator.setRemoteAnswer(audioVideo), fails('invalid-state'));
    negotiator.createAnswer();
    assert.throws(() => negotiator.setRemoteAnswer(audioVideo), fails('invalid-state'));
    const [audio] = negotiator.transceivers;
    negotiator.close();
    negotiator.close();
    assert.equal(negotiator.signalingState, 'closed');
    assert.equal(audio.stopReason, 'closed');
    assert.throws(() => negotiator.setRemoteOffer(audioVideo), fails('invalid-state'));
    assert.throws(() => negotiator.addTransceiver('audio', 'sendonly'), fails('invalid-state', UserError));
  });

  it('refuses an offer that moves or drops lines in use', () => {
    const negotiator = newNegotiator();
    answerTo(audioVideo, negotiator);
    const start = audioVideo.indexOf('m=audio');
    const middle = audioVideo.indexOf('m=video');
    const head = audioVideo.slice(0, start);
    const swapped = head + audioVideo.slice(middle) + audioVideo.slice(start, middle);
    assert.throws(() => negotiator.setRemoteOffer(swapped), fails('malformed-sdp'));
    const dropped = audioVideo.slice(0, middle).replace('BUNDLE 0 1', 'BUNDLE 0');
    assert.throws(() => negotiator.setRemoteOffer(dropped), fails('malformed-sdp'));
  });
});
