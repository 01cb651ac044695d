/** Participants without ICE, over the real engine: what they send and get, and who may send in their name. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { Participant } from '../../src/index.ts';
import { PacketKind } from '../../src/packet-io/layout.ts';
import { parsePlainDescription } from '../../src/webrtc/plain/plain-description.ts';
import { formatCrypto } from '../../src/webrtc/plain/sdes.ts';
import { makeRtcp, TestEndpoint } from '../native/test-endpoint.ts';
import { HeadlessNetwork, until } from '../signaling/headless-peer.ts';
import { type RunningManifold, sdpLines, startManifold } from '../signaling/running-manifold.ts';
import { leaveAll, RoomMembers } from './room-members.ts';

const firstPort = 43_200;
let server: RunningManifold;
let network: HeadlessNetwork;
let members: RoomMembers;

before(async () => {
  server = await startManifold({
    media: { plainFirstPort: firstPort, plainLastPort: firstPort + 7 },
    timeouts: { subscriptionMs: 3000 },
  });
  network = new HeadlessNetwork();
  members = new RoomMembers(server.manifold.rooms, network);
});

after(async () => {
  network.close();
  await server.close();
  assert.deepEqual(server.errors, []);
});

function joinPlain(roomId: string, participantId: string, plain: object = {}): Participant {
  return server.manifold.rooms.join({ roomId, participantId, dialect: 'test', renegotiates: false, plain });
}

/** A key frame of VP8 in one packet, or Opus silence. */
function packet(payloadType: number, sequenceNumber: number, video: boolean, ssrc = 0x1234): Buffer {
  const payload = video ? [0x10, 0x10, 0, 0, 0x9d, 1, 0x2a, 16, 0, 16, 0] : [0xf8, 0xff, 0xfe];
  const bytes = Buffer.alloc(12 + payload.length);
  bytes[0] = 0x80;
  bytes[1] = payloadType | 0x80;
  bytes.writeUInt16BE(sequenceNumber & 0xffff, 2);
  bytes.writeUInt32BE((sequenceNumber * (video ? 1800 : 960)) >>> 0, 4);
  bytes.writeUInt32BE(ssrc, 8);
  bytes.set(payload, 12);
  return bytes;
}

const newOffer = (lines: readonly string[]): string =>
  ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', ...lines, ''].join('\r\n');
const videoLines = (port: number, direction: string) => [
  `m=video ${port} RTP/AVP 100`,
  'a=rtpmap:100 VP8/90000',
  `a=${direction}`,
];
const audioLines = (port: number, direction: string) => [
  `m=audio ${port} RTP/AVP 120`,
  'a=rtpmap:120 opus/48000/2',
  `a=${direction}`,
];

/** Sends packets on a raw socket, 20 ms apart, until told to stop. */
function stream(from: TestEndpoint, socket: number, port: number, make: (n: number) => Buffer): () => void {
  let n = 0;
  const to = { family: 4, address: '127.0.0.1', port } as const;
  const timer = setInterval(() => from.io.sendTo(socket, to, make(n++)), 20);
  return () => clearInterval(timer);
}

