/** Sections 3.3 to 3.7 of the Kraken protocol: polling, and what the server offers, with real connections. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { errorCodes as code } from '../../src/signaling/kraken/kraken-error.ts';
import { HeadlessNetwork, until } from './headless-peer.ts';
import {
  type CallerOptions,
  call,
  directionOf,
  errorCodeOf,
  KrakenCaller,
  line,
  sections,
  uidOf,
} from './kraken-caller.ts';
import { PionCaller } from './pion-caller.ts';
import { type RunningManifold, startManifold } from './running-manifold.ts';

let server: RunningManifold;
let network: HeadlessNetwork;
let roomNumber = 0;

before(async () => {
  server = await startManifold({ limits: { joinsPerSecond: 0 } });
  network = new HeadlessNetwork();
});

after(async () => {
  network.close();
  await server.close();
  assert.deepEqual(server.errors, []);
});

const newRoom = () => `room-${++roomNumber}`;
const join = (rid: string, uid: string, options?: CallerOptions) =>
  KrakenCaller.join(network, server.http, rid, uid, options);

const unknown = { type: 'unknown', sdp: '', jsep: '{"type":"unknown","sdp":""}' };

function leave(...callers: KrakenCaller[]): void {
  for (const caller of callers) caller.peer.hangUp();
}

/** What stays of an offer from one to the next. */
function shape(sdp: string): string[] {
  return sections(sdp).map((section) => `${section.split(' ')[0]} ${line(section, 'a=mid:')}`);
}

function mutedSections(offer: string): number[] {
  return sections(offer).flatMap((section, index) => {
    if (/^a=(msid|ssrc):/m.test(section)) return [];
    return [index];
  });
}

