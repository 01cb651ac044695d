/** Every codec a browser sends reaches every browser that can decode it, unharmed. */
import assert from 'node:assert/strict';
import { outbound, receives } from './harness/media-assertions.ts';
import { stage } from './harness/stage.ts';
import { smallPicture } from './page/media-source.ts';

const test = stage();
const source = { video: true, audio: true, ...smallPicture };

interface Case {
  readonly video: string;
  readonly videoFmtp?: string;
  readonly audio: string;
  /** What the players report; RED is unpacked before the decoder that names itself. */
  readonly audioSeenAs?: string;
}

const fromChromium: readonly Case[] = [
  { video: 'video/VP8', audio: 'audio/opus' },
  { video: 'video/VP9', videoFmtp: 'profile-id=0', audio: 'audio/PCMU' },
  { video: 'video/AV1', audio: 'audio/PCMA' },
];

const fromFirefox: readonly Case[] = [
  { video: 'video/VP8', audio: 'audio/opus' },
  { video: 'video/VP9', audio: 'audio/G722' },
  { video: 'video/AV1', audio: 'audio/PCMU' },
];

for (const [publisherBrowser, cases] of [
  ['chromium', fromChromium],
  ['firefox', fromFirefox],
] as const) {
  for (const { video, videoFmtp, audio } of cases) {
    test(`${video} and ${audio} from ${publisherBrowser} play in Chromium and Firefox`, async (stage) => {
      const publisher = await stage.open(publisherBrowser, 'publisher');
      const choice = { video, audio, ...(videoFmtp === undefined ? {} : { videoFmtp }) };
      await publisher.evaluate(
        (url, what, codecs) => toolkit.publishWhip(url, what, codecs),
        stage.server.whip(stage.room),
        source,
        choice,
      );
      const players = [
        await stage.open('chromium', 'chromium player'),
        await stage.open('firefox', 'firefox player'),
      ];
      for (const player of players) {
        await player.evaluate(
          (url) => toolkit.playWhep(url, ['audio', 'video']),
          stage.server.whep(stage.room),
        );
      }
      for (const player of players) {
        await receives(player, { videos: 1, audios: 1, videoCodec: video, audioCodec: audio });
      }
      for (const sent of await outbound(publisher)) {
        if (sent.codec !== '') assert.equal(sent.codec, sent.kind === 'video' ? video : audio);
      }
    });
  }
}

for (const { name, fmtp } of [
  { name: 'one NAL unit or fragment per packet', fmtp: 'packetization-mode=1;profile-level-id=42e01f' },
  { name: 'single NAL unit mode', fmtp: 'packetization-mode=0;profile-level-id=42e01f' },
]) {
  test(`H264 in ${name} plays in Chromium; Firefox, which has no H264, gets the audio`, async (stage) => {
    const publisher = await stage.open('chromium', 'publisher');
    await publisher.evaluate(
      (url, what, codecs) => toolkit.publishWhip(url, what, codecs),
      stage.server.whip(stage.room),
      source,
      { video: 'video/H264', videoFmtp: fmtp, audio: 'audio/G722' },
    );
    const chromium = await stage.open('chromium', 'chromium player');
    const firefox = await stage.open('firefox', 'firefox player');
    for (const player of [chromium, firefox]) {
      await player.evaluate(
        (url) => toolkit.playWhep(url, ['audio', 'video']),
        stage.server.whep(stage.room),
      );
    }
    await receives(chromium, { videos: 1, audios: 1, videoCodec: 'video/H264', audioCodec: 'audio/G722' });
    const heard = await firefox.evaluate(async () => {
      const deadline = performance.now() + 15_000;
      for (;;) {
        const audio = (await toolkit.inboundMedia()).find((media) => media.kind === 'audio');
        if ((audio?.totalAudioEnergy ?? 0) > 0 || performance.now() > deadline) return audio;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    });
    assert.equal(heard?.codec, 'audio/G722');
    assert.ok(heard.totalAudioEnergy > 0, 'Firefox hears the publisher whose video it cannot decode');
  });
}

test('AV1 in spatial layers plays where the dependency descriptor was not negotiated', async (stage) => {
  const publisher = await stage.open('chromium', 'publisher');
  await publisher.evaluate(
    (url, publication) => toolkit.publishLayered(url, publication),
    stage.server.whip(stage.room),
    {
      source: { width: 640, height: 360, frameRate: 15, rich: false },
      codec: 'video/AV1',
      encodings: [{ scalabilityMode: 'L2T2_KEY' }],
    },
  );
  for (const browser of ['chromium', 'firefox'] as const) {
    // Browsers offer the descriptor only to those who ask.
    const player = await stage.open(browser, `${browser} player`);
    await player.evaluate((url) => toolkit.playWhep(url, ['video']), stage.server.whep(stage.room));
    const lowest = { videos: 1, audios: 0, width: 320, height: 180, videoCodec: 'video/AV1' };
    await receives(player, lowest);
  }
  assert.match(JSON.stringify(await stage.server.rooms()), /"no-dependency-descriptor"/);
});

test('opus in RED plays in Chromium and, unpacked or as it is, in Firefox', async (stage) => {
  const publisher = await stage.open('chromium', 'publisher');
  await publisher.evaluate(
    (url, what, codecs) => toolkit.publishWhip(url, what, codecs),
    stage.server.whip(stage.room),
    source,
    { video: 'video/VP8', audio: 'audio/red' },
  );
  const players = [
    await stage.open('chromium', 'chromium player'),
    await stage.open('firefox', 'firefox player'),
  ];
  for (const player of players) {
    await player.evaluate((url) => toolkit.playWhep(url, ['audio', 'video']), stage.server.whep(stage.room));
  }
  for (const player of players) await receives(player, { videos: 1, audios: 1, videoCodec: 'video/VP8' });
  // The browser's statistics say opus for both, so the server is asked what it receives.
  assert.match(JSON.stringify(await stage.server.rooms()), /"kind":"audio","muted":false,"codec":"red"/i);
});
