/** One room, several dialects and stacks: everyone hears and sees everyone. */
import { joinDemo, seesTiles } from '../browser/harness/demo-page.ts';
import { receives } from '../browser/harness/media-assertions.ts';
import { stage } from '../browser/harness/stage.ts';
import { smallPicture } from '../browser/page/media-source.ts';
import { PythonClient } from './python-client.ts';

const test = stage();
const source = { video: true, audio: true, ...smallPicture };

test('a WHIP publisher, demo pages and WHEP players share a room', async (stage) => {
  const anna = await joinDemo(stage, 'chromium', 'Anna');
  const ben = await joinDemo(stage, 'firefox', 'Ben');
  const publisher = new PythonClient('aiortc_whip.py', [
    `${stage.server.whip(stage.room)}?name=Camera&participant=camera`,
  ]);
  stage.defer(() => publisher.close());
  for (const page of [anna, ben]) {
    await receives(page, { videos: 2, audios: 2 });
    await seesTiles(page, 2);
  }
  // A player chooses whom it watches, of whatever dialect.
  const player = await stage.open('chromium', 'player');
  await player.evaluate(
    (url) => toolkit.playWhep(url, ['audio', 'video']),
    `${stage.server.whep(stage.room)}?participant=camera`,
  );
  await receives(player, { videos: 1, audios: 1 });
  await player.evaluate(() => toolkit.endSession(0));
  await publisher.close();
  for (const page of [anna, ben]) {
    await seesTiles(page, 1);
    await receives(page, { videos: 1, audios: 1 });
  }
});

test('a WHEP player watches a participant of the demo page', async (stage) => {
  await joinDemo(stage, 'firefox', 'Anna');
  const player = await stage.open('chromium', 'player');
  await player.evaluate((url) => toolkit.playWhep(url, ['audio', 'video']), stage.server.whep(stage.room));
  await receives(player, { videos: 1, audios: 1 });
});

for (const browser of ['chromium', 'firefox'] as const) {
  test(`${browser} with max-bundle, whose offer has one transport from the start, is published and played`, async (stage) => {
    const publisher = await stage.open(browser, 'publisher', {
      configuration: { bundlePolicy: 'max-bundle' },
    });
    await publisher.evaluate(
      (url, what) => toolkit.publishWhip(url, what, { video: null, audio: null }),
      stage.server.whip(stage.room),
      source,
    );
    const player = await stage.open(browser, 'player', { configuration: { bundlePolicy: 'max-bundle' } });
    await player.evaluate((url) => toolkit.playWhep(url, ['audio', 'video']), stage.server.whep(stage.room));
    await receives(player, { videos: 1, audios: 1 });
  });
}