describe('subscribe', () => {
  it('check 15: the first offer sends the other in the client’s own section; then there is nothing new', async () => {
    const rid = newRoom();
    const [a, b] = [await join(rid, uidOf('Alice')), await join(rid, uidOf('Bob'))];
    const offer = await a.nextOffer('the other');
    const [own, ...more] = sections(offer);
    assert.equal(more.length, 0);
    assert.equal(line(own, 'a=mid:'), line(sections(a.offer)[0], 'a=mid:'));
    assert.equal(directionOf(own), 'sendrecv');
    assert.equal(line(own, 'a=msid:'), `${b.uid} ${b.cid}`);
    assert.match(own, /^a=ssrc:\d+ cname:/m);
    assert.match(own, /^a=setup:actpass$/m);
    assert.match(own, /^a=end-of-candidates$/m);
    for (const same of ['a=ice-ufrag:', 'a=ice-pwd:', 'a=fingerprint:'])
      assert.equal(line(own, same), line(sections(a.answerSdp)[0], same));
    for (let round = 0; round < 3; round++) assert.deepEqual(await a.subscribe(), unknown);
    await until('a hears b', () => a.heard.length === 1);
    assert.deepEqual(a.heard, [`${b.uid} ${b.cid}`], 'and not itself');
    leave(a, b);
  });

  it('has the offer as text, too', async () => {
    const rid = newRoom();
    const [a, b] = [await join(rid, 'a'), await join(rid, 'b')];
    let data = await a.subscribe();
    while (data.type === 'unknown') data = await a.subscribe();
    assert.deepEqual(JSON.parse(data.jsep), { type: 'offer', sdp: data.sdp });
    leave(a, b);
  });

  it('check 16: a third gets a new section, and those before it stay as they are', async () => {
    const rid = newRoom();
    const [a, b] = [await join(rid, 'a'), await join(rid, 'b')];
    await a.hears(b);
    const before = sections(a.offers[0])[0];
    const c = await join(rid, 'c');
    const offer = await a.nextOffer('the third');
    assert.deepEqual(shape(offer), ['m=audio 0', 'm=audio 1']);
    const [first, second] = sections(offer);
    assert.equal(first, before);
    assert.equal(line(first, 'a=msid:'), b.msid);
    assert.equal(line(second, 'a=msid:'), c.msid);
    assert.match(offer, /^a=group:BUNDLE 0 1\r$/m);
    await a.hears(b, c);
    await c.hears(a, b);
    leave(a, b, c);
  });

  it('check 17: an offer that was not answered is made again', async () => {
    const rid = newRoom();
    const [a, b] = [await join(rid, 'a'), await join(rid, 'b')];
    let lost = await a.subscribe();
    while (lost.type === 'unknown') lost = await a.subscribe();
    const c = await join(rid, 'c');
    await until(
      'the room knows c',
      () => [...(server.manifold.rooms.rooms.get(rid)?.publications() ?? [])].length === 3,
    );
    assert.equal((await a.subscribe()).sdp, lost.sdp, 'the same, although there is more to tell by now');
    assert.equal(await a.poll(), lost.sdp);
    // As if its answer had been lost, but not the offer.
    assert.deepEqual(shape(await a.nextOffer('what came meanwhile')), ['m=audio 0', 'm=audio 1']);
    await a.hears(b, c);
    leave(a, b, c);
  });

  it('check 18: a section of somebody who has gone is silent first, and another’s only in a later offer', async () => {
    const rid = newRoom();
    const [a, b] = [await join(rid, 'a'), await join(rid, 'b')];
    await a.hears(b);
    const c = await join(rid, 'c');
    await a.hears(b, c);
    await b.end();
    // Comes before the next poll, and must not take the section of the one who went.
    const d = await join(rid, 'd');
    await until(
      'the room knows d',
      () => [...(server.manifold.rooms.rooms.get(rid)?.publications() ?? [])].length === 3,
    );
    const offer = await a.nextOffer('one has gone');
    assert.deepEqual(shape(offer), ['m=audio 0', 'm=audio 1', 'm=audio 2']);
    assert.deepEqual(mutedSections(offer), [0]);
    assert.equal(directionOf(sections(offer)[0]), 'recvonly');
    assert.doesNotMatch(offer, new RegExp(b.cid));
    await a.hears(c, d);
    await c.end();
    const next = await a.nextOffer('another has gone');
    assert.deepEqual(mutedSections(next), [0, 1]);
    assert.equal(directionOf(sections(next)[1]), 'inactive');
    const ssrcs = (offer: string) =>
      sections(offer).map((section) => line(section, 'a=ssrc:')?.split(' ')[0]);
    const before = a.offers.flatMap(ssrcs);
    const e = await join(rid, 'e');
    await a.hears(d, e);
    assert.ok(!before.includes(ssrcs(a.offers.at(-1)!)[0]), 'another source than the one before it');
    const f = await join(rid, 'f');
    await a.hears(d, e, f);
    assert.deepEqual(
      shape(a.offers.at(-1)!),
      ['m=audio 0', 'm=audio 1', 'm=audio 2'],
      'no section more, none less',
    );
    leave(a, b, c, d, e, f);
  });

  it('check 19: who publishes again is stopped and started in one offer, in different sections', async () => {
    const rid = newRoom();
    const uid = uidOf('Bob');
    const [a, b] = [await join(rid, 'a'), await join(rid, uid)];
    await a.hears(b);
    const again = await join(rid, uid);
    assert.equal(await errorCodeOf(b.rpc('subscribe')), code.trackNotFound);
    await until(
      'the room hears it',
      () => [...(server.manifold.rooms.rooms.get(rid)?.publications() ?? [])].length === 2,
    );
    const offer = await a.nextOffer('the same one again');
    const [first, second] = sections(offer);
    assert.deepEqual(mutedSections(offer), [0]);
    assert.equal(directionOf(first), 'recvonly');
    assert.equal(line(second, 'a=msid:'), `${uid} ${again.cid}`);
    await a.hears(again);
    const { peers } = (await call(server.http, 'list', [rid])).data;
    assert.deepEqual(
      peers.filter(({ id }: { id: string }) => id === uid),
      [{ id: uid, track: again.cid }],
    );
    assert.deepEqual(await a.subscribe(), unknown);
    // Two tabs of one browser: the older rests, whatever the newer does.
    assert.equal(await errorCodeOf(b.rpc('subscribe')), code.trackNotFound);
    await again.hears(a);
    leave(a, b, again);
  });

  it('a failed publish leaves the earlier one alone', async () => {
    const rid = newRoom();
    const [a, b] = [await join(rid, 'a'), await join(rid, 'b')];
    await a.hears(b);
    const broken = JSON.stringify({ type: 'offer', sdp: b.offer.replace(/opus/g, 'x-opus') });
    assert.equal(await errorCodeOf(call(server.http, 'publish', [rid, 'b', broken])), code.setRemoteOffer);
    assert.deepEqual(await a.subscribe(), unknown);
    await b.hears(a);
    leave(a, b);
  });

  it('nobody is offered to a client whose section could not play it', async () => {
    const rid = newRoom();
    const [a, b] = [await join(rid, 'a', { direction: 'sendonly' }), await join(rid, 'b')];
    const offer = await a.nextOffer('the other');
    assert.deepEqual(mutedSections(offer), [0]);
    await a.hears(b);
    leave(a, b);
  });
});

