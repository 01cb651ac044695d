/** What receives and sends on a connection is built when it is of use, not when it has been negotiated. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Engine } from '../../src/engine/engine.ts';
import { silentLogger } from '../../src/log.ts';
import { openPacketIo } from '../../src/packet-io/addon.ts';
import type { PeerConnection } from '../../src/webrtc/peer-connection.ts';
import { defaultCodecs } from '../../src/webrtc/sdp/codec-capabilities.ts';
import { defaultHeaderExtensions } from '../../src/webrtc/sdp/header-extensions.ts';
import { HeadlessNetwork, type HeadlessPeer, until } from '../signaling/headless-peer.ts';

let engine: Engine;
let network: HeadlessNetwork;

before(() => {
  engine = new Engine({
    io: openPacketIo({ slotCount: 1024, maxTransports: 16 }),
    log: silentLogger,
    mediaAddresses: ['127.0.0.1'],
    mediaPort: 0,
    announcedAddresses: [],
    media: {},
    ice: {},
    negotiation: { codecs: defaultCodecs, headerExtensions: defaultHeaderExtensions, maxMediaLines: 8 },
  });
  engine.start();
  network = new HeadlessNetwork();
});

after(() => {
  network.close();
  engine.close();
});

interface Pair {
  readonly connection: PeerConnection;
  readonly peer: HeadlessPeer;
  /** The peer learns of the answer, so it begins to check. */
  readonly connect: () => void;
}

/** A connection that has agreed to receive and to send audio. */
function negotiated(): Pair {
  const connection = engine.createPeerConnection();
  const peer = network.createPeer();
  peer.addTrack('audio', 'stream', 'track', 'sendrecv');
  connection.setRemoteOffer(peer.createOffer());
  connection.lines[0].transceiver.direction = 'sendrecv';
  const answer = connection.createAnswer();
  return { connection, peer, connect: () => peer.acceptAnswer(answer) };
}

const built = ({ lines: [{ inbound, forwarder }] }: PeerConnection) => [inbound !== null, forwarder !== null];

describe('media of a connection', () => {
  it('is not built while there is no path, but announced as it will be', async () => {
    const { connection, peer, connect } = negotiated();
    assert.deepEqual(built(connection), [false, false]);
    const { ssrc } = connection.lines[0].transceiver.send!;
    let changes = 0;
    connection.lines[0].onForwarderChange = () => changes++;
    connect();
    await until('media has come', () => connection.media.rtpReceived > 3);
    assert.deepEqual(built(connection), [true, true]);
    assert.equal(connection.lines[0].forwarder?.ssrc, ssrc);
    assert.ok(changes > 0, 'whoever has the line was told');
    peer.close();
    connection.close();
  });

  it('is built for sending as soon as somebody has the line', () => {
    const { connection, peer } = negotiated();
    const [line] = connection.lines;
    let changes = 0;
    line.take(() => changes++);
    assert.deepEqual(built(connection), [false, true]);
    assert.equal(changes, 0, 'it was there when it was taken');
    line.release();
    const { forwarder } = line;
    line.take(() => {});
    assert.equal(line.forwarder, forwarder, 'another finds the same');
    peer.close();
    connection.close();
  });

  it('is built by the negotiation for whoever has had the line before', () => {
    const connection = engine.createPeerConnection();
    const peer = network.createPeer();
    let changes = 0;
    const line = connection.addLine('audio', 'sendonly');
    line.take(() => changes++);
    assert.deepEqual(built(connection), [false, false]);
    connection.acceptAnswer(peer.answerOffer(connection.createOffer()));
    assert.deepEqual(built(connection), [false, true]);
    assert.ok(changes > 0);
    peer.close();
    connection.close();
  });

  it('ends with what was negotiated, whether or not it was built', () => {
    const { connection, peer, connect } = negotiated();
    let ended = 0;
    connection.on('trackended', () => ended++);
    connect();
    connection.lines[0].transceiver.stop();
    connection.setRemoteOffer(peer.createOffer());
    connection.createAnswer();
    assert.deepEqual(built(connection), [false, false]);
    assert.equal(ended, 0);
    peer.close();
    connection.close();
  });
});