describe('participants without ICE', () => {
  it('send to browsers: audio and video on ports of their own, from whichever port', async () => {
    const roomId = members.newRoomId();
    const viewer = members.join(roomId, 'viewer', []);
    const camera = joinPlain(roomId, 'camera');
    const answer = camera.answerOffer(
      newOffer([...videoLines(5004, 'sendonly'), ...audioLines(5006, 'sendonly')]),
    );
    const [video, audio] = parsePlainDescription(answer);
    assert.equal(video.media.port % 2, 0);
    assert.equal(video.rtcp?.port, video.media.port + 1);
    assert.notEqual(video.media.port, audio.media.port);
    assert.deepEqual(
      [video, audio].map(({ media }) => [media.direction, media.protocol, media.formats.join()]),
      [
        ['recvonly', 'RTP/AVP', '100'],
        ['recvonly', 'RTP/AVP', '120'],
      ],
    );
    assert.equal(camera.connectionState, 'connected');
    const raw = new TestEndpoint();
    const [v, a] = [raw.open(), raw.open()];
    const stops = [
      stream(raw, v.socket, video.media.port, (n) => packet(100, n, true)),
      stream(raw, a.socket, audio.media.port, (n) => packet(120, n, false, 0x5678)),
    ];
    await until(
      'both arrive',
      () => viewer.peer.remoteTracks.filter(({ packets }) => packets > 20).length === 2,
    );
    assert.deepEqual([...camera.publications.values()].map(({ kind }) => kind).sort(), ['audio', 'video']);
    for (const stop of stops) stop();
    camera.leave('left');
    leaveAll(viewer);
    raw.close();
  });

  it('get what browsers send, under the payload types they know, with RTCP on the next port', async () => {
    const roomId = members.newRoomId();
    const browser = members.join(roomId, 'browser', ['audio', 'video']);
    const raw = new TestEndpoint();
    const rtp = raw.open();
    const rtcp = raw.open();
    const transport = raw.io.createTransport();
    for (const { socket } of [rtp, rtcp]) {
      raw.io.claimSocket(transport, socket);
      raw.io.acceptFrom(socket, 'anything');
    }
    raw.io.useUnprotected(transport);
    const recorder = joinPlain(roomId, 'recorder');
    const lines = videoLines(rtp.address.port, 'recvonly');
    const answer = recorder.answerOffer(newOffer([...lines, `a=rtcp:${rtcp.address.port}`]));
    const [video] = parsePlainDescription(answer);
    assert.equal(video.media.direction, 'sendonly');
    const of = (kind: number) => raw.received.filter((received) => received.kind === kind);
    await until('video', () => of(PacketKind.Rtp).length > 20);
    for (const { bytes, socket, from } of of(PacketKind.Rtp)) {
      assert.equal(socket, rtp.socket);
      assert.equal(from.port, video.media.port);
      assert.equal(bytes[1] & 0x7f, 100);
      assert.equal(String(bytes.readUInt32BE(8)), sdpLines(answer, 'a=ssrc:')[0].split(' ')[0]);
    }
    // Who only receives sends reports, and nothing that would be taken for media.
    const publications = recorder.publications.size;
    raw.io.sendTo(
      rtp.socket,
      { family: 4, address: '127.0.0.1', port: video.media.port },
      packet(100, 1, true),
    );
    raw.io.sendTo(
      rtcp.socket,
      { family: 4, address: '127.0.0.1', port: video.media.port + 1 },
      makeRtcp(28, 7),
    );
    await until('some more', () => of(PacketKind.Rtp).length > 40);
    assert.equal(recorder.publications.size, publications);
    recorder.leave('left');
    const isGoodbye = ({ bytes }: { bytes: Buffer }) => bytes.includes(Buffer.of(0x81, 203, 0, 1));
    await until('the goodbye', () => of(PacketKind.Rtcp).some(isGoodbye));
    for (const { socket, from } of of(PacketKind.Rtcp)) {
      assert.equal(socket, rtcp.socket);
      assert.equal(from.port, video.rtcp?.port);
    }
    leaveAll(browser);
    raw.close();
  });

  it('nobody else is heard while the peer sends, and after its silence the next is', async () => {
    const roomId = members.newRoomId();
    const camera = joinPlain(roomId, 'camera');
    const answer = camera.answerOffer(newOffer(videoLines(5004, 'sendonly')));
    const { port } = parsePlainDescription(answer)[0].media;
    const raw = new TestEndpoint();
    const [own, stranger] = [raw.open(), raw.open()];
    const to = { family: 4, address: '127.0.0.1', port } as const;
    // Of a payload type that was not agreed: it does not get the place.
    for (let n = 0; n < 5; n++) raw.io.sendTo(stranger.socket, to, packet(101, n, true, 0x6666));
    await new Promise((resolve) => setTimeout(resolve, 100));
    let stop = stream(raw, own.socket, port, (n) => packet(100, n, true, 0x1111));
    await until('the camera publishes', () => camera.publications.size === 1);
    const [{ track }] = camera.publications.values();
    for (let n = 0; n < 50; n++) raw.io.sendTo(stranger.socket, to, packet(100, n, true, 0x6666));
    const before = camera.packetsReceived;
    await until('it goes on', () => camera.packetsReceived > before + 20);
    assert.equal(track.encodings[0].stream?.ssrc, 0x1111);
    stop();
    // It starts anew, from another port and with another SSRC.
    stop = stream(raw, stranger.socket, port, (n) => packet(100, n, true, 0x2222));
    await until('the successor is heard', () => track.encodings[0].stream?.ssrc === 0x2222);
    stop();
    camera.leave('left');
    raw.close();
  });

  it('keys: what is protected under the key of the description is heard, and from anywhere', async () => {
    const roomId = members.newRoomId();
    const viewer = members.join(roomId, 'viewer', []);
    const camera = joinPlain(roomId, 'camera');
    const suite = 'AES_CM_128_HMAC_SHA1_80';
    const key = randomBytes(30);
    const offer = newOffer([
      ...audioLines(5006, 'sendrecv').map((line) => line.replace('RTP/AVP', 'RTP/SAVPF')),
      `a=crypto:3 ${suite} inline:${key.toString('base64')}|2^31`,
      'a=rtcp-mux',
      'a=direction:active',
    ]);
    const answer = camera.answerOffer(offer);
    const [audio] = parsePlainDescription(answer);
    assert.equal(audio.media.rtcpMux, true);
    assert.equal(audio.crypto[0].tag, 3);
    assert.notDeepEqual(audio.crypto[0].key, key);
    const raw = new TestEndpoint();
    const { socket } = raw.open();
    const transport = raw.io.createTransport();
    const to = { family: 4, address: '127.0.0.1', port: audio.media.port } as const;
    raw.io.claimSocket(transport, socket);
    raw.io.acceptFrom(socket, 'anything');
    raw.io.installKeys(transport, suite, audio.crypto[0].key, key);
    raw.io.setRemoteAddress(transport, socket, to);
    raw.io.sendTo(socket, to, packet(120, 1, false));
    let n = 0;
    const timer = setInterval(() => {
      raw.queue(PacketKind.Rtp, transport, packet(120, n++, false));
      raw.flush();
    }, 20);
    await until('audio arrives', () => viewer.peer.remoteTracks.some(({ packets }) => packets > 20));
    // It asked to be answered where it sends from: the receiver reports come protected, with the media's port.
    await until('reports', () => raw.received.some(({ kind }) => kind === PacketKind.Rtcp));
    clearInterval(timer);
    camera.leave('left');
    leaveAll(viewer);
    raw.close();
  });

  it('a key that its owner chose is that of the description, and nothing goes unprotected', () => {
    const crypto = { suite: 'AES_256_CM_HMAC_SHA1_80', key: randomBytes(46) } as const;
    const camera = joinPlain(members.newRoomId(), 'camera', { crypto });
    const answer = camera.answerOffer(
      newOffer([
        ...audioLines(5006, 'sendonly'),
        ...videoLines(5004, 'sendonly').map((line) => line.replace('RTP/AVP', 'RTP/SAVP')),
        `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${randomBytes(30).toString('base64')}`,
        `a=crypto:2 ${crypto.suite} inline:${randomBytes(46).toString('base64')}`,
      ]),
    );
    assert.deepEqual(sdpLines(answer, 'm='), [
      'audio 0 RTP/AVP 120',
      `video ${parsePlainDescription(answer)[1].media.port} RTP/SAVP 100`,
    ]);
    assert.deepEqual(sdpLines(answer, 'a=crypto:'), [formatCrypto({ tag: 2, ...crypto })]);
    camera.leave('left');
  });

  it('ports: an end to them is an error that can be overcome, and they are given back', () => {
    const roomId = members.newRoomId();
    const offer = newOffer([...audioLines(5006, 'sendonly'), ...videoLines(5004, 'sendonly')]);
    const [a, b, c] = ['a', 'b', 'c'].map((id) => joinPlain(roomId, id));
    a.answerOffer(offer);
    b.answerOffer(offer);
    assert.throws(() => c.answerOffer(offer), { name: 'UserError', code: 'limit-ports' });
    assert.throws(() => c.answerOffer(offer), { code: 'limit-ports' });
    a.leave('left');
    const ports = parsePlainDescription(c.answerOffer(offer)).map(({ media }) => media.port);
    assert.ok(ports.every((port) => port >= firstPort && port <= firstPort + 7));
    assert.throws(() => c.answerOffer(offer), { name: 'ProtocolError', code: 'invalid-state' });
    b.leave('left');
    c.leave('left');
  });

  it('descriptions that cannot be used change nothing', () => {
    const camera = joinPlain(members.newRoomId(), 'camera');
    for (const [sdp, code] of [
      ['', 'malformed-sdp'],
      [newOffer([]), 'unsupported-sdp'],
      ['x'.repeat(300_000), 'limit-message-size'],
      [newOffer(['m=audio 1 RTP/AVP 0', 'a=rtcp:x']), 'malformed-sdp'],
    ] as const)
      assert.throws(() => camera.answerOffer(sdp), { name: 'ProtocolError', code });
    const answer = camera.answerOffer(
      newOffer([
        ...audioLines(5006, 'sendonly'),
        'm=audio 5008 RTP/AVP 0',
        'm=video 5010 UDP/TLS/RTP/SAVPF 96',
        'm=application 5012 UDP/DTLS/SCTP webrtc-datachannel',
        'm=video 5014 RTP/AVP 34',
      ]),
    );
    assert.deepEqual(
      sdpLines(answer, 'm=').map((line) => Number(line.split(' ')[1]) > 0),
      [true, false, false, false, false],
    );
    camera.leave('left');
  });
});