describe('media', () => {
  it('check 23: one on Opus 109 and one on 111 hear each other, each under its own number', async () => {
    const rid = newRoom();
    const [a, b] = [await join(rid, 'a', { opusPayloadType: 109 }), await join(rid, 'b')];
    const other = await join(rid, 'c', { opusPayloadType: 96 });
    await a.hears(b, other);
    await b.hears(a, other);
    await other.hears(a, b);
    for (const [caller, payloadType] of [
      [a, 109],
      [b, 111],
      [other, 96],
    ] as const) {
      assert.deepEqual([...new Set(caller.peer.receivedPayloadTypes.values())], [payloadType]);
      for (const section of sections(caller.offers.at(-1)!))
        assert.equal(line(section, 'a=rtpmap:'), `${payloadType} opus/48000/2`);
    }
    leave(a, b, other);
  });

  it('check 24: connects although every candidate was refused', async () => {
    const rid = newRoom();
    const trickled = call(server.http, 'trickle', [
      rid,
      'a',
      '',
      '{"candidate":"candidate:1 1 udp 1 8a7e2c0b-1111-4222-8333-444455556666.local 9 typ host"}',
    ]);
    assert.equal(await errorCodeOf(trickled), code.peerNotFound);
    const [a, b] = [await join(rid, 'a'), await join(rid, 'b')];
    assert.doesNotMatch(a.offer, /^a=candidate:/m);
    await a.hears(b);
    leave(a, b);
  });

  it('check 25: a data channel keeps its section in its place', async () => {
    const rid = newRoom();
    const a = await join(rid, 'a', { withDataChannel: true });
    assert.deepEqual(shape(a.offer), ['m=audio 0', 'm=application 1']);
    const b = await join(rid, 'b', { withDataChannel: true });
    await a.hears(b);
    const c = await join(rid, 'c');
    await a.hears(b, c);
    await b.end();
    await a.nextOffer('one has gone');
    for (const offer of a.offers) assert.equal(shape(offer)[1], 'm=application 1', offer);
    assert.deepEqual(shape(a.offers.at(-1)!), ['m=audio 0', 'm=application 1', 'm=audio 2']);
    leave(a, b, c);
  });

  it('check 26: a restart of ICE keeps the cid, and audio goes on', async () => {
    const rid = newRoom();
    const [a, b] = [await join(rid, 'a'), await join(rid, 'b')];
    await a.hears(b);
    await b.hears(a);
    const local = {
      usernameFragment: 'restarted',
      password: 'a password of twenty-two'.replaceAll(' ', '-'),
    };
    const { cid } = a;
    Object.assign(a.peer.credentials, local);
    const { data } = await a.rpc('restart', JSON.stringify({ type: 'offer', sdp: a.peer.createOffer() }));
    assert.deepEqual(Object.keys(data), ['jsep']);
    const { type, sdp } = JSON.parse(data.jsep);
    assert.equal(type, 'answer');
    const [section] = sections(sdp);
    assert.notEqual(line(section, 'a=ice-ufrag:'), line(sections(a.answerSdp)[0], 'a=ice-ufrag:'));
    assert.equal(directionOf(section), 'sendrecv', 'what was sent is sent on');
    a.peer.acceptAnswer(sdp);
    const remote = {
      usernameFragment: line(section, 'a=ice-ufrag:')!,
      password: line(section, 'a=ice-pwd:')!,
    };
    const answered = a.peer.restartIce(local, remote);
    await until('the server answers checks with the new credentials', answered);
    assert.deepEqual(await a.subscribe(), unknown);
    assert.equal(a.cid, cid);
    for (const [listener, speaker] of [
      [a, b],
      [b, a],
    ]) {
      const count = () => listener.peer.remoteTracks.reduce((sum, { packets }) => sum + packets, 0);
      const before = count();
      await until('packets go on', () => count() > before + 10);
      assert.deepEqual(listener.heard, [speaker.msid]);
    }
    const broken = JSON.stringify({ type: 'offer', sdp: a.offer.replace(/m=audio/, 'm=video') });
    assert.equal(await errorCodeOf(a.rpc('restart', broken)), code.setRemoteOffer);
    assert.deepEqual(await a.subscribe(), unknown, 'a restart that fails changes nothing');
    leave(a, b);
  });

  it('who hangs up is gone for the others at their next poll', async () => {
    const rid = newRoom();
    const [a, b] = [await join(rid, 'a'), await join(rid, 'b')];
    await a.hears(b);
    b.peer.hangUp();
    await until('the room is rid of it', () => server.manifold.rooms.rooms.get(rid)?.participants.size === 1);
    assert.deepEqual(mutedSections(await a.nextOffer('one has gone')), [0]);
    assert.equal(await errorCodeOf(b.rpc('subscribe')), code.peerClosed);
    leave(a);
  });
});

