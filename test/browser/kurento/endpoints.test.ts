/**
 * What single endpoints do with media, asked through stock kurento-client and seen by pages with kurento-utils. Numbers
 * are those of the checks in docs/dialects/kurento.md.
 */
import assert from 'node:assert/strict';
import type { Page } from 'puppeteer-core';
import { eventually, framesDecoded, inbound, sleep } from '../harness/media-assertions.ts';
import { object, RefusedError } from './harness/app-server.ts';
import { connectPage, negotiate, openEndpoint, openPipeline } from './harness/endpoint-by-hand.ts';
import { type KurentoStage, kurentoStage, largePicture } from './harness/kurento-stage.ts';
import { gets, shows } from './harness/seen-media.ts';

const test = kurentoStage();

interface Connection {
  readonly source: string;
  readonly sink: string;
  readonly type: string;
}

type StatsRecord = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string };

const kinds = ['AUDIO', 'DATA', 'VIDEO'];

async function refusesWith(code: number, attempt: Promise<unknown>): Promise<void> {
  await assert.rejects(attempt, (error) => {
    assert.ok(error instanceof RefusedError, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  });
}

const sections = (sdp: string) => sdp.split(/^m=/m).slice(1);
const lineOf = (section: string, attribute: string) =>
  new RegExp(`^a=${attribute}:(.*?)\r?$`, 'm').exec(section)?.[1];
const directionOf = (section: string) => /^a=(sendrecv|sendonly|recvonly|inactive)\r?$/m.exec(section)?.[1];

/** Checks 10 and 11: an answer that fits the offer line by line. */
function fits(offer: string, answer: string, direction: string): void {
  const offered = sections(offer);
  const answered = sections(answer);
  assert.equal(answered.length, offered.length);
  for (const [index, section] of answered.entries()) {
    assert.equal(section.split(' ')[0], offered[index]!.split(' ')[0], 'kinds in the order of the offer');
    assert.equal(lineOf(section, 'mid'), lineOf(offered[index]!, 'mid'));
    assert.equal(directionOf(section), direction);
    assert.match(lineOf(section, 'setup') ?? '', /^(active|passive)$/);
    assert.match(section, /^a=rtcp-mux\r?$/m);
  }
  const mids = offered.map((section) => lineOf(section, 'mid'));
  assert.deepEqual(lineOf(answer, 'group')?.split(' '), ['BUNDLE', ...mids]);
}

for (const browser of ['chromium', 'firefox'] as const) {
  test(`checks 10 to 16, 20 to 22: a publisher and a viewer in ${browser}`, async (stage) => {
    const { app } = stage;
    await openPipeline(stage);
    const events = [
      'ConnectionStateChanged',
      'DtlsConnectionStateChange',
      'IceCandidateFound',
      'IceComponentStateChanged',
      'IceGatheringDone',
      'MediaFlowOutStateChanged',
      'MediaSessionStarted',
      'MediaStateChanged',
      'NewCandidatePairSelected',
    ];
    const publisher = await openEndpoint(stage, browser, 'publisher', {
      mode: 'sendonly',
      colour: 'red',
      before: () => app.watch('publisher', ...events),
    });
    await takesOddCandidates(stage, 'publisher');

    const offer = await publisher.evaluate(() => kurentoPage.offer({ of: 'publisher', mode: 'sendonly' }));
    await refusesWith(40201, app.call('publisher', 'processOffer', 'garbage'));
    await refusesWith(40209, app.call('publisher', 'processAnswer', offer));
    const answer = await app.call<string>('publisher', 'processOffer', offer);
    fits(offer, answer, 'recvonly');
    await refusesWith(40208, app.call('publisher', 'processOffer', offer));
    await publisher.evaluate((sdp) => kurentoPage.answer('publisher', sdp), answer);
    await sleep(300);
    assert.equal(
      app.seen('publisher', 'IceCandidateFound').length,
      0,
      'candidates wait for gatherCandidates',
    );
    await app.call('publisher', 'gatherCandidates');
    await app.sees('publisher', 'IceGatheringDone');
    await candidatesFit(stage, publisher, 'publisher', offer);
    await app.call('publisher', 'gatherCandidates');

    for (const type of ['ConnectionStateChanged', 'MediaStateChanged']) {
      const { oldState, newState } = await app.sees('publisher', type);
      assert.deepEqual([oldState, newState], ['DISCONNECTED', 'CONNECTED'], type);
    }
    for (const kind of ['AUDIO', 'VIDEO'])
      await app.sees('publisher', 'MediaFlowOutStateChanged', ({ mediaType, state }) => {
        return mediaType === kind && state === 'FLOWING';
      });
    const ice = app.seen('publisher', 'IceComponentStateChanged').map(({ data }) => data.state);
    assert.ok(ice.indexOf('GATHERING') < ice.indexOf('CONNECTING'), ice.join());
    assert.ok(ice.indexOf('CONNECTING') < ice.indexOf('CONNECTED'), ice.join());
    assert.equal(app.seen('publisher', 'MediaSessionStarted').length, 1);
    await app.sees('publisher', 'DtlsConnectionStateChange', ({ state }) => state === 'CONNECTED');
    const { candidatePair } = await app.sees('publisher', 'NewCandidatePairSelected');
    assert.match(String((candidatePair as Record<string, unknown>).localCandidate), /^candidate:/);

    // The viewer is negotiated before it is connected, as in the tutorial.
    const viewer = await openEndpoint(stage, browser, 'viewer', {
      mode: 'recvonly',
      before: () => app.watch('viewer', 'MediaFlowInStateChanged'),
    });
    const negotiated = await negotiate(stage, viewer, 'viewer', { mode: 'recvonly' });
    fits(negotiated.offer, negotiated.answer, 'sendonly');
    const streams = sections(negotiated.answer).map((section) => lineOf(section, 'msid')?.split(' ')[0]);
    assert.ok(streams[0], 'there is a msid');
    assert.equal(new Set(streams).size, 1, 'sound and picture are in one stream');
    await app.call('publisher', 'connect', object('viewer'));
    await shows(viewer, 'viewer', 'red');
    await gets(viewer, { audios: 1, videos: 1 });
    assert.equal(app.seen('publisher', 'IceGatheringDone').length, 1, 'gathering is done once');

    assert.equal(await app.call('publisher', 'isMediaFlowingOut', 'VIDEO'), true);
    assert.equal(await app.call('publisher', 'isMediaFlowingIn', 'VIDEO'), false);
    assert.equal(await app.call('viewer', 'isMediaFlowingIn', 'VIDEO'), true);
    for (const operation of ['isMediaFlowingIn', 'isMediaFlowingOut', 'isMediaTranscoding'])
      await refusesWith(40107, app.call('viewer', operation, 'DATA'));
    await app.sees('viewer', 'MediaFlowInStateChanged', ({ mediaType }) => mediaType === 'VIDEO');
    await statisticsGrow(stage);

    await publisher.evaluate(async () => {
      const senders = toolkit.trackedConnections().flatMap(({ connection }) => connection.getSenders());
      for (const sender of senders) {
        // Without its track alone, Firefox goes on with black pictures.
        const parameters = sender.getParameters();
        for (const encoding of parameters.encodings) encoding.active = false;
        await sender.setParameters(parameters);
        await sender.replaceTrack(null);
      }
    });
    await app.sees('publisher', 'MediaFlowOutStateChanged', ({ mediaType, state }) => {
      return mediaType === 'VIDEO' && state === 'NOT_FLOWING';
    });
    await eventually('the viewer gets nothing', 5000, async () => {
      const flowing = await app.call('viewer', 'isMediaFlowingIn', 'VIDEO');
      return flowing === false ? { value: true } : { pending: flowing };
    });
    assert.equal(await app.call('publisher', 'isMediaFlowingOut', 'VIDEO'), false);

    await publisher.evaluate(() => kurentoPage.stop());
    for (const type of ['ConnectionStateChanged', 'MediaStateChanged']) {
      const { oldState, newState } = await app.sees('publisher', type, undefined, {
        skip: 1,
        timeoutMs: 20_000,
      });
      assert.deepEqual([oldState, newState], ['CONNECTED', 'DISCONNECTED'], type);
    }
    // What is released has no listeners any more: its late unsubscribes go unheeded, and end nothing.
    await app.call('pipeline', 'release');
    await refusesWith(40101, app.call('viewer', 'getName'));
    assert.ok(await app.create('client', 'another', 'MediaPipeline'));
  });
}

test('checks 16 to 18, 31: a viewer’s source changes while it watches, kinds come and go, chains carry media', async (stage) => {
  const { app } = stage;
  await openPipeline(stage);
  await connectPage(stage, 'chromium', 'red', { mode: 'sendonly', colour: 'red' });
  await connectPage(stage, 'firefox', 'blue', { mode: 'sendonly', colour: 'blue' });
  await app.watch('red', 'ElementConnected', 'ElementDisconnected');
  const viewers = [
    await openEndpoint(stage, 'chromium', 'chromium-viewer', { mode: 'recvonly' }),
    await openEndpoint(stage, 'firefox', 'firefox-viewer', { mode: 'recvonly' }),
  ] as const;
  for (const [index, viewer] of ['chromium-viewer', 'firefox-viewer'].entries()) {
    // Before negotiation, and more than once.
    for (let i = 0; i < 3; i++) await app.call('red', 'connect', object(viewer));
    await negotiate(stage, viewers[index]!, viewer, { mode: 'recvonly' });
    const sources = await app.call<Connection[]>(viewer, 'getSourceConnections');
    assert.deepEqual(sources.map(({ type }) => type).sort(), kinds);
  }
  const everyViewer = async (check: (page: Page, label: string) => Promise<unknown>) => {
    for (const page of viewers) await check(page, page === viewers[0] ? 'chromium-viewer' : 'firefox-viewer');
  };
  await everyViewer((page, label) => shows(page, label, 'red'));
  assert.equal((await app.call<Connection[]>('red', 'getSinkConnections')).length, 6);
  const connected = app.seen('red', 'ElementConnected').map(({ data }) => data.mediaType);
  assert.deepEqual(connected.sort(), [...kinds, ...kinds].sort(), 'once per kind and viewer');

  // Another source in the place of the first: no negotiation, the same receiver.
  const ssrcs = await Promise.all(viewers.map(videoSsrc));
  await everyViewer((_, label) => app.call('blue', 'connect', object(label)));
  await everyViewer((page, label) => shows(page, label, 'blue'));
  assert.deepEqual(await Promise.all(viewers.map(videoSsrc)), ssrcs, 'the stream of a viewer goes on');
  assert.equal((await app.call<Connection[]>('red', 'getSinkConnections')).length, 0);
  assert.equal(app.seen('red', 'ElementDisconnected').length, 6);
  const [first] = viewers;

  // Picture of one, sound of the other, then no sound.
  await app.call('red', 'connect', object('chromium-viewer'), 'VIDEO');
  await shows(first, 'chromium-viewer', 'red');
  const sources = await app.call<Connection[]>('chromium-viewer', 'getSourceConnections');
  const sourceOf = (type: string) => sources.find((connection) => connection.type === type)?.source;
  assert.equal(sourceOf('VIDEO'), app.ids.get('red'));
  assert.equal(sourceOf('AUDIO'), app.ids.get('blue'));
  await gets(first, { audios: 1, videos: 1 });
  await app.call('blue', 'disconnect', object('chromium-viewer'), 'AUDIO');
  await gets(first, { audios: 0, videos: 1 });
  await app.call('red', 'disconnect', object('chromium-viewer'));
  await gets(first, { audios: 0, videos: 0 });

  // Chains: through a PassThrough, then through the ports of a dispatcher.
  await app.create('pipeline', 'through', 'PassThrough');
  await app.call('through', 'connect', object('chromium-viewer'));
  await app.call('blue', 'connect', object('through'));
  await shows(first, 'chromium-viewer', 'blue');
  await app.create('pipeline', 'hub', 'DispatcherOneToMany');
  for (const port of ['red-port', 'blue-port', 'viewer-port']) await app.create('hub', port, 'HubPort');
  await app.call('red', 'connect', object('red-port'));
  await app.call('blue', 'connect', object('blue-port'));
  await app.call('viewer-port', 'connect', object('chromium-viewer'));
  await app.call('hub', 'setSource', object('red-port'));
  await shows(first, 'chromium-viewer', 'red');
  await app.call('hub', 'setSource', object('blue-port'));
  await shows(first, 'chromium-viewer', 'blue');
  await app.call('hub', 'removeSource');
  const frames = await stopsDecoding(first);
  assert.equal(await framesDecoded(first), frames);

  await openPipeline(stage, 'elsewhere');
  await app.create('elsewhere', 'stranger', 'WebRtcEndpoint');
  await refusesWith(40004, app.call('red', 'connect', object('stranger')));
}, 90_000);

test('kurento-utils with simulcast sends layers under the SSRCs it writes, and a viewer sees one', async (stage) => {
  const { app } = stage;
  await openPipeline(stage);
  const sends = { mode: 'sendonly', simulcast: true, colour: 'red' } as const;
  const options = { ...sends, asChrome: true, picture: largePicture };
  const publisher = await openEndpoint(stage, 'chromium', 'publisher', options);
  const { offer } = await negotiate(stage, publisher, 'publisher', options);
  assert.match(offer, /^a=ssrc-group:SIM 1 2 3\r?$/m);
  const viewer = await connectPage(stage, 'chromium', 'viewer', { mode: 'recvonly' });
  await app.call('publisher', 'connect', object('viewer'));
  await shows(viewer, 'viewer', 'red');
  await eventually('more than one of the three comes', 30_000, async () => {
    const stats = Object.values(
      await app.call<Record<string, StatsRecord>>('publisher', 'getStats', 'VIDEO'),
    );
    const received = stats.filter(
      ({ type, packetsReceived }) => type === 'inboundrtp' && Number(packetsReceived) > 0,
    );
    const ssrcs = received.map(({ ssrc }) => ssrc);
    return ssrcs.length > 1 && ssrcs.every((ssrc) => ['1', '2', '3'].includes(String(ssrc)))
      ? { value: true }
      : { pending: stats };
  });
}, 90_000);

// Where it finds Chrome's own name, kurento-utils 7.3 makes Plan B of the answer, which no Chrome takes any more.
test('kurento-utils with multistream: both see and hear each other', async (stage) => {
  const { app } = stage;
  await openPipeline(stage);
  const colours = { first: 'red', second: 'blue' } as const;
  const pages = new Map<string, Page>();
  for (const [name, colour] of Object.entries(colours)) {
    const options = { mode: 'sendrecv', multistream: true, colour } as const;
    pages.set(name, await connectPage(stage, 'chromium', name, options));
  }
  await app.call('first', 'connect', object('second'));
  await app.call('second', 'connect', object('first'));
  await shows(pages.get('first')!, 'first', 'blue');
  await shows(pages.get('second')!, 'second', 'red');
  for (const page of pages.values()) await gets(page, { audios: 1, videos: 1 });
}, 90_000);

for (const browser of ['chromium', 'firefox'] as const) {
  test(`check 24: offers of the server, answered by ${browser}, lead to media`, async (stage) => {
    const { app } = stage;
    await openPipeline(stage);
    const publisher = await answeringPage(stage, browser, 'publisher', 'red');
    const viewer = await answeringPage(stage, browser, 'viewer', 'blue', {
      offerToReceiveAudio: true,
      offerToReceiveVideo: true,
    });
    await app.call('publisher', 'connect', object('viewer'));
    await app.call('viewer', 'connect', object('publisher'));
    await shows(viewer.page, 'viewer', 'red');
    await shows(publisher.page, 'publisher', 'blue');

    const audioOnly = await answeringPage(stage, browser, 'voice', undefined, { offerToReceiveVideo: false });
    assert.deepEqual(
      sections(audioOnly.offer).map((section) => section.split(' ')[0]),
      ['audio'],
    );
    await app.call('publisher', 'connect', object('voice'));
    await gets(audioOnly.page, { audios: 1, videos: 0 });
    await refusesWith(40210, app.call('voice', 'processAnswer', audioOnly.answer));
  });

  test(`check 36: data channels of ${browser} in a loop`, async (stage) => {
    const { app } = stage;
    await openPipeline(stage);
    const options = {
      mode: 'sendrecv',
      dataChannels: true,
      params: { useDataChannels: true },
      before: async () => {
        await app.watch('talker', 'DataChannelOpened', 'DataChannelClosed');
        await app.call('talker', 'connect', object('talker'));
      },
    } as const;
    const page = await connectPage(stage, browser, 'talker', options);
    const { channelId } = await app.sees('talker', 'DataChannelOpened');
    assert.equal(typeof channelId, 'number');
    await eventually('the channel is open', 5000, async () => {
      const open = await page.evaluate(() => kurentoPage.channelOpen('talker'));
      return open ? { value: true } : { pending: open };
    });
    const said = ['one', 'zwei', '三'];
    for (const text of said) await page.evaluate((words) => kurentoPage.say('talker', words), text);
    await eventually('what was said comes back', 5000, async () => {
      const heard = await page.evaluate(() => kurentoPage.messages('talker'));
      return heard.length === said.length ? { value: heard } : { pending: heard };
    });
    assert.deepEqual(await page.evaluate(() => kurentoPage.messages('talker')), said);
    const statistics = Object.values(await app.call<Record<string, StatsRecord>>('talker', 'getStats'));
    const channel = statistics.find(({ type }) => type === 'datachannel');
    assert.equal(channel?.messagesReceived, said.length);
    assert.equal(channel?.messagesSent, said.length);

    await openEndpoint(stage, browser, 'mute', { mode: 'sendrecv' });
    await refusesWith(40111, app.call('mute', 'createDataChannel'));
  });
}

/** Check 14: whatever comes as a candidate, and before there is an offer. */
async function takesOddCandidates(stage: KurentoStage, label: string): Promise<void> {
  const candidates = [
    { candidate: 'candidate:1 1 udp 2122260223 192.0.2.1 50000 typ host', sdpMid: '0', sdpMLineIndex: 0 },
    {
      candidate: 'candidate:2 1 udp 2122260223 198.51.100.1 50001 typ host generation 0 ufrag abcd',
      sdpMid: '0',
      sdpMLineIndex: 0,
      usernameFragment: 'abcd',
    },
    {
      candidate: 'candidate:3 1 udp 2122260223 5a1f0c4e-0000-4000-8000-000000000000.local 50002 typ host',
      sdpMid: '0',
      sdpMLineIndex: 0,
    },
    {
      candidate: 'candidate:4 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active',
      sdpMid: '0',
      sdpMLineIndex: 0,
    },
    { candidate: '', sdpMid: '0', sdpMLineIndex: 0 },
  ];
  for (const candidate of candidates) await stage.app.call(label, 'addIceCandidate', candidate);
}

/** Checks 12 and 13. */
async function candidatesFit(stage: KurentoStage, page: Page, label: string, offer: string): Promise<void> {
  const found = stage.app.seen(label, 'IceCandidateFound');
  assert.ok(found.length > 0, 'there are candidates');
  for (const { data } of found) {
    assert.match(String(data.timestampMillis), /^\d{13}$/);
    assert.equal(typeof data.timestampMillis, 'string');
    assert.deepEqual(data.tags, []);
    assert.equal(data.type, 'IceCandidateFound');
    const { candidate, sdpMid, sdpMLineIndex } = data.candidate as Record<string, unknown>;
    assert.match(String(candidate), /^candidate:/);
    assert.equal(lineOf(sections(offer)[sdpMLineIndex as number]!, 'mid'), sdpMid);
  }
  const taken = await page.evaluate(() =>
    kurentoPage.candidates().map((candidate) => new RTCIceCandidate(candidate).sdpMid),
  );
  assert.equal(taken.length, found.length, 'the page was told of each');
  const { events } = stage.app;
  const isOf = (type: string) => (event: (typeof events)[number]) =>
    event.label === label && event.type === type;
  assert.ok(events.findLastIndex(isOf('IceCandidateFound')) < events.findIndex(isOf('IceGatheringDone')));
}

/** Check 22. */
async function statisticsGrow({ app }: KurentoStage): Promise<void> {
  const read = async (label: string, kind: string) => {
    const statistics = await app.call<Record<string, StatsRecord>>(label, 'getStats', kind);
    for (const [key, record] of Object.entries(statistics)) assert.equal(record.id, key);
    const endpoint = Object.values(statistics).find(({ type }) => type === 'endpoint');
    assert.ok(endpoint && 'E2ELatency' in endpoint, 'there is a record of the endpoint');
    return Object.values(statistics);
  };
  const counters = async () => {
    const received = (await read('publisher', 'VIDEO')).filter(({ type }) => type === 'inboundrtp');
    const sent = (await read('viewer', 'VIDEO')).filter(({ type }) => type === 'outboundrtp');
    assert.equal(received.length, 1, 'one stream of video is received');
    assert.equal(sent.length, 1, 'one stream of video is sent');
    return [
      received[0]!.packetsReceived,
      received[0]!.bytesReceived,
      sent[0]!.packetsSent,
      sent[0]!.bytesSent,
    ] as number[];
  };
  await app.call('pipeline', 'setLatencyStats', true);
  const before = await counters();
  await eventually('counters grow', 5000, async () => {
    const after = await counters();
    return after.every((value, index) => value > before[index]!)
      ? { value: true }
      : { pending: { before, after } };
  });
}

async function videoSsrc(page: Page): Promise<number | undefined> {
  return (await inbound(page)).find(({ kind }) => kind === 'video')?.ssrc;
}

/** @returns the number of frames at which decoding stopped */
async function stopsDecoding(page: Page): Promise<number> {
  return await eventually('decoding stops', 10_000, async () => {
    const before = await framesDecoded(page);
    await sleep(700);
    const after = await framesDecoded(page);
    return before === after ? { value: after } : { pending: { before, after } };
  });
}

interface Answered {
  readonly page: Page;
  readonly offer: string;
  readonly answer: string;
}

/** The server offers, the page answers. */
async function answeringPage(
  stage: KurentoStage,
  browser: 'chromium' | 'firefox',
  name: string,
  colour: 'red' | 'blue' | undefined,
  options?: Readonly<Record<string, boolean>>,
): Promise<Answered> {
  const { app } = stage;
  const mode = colour === undefined ? 'recvonly' : 'sendrecv';
  const page = await openEndpoint(stage, browser, name, { mode, ...(colour ? { colour } : {}) });
  const offer = await app.call<string>(name, 'generateOffer', ...(options ? [options] : []));
  const answer = await page.evaluate(
    (start, sdp) => kurentoPage.answerOffer(start, sdp),
    { of: name, mode } as const,
    offer,
  );
  await app.call(name, 'processAnswer', answer);
  await app.call(name, 'gatherCandidates');
  return { page, offer, answer };
}
