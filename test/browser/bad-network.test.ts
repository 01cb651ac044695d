/** Media between real browsers and the server over a network that loses packets, moves clients or restarts ICE. */
import assert from 'node:assert/strict';
import type { Page } from 'puppeteer-core';
import { UdpRelay } from '../network/udp-relay.ts';
import type { BrowserName } from './harness/browsers.ts';
import { eventually, inbound, outbound, receives, sleep } from './harness/media-assertions.ts';
import { type Stage, stage } from './harness/stage.ts';
import { smallPicture } from './page/media-source.ts';

const test = stage({ files: { '/client.js': new URL('../pion-client/client.js', import.meta.url) } });
const source = { video: true, audio: true, ...smallPicture };
const lossProbability = 0.05;
const lossyMs = 6000;

async function openRelay(it: Stage, options: Partial<Parameters<typeof UdpRelay.start>[0]> = {}) {
  const relay = await UdpRelay.start({
    server: { address: '127.0.0.1', port: it.server.mediaPort },
    ...options,
  });
  it.defer(() => relay.close());
  const [address] = relay.addresses;
  return { relay, redirection: { from: it.server.mediaPort, to: address!.port } };
}

type Redirection = { from: number; to: number };

async function publish(it: Stage, browser: BrowserName, redirection: Redirection): Promise<Page> {
  const publisher = await it.open(browser, 'publisher', { redirection });
  await publisher.evaluate(
    (url, what) => toolkit.publishWhip(url, what, { video: 'video/VP8', audio: 'audio/opus' }),
    it.server.whip(it.room),
    source,
  );
  return publisher;
}

async function play(it: Stage, browser: BrowserName, redirection: Redirection): Promise<Page> {
  const player = await it.open(browser, `${browser} player`, { redirection });
  await player.evaluate((url) => toolkit.playWhep(url, ['audio', 'video']), it.server.whep(it.room));
  return player;
}

const videoOf = async (page: Page) => (await inbound(page)).find((media) => media.kind === 'video')!;

for (const publisherBrowser of ['chromium', 'firefox'] as const) {
  test(`5 % loss both ways with a ${publisherBrowser} publisher: pictures go on, lost packets are asked for and repaired`, async (stage) => {
    const { relay, redirection } = await openRelay(stage, { seed: 7 });
    const publisher = await publish(stage, publisherBrowser, redirection);
    const players = [await play(stage, 'chromium', redirection), await play(stage, 'firefox', redirection)];
    for (const player of players) await receives(player, { videos: 1, audios: 1 });
    const before = await stage.server.metrics();
    const first = await Promise.all(players.map(videoOf));

    const loss = { kind: 'uniform', probability: lossProbability } as const;
    relay.update({ toServer: { loss }, toClient: { loss } });
    await sleep(lossyMs);

    const last = await Promise.all(players.map(videoOf));
    for (const [index, now] of last.entries()) {
      const who = `player ${index}`;
      const frames = now.framesDecoded - first[index]!.framesDecoded;
      const expected = (smallPicture.frameRate * lossyMs) / 1000;
      assert.ok(frames > expected * 0.6, `${who} decoded ${frames} of about ${expected} frames`);
      const frozen = now.totalFreezesDuration - first[index]!.totalFreezesDuration;
      assert.ok(frozen < 3, `${who} froze for ${frozen} s in all`);
      assert.ok(now.nackCount > first[index]!.nackCount, `${who} asked for lost packets`);
    }
    // Firefox does not report retransmitted packets; Chromium stands for both.
    assert.ok(
      last[0]!.retransmittedPacketsReceived > first[0]!.retransmittedPacketsReceived,
      'RTX reached the player',
    );
    // Small pictures are few packets: on a slow machine the loss may take a while to hit one of them.
    await eventually('the server asked the publisher, and the publisher repaired', 20_000, async () => {
      const sent = (await outbound(publisher)).find((media) => media.kind === 'video')!;
      return sent.nackCount > 0 && sent.retransmittedPacketsSent > 0 ? { value: sent } : { pending: sent };
    });
    const after = await stage.server.metrics();
    for (const name of ['manifold_nack_total', 'manifold_retransmissions_total']) {
      for (const direction of ['in', 'out']) {
        const grown = after.sum(name, { direction }) - before.sum(name, { direction });
        assert.ok(grown > 0, `${name} ${direction} grew by ${grown}`);
      }
    }
    assert.ok(
      relay.statistics.toClient.lost > 0 && relay.statistics.toServer.lost > 0,
      'packets really were lost',
    );
    // And the call is whole again once the network is.
    relay.update({ toServer: { loss: null }, toClient: { loss: null } });
    for (const player of players) await receives(player, { videos: 1, audios: 1 });
  }, 90_000);
}