describe('the end of the server', () => {
  it('is told to nobody: calls are cut off, which clients try again until there is a server', async () => {
    const ending = await startManifold();
    const caller = await KrakenCaller.join(network, ending.http, newRoom(), 'a');
    const outcomes: unknown[] = [];
    let polling = true;
    const keepPolling = async () => {
      while (polling)
        outcomes.push(
          await caller.rpc('subscribe').then(
            ({ data, error }) => data?.type ?? error,
            () => 'cut',
          ),
        );
    };
    const polled = keepPolling();
    await until('it polls', () => outcomes.length > 3);
    await ending.close();
    await until('a call is cut off', () => outcomes.includes('cut'));
    polling = false;
    await polled;
    assert.deepEqual([...new Set(outcomes)], ['unknown', 'cut']);
    assert.deepEqual(ending.errors, []);
    caller.peer.close();
  });
});

describe('rooms across dialects', () => {
  it('others are called by an id and a name that the clients can read, and hear the clients', async () => {
    const rid = newRoom();
    const pion = await PionCaller.publish(network, server.webSocket, rid, 'ann:1', {
      join: { name: 'Ann 💛' },
    });
    const a = await join(rid, uidOf('Bob'));
    await a.nextOffer('the other');
    const streamId = line(sections(a.offers[0])[0], 'a=msid:')!.split(' ')[0];
    const [id, name] = decodeURIComponent(streamId).split(':');
    assert.equal(decodeURIComponent(id), 'ann:1');
    assert.equal(Buffer.from(name, 'base64').toString(), 'Ann 💛');
    await until('a hears it', () => a.heard.length === 1);
    assert.equal(sections(a.offers[0]).length, 1, 'the video is not for it');
    await until('it hears a', () => pion.heard.length === 1);
    const { peers } = (await call(server.http, 'list', [rid])).data;
    assert.deepEqual(peers.map((peer: { id: string }) => peer.id).sort(), [a.uid, streamId].sort());
    pion.close();
    assert.deepEqual(mutedSections(await a.nextOffer('the other has gone')), [0]);
    leave(a);
  });

  it('the room is the one of its decoded name, for all', async () => {
    const name = `Möbius’ room ${newRoom()}`;
    const rid = encodeURIComponent(name).replaceAll('%20', '+').replaceAll("'", '%27');
    const pion = await PionCaller.publish(network, server.webSocket, name, 'pion');
    const a = await join(rid, 'a');
    await until('they meet', () => pion.heard.length === 1);
    leave(a);
    pion.close();
  });
});

describe('video', () => {
  it('is served where it is configured, to clients that offer it', async () => {
    const video = await startManifold({ kraken: { codecs: ['opus', 'VP8'] } });
    const rid = newRoom();
    const [a, b] = [
      await KrakenCaller.join(network, video.http, rid, 'a', { withVideo: true }),
      await KrakenCaller.join(network, video.http, rid, 'b', { withVideo: true }),
    ];
    const listener = await KrakenCaller.join(network, video.http, rid, 'c');
    const end = performance.now() + 10_000;
    while (a.heard.length < 3 && performance.now() < end) await a.poll();
    assert.deepEqual(a.heard, [b.msid, `${b.msid}-video`, listener.msid].sort());
    await listener.hears(a, b);
    leave(a, b, listener);
    await video.close();
    assert.deepEqual(video.errors, []);
  });
});
