/** A pipeline in a room that clients of other dialects are in: its tag `manifold.room` names the room. */
import assert from 'node:assert/strict';
import type { Page } from 'puppeteer-core';
import { joinDemo } from '../harness/demo-page.ts';
import { eventually } from '../harness/media-assertions.ts';
import { startTalksy } from '../harness/talksy-page.ts';
import { smallPicture } from '../page/media-source.ts';
import { connectPage, negotiate, openEndpoint, openPipeline } from './harness/endpoint-by-hand.ts';
import { type KurentoStage, kurentoStage } from './harness/kurento-stage.ts';
import { gets, shows } from './harness/seen-media.ts';

const test = kurentoStage();

interface RoomSnapshot {
  readonly id: string;
  readonly participants: readonly { readonly id: string; readonly dialect: string }[];
}

test('a publisher and a viewer of a pipeline meet clients of every other dialect, in both browsers', async (stage) => {
  const { app, room } = stage;
  const others = await joinAllOthers(stage);
  await openPipeline(stage);
  await app.call('pipeline', 'addTag', 'manifold.room', room);
  await connectPage(stage, 'chromium', 'publisher', { mode: 'sendonly', colour: 'red' });

  // Three of the others send both, Kraken sends sound; everybody gets what the pipeline's publisher sends.
  await gets(others.talksy, { audios: 4, videos: 3 }, 40_000);
  await gets(others.pion, { audios: 4, videos: 3 });
  await gets(others.kraken, { audios: 4, videos: 0 });
  const player = await openPlayer(stage, { audios: 5, videos: 4 });
  await gets(player, { audios: 5, videos: 4 });

  // A viewer to which nothing is connected gets somebody of the room; whom, its tag may say.
  const viewer = await openEndpoint(stage, 'firefox', 'viewer', { mode: 'recvonly' });
  const whip = await participantOf(stage, 'whip');
  await app.call('viewer', 'addTag', 'manifold.source', whip);
  await negotiate(stage, viewer, 'viewer', { mode: 'recvonly' });
  await shows(viewer, 'viewer', 'blue', 20_000);
  await gets(viewer, { audios: 1, videos: 1 });

  await app.call('pipeline', 'release');
  await gets(others.talksy, { audios: 3, videos: 2 });
  await gets(others.pion, { audios: 3, videos: 2 });
  const { participants } = await roomOf(stage);
  assert.ok(
    participants.every(({ dialect }) => dialect !== 'kurento'),
    'nobody of the pipeline is left',
  );
}, 90_000);

interface Others {
  readonly talksy: Page;
  readonly pion: Page;
  readonly kraken: Page;
}

async function joinAllOthers(stage: KurentoStage): Promise<Others> {
  const { server, room } = stage;
  const publisher = await stage.open('chromium', 'whip');
  await publisher.evaluate(
    (url, source) => toolkit.publishWhip(url, source, { video: null, audio: null }),
    server.whip(room),
    { audio: true, video: true, colour: 'blue', ...smallPicture },
  );
  const talksy = await startTalksy(stage, 'chromium', 'talksy', { query: '' });
  const pion = await joinDemo(stage, 'firefox', 'pion');
  const kraken = await stage.open('chromium', 'kraken');
  await kraken.evaluate((options) => toolkit.krakenJoin(options), {
    client: 'kraken.fm',
    api: server.origin,
    room,
    name: 'kraken',
    pollMs: 500,
  } as const);
  return { talksy, pion, kraken };
}

/** A player of WHEP, with lines for all there is. */
async function openPlayer(
  { server, room, open }: KurentoStage,
  { audios, videos }: { audios: number; videos: number },
): Promise<Page> {
  const page = await open('firefox', 'whep');
  const lines = [...Array<'audio'>(audios).fill('audio'), ...Array<'video'>(videos).fill('video')];
  await page.evaluate((url, kinds) => toolkit.playWhep(url, kinds), server.whep(room), lines);
  return page;
}

async function roomOf({ server, room }: KurentoStage): Promise<RoomSnapshot> {
  const { rooms } = (await server.rooms()) as { rooms: RoomSnapshot[] };
  const found = rooms.find(({ id }) => id === room);
  assert.ok(found, `there is a room ${room}`);
  return found;
}

async function participantOf(stage: KurentoStage, dialect: string): Promise<string> {
  return await eventually(`somebody of ${dialect} is there`, 5000, async () => {
    const { participants } = await roomOf(stage);
    const found = participants.find((participant) => participant.dialect === dialect);
    return found === undefined ? { pending: participants } : { value: found.id };
  });
}