test('a client that comes from a new port goes on playing and publishing', async (stage) => {
  const publishing = await openRelay(stage);
  const playing = await openRelay(stage);
  await publish(stage, 'chromium', publishing.redirection);
  const player = await play(stage, 'chromium', playing.redirection);
  await receives(player, { videos: 1, audios: 1 });
  await playing.relay.rebind();
  await receives(player, { videos: 1, audios: 1 }, 15_000);
  await publishing.relay.rebind();
  await receives(player, { videos: 1, audios: 1 }, 15_000);
});

test('a Firefox player that comes from a new port goes on playing', async (stage) => {
  const direct = await openRelay(stage);
  const playing = await openRelay(stage);
  await publish(stage, 'chromium', direct.redirection);
  const player = await play(stage, 'firefox', playing.redirection);
  await receives(player, { videos: 1, audios: 1 });
  await playing.relay.rebind();
  await receives(player, { videos: 1, audios: 1 }, 20_000);
});

for (const browser of ['chromium', 'firefox'] as const) {
  test(`ICE restart by WHIP PATCH from ${browser}: media goes on`, async (stage) => {
    const publisher = await stage.open(browser, 'publisher');
    const session = await publisher.evaluate(
      (url, what) => toolkit.publishWhip(url, what, { video: 'video/VP8', audio: null }),
      stage.server.whip(stage.room),
      source,
    );
    const player = await stage.open('chromium', 'player');
    const playing = await player.evaluate(
      (url) => toolkit.playWhep(url, ['audio', 'video']),
      stage.server.whep(stage.room),
    );
    await receives(player, { videos: 1, audios: 1 });
    const usernameFragment = await publisher.evaluate((handle) => toolkit.restartIceByPatch(handle), session);
    assert.match(usernameFragment, /^[A-Za-z0-9+/]{4,}$/);
    const answer = await publisher.evaluate((handle) => toolkit.answerOf(handle), session);
    assert.ok(!answer.includes(usernameFragment), 'the server has new credentials');
    await receives(player, { videos: 1, audios: 1 });
    await player.evaluate((handle) => toolkit.restartIceByPatch(handle), playing);
    await receives(player, { videos: 1, audios: 1 });
  });
}

test('ICE restart by an offer of the Pion_SFU dialect: media goes on both ways', async (stage) => {
  const pages: Page[] = [];
  for (const selfId of ['anna', 'ben']) {
    const page = await stage.open('chromium', selfId);
    await page.addScriptTag({ url: `${stage.pages.origin}/client.js` });
    await page.evaluate((join) => toolkit.pionJoin(join), {
      url: `ws://127.0.0.1:${stage.server.httpPort}/`,
      room: stage.room,
      selfId,
      source,
    });
    pages.push(page);
  }
  for (const page of pages) await receives(page, { videos: 1, audios: 1 });
  const remoteFragment = () =>
    pages[0]!.evaluate(() => /a=ice-ufrag:(\S+)/.exec(PionClient.pc.remoteDescription!.sdp)?.[1]);
  const before = await remoteFragment();
  await pages[0]!.evaluate(() => toolkit.pionRestartIce());
  for (const page of pages) await receives(page, { videos: 1, audios: 1 });
  assert.notEqual(await remoteFragment(), before, 'the server has new credentials');
  assert.equal(await pages[0]!.evaluate(() => PionClient.pc.connectionState), 'connected');
});
