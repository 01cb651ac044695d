/** Stock clients where the server speaks Plan B: it coincides with what browsers speak, for one audio and one video. */
import assert from 'node:assert/strict';
import { object } from './harness/app-server.ts';
import { connectPage, negotiate, openEndpoint, openPipeline } from './harness/endpoint-by-hand.ts';
import { kurentoStage } from './harness/kurento-stage.ts';
import { gets, shows } from './harness/seen-media.ts';

const test = kurentoStage({ kurento: { sdpSemantics: 'plan-b' } });

const labels = (sdp: string) => sdp.match(/^a=ssrc:\d+ mslabel:/gm)?.length ?? 0;
const mids = (sdp: string) => [...sdp.matchAll(/^a=mid:(.*?)\r?$/gm)].map(([, mid]) => mid);

for (const [browser, other] of [
  ['chromium', 'firefox'],
  ['firefox', 'chromium'],
] as const) {
  test(`kurento-utils in ${browser} and ${other}, answered in Plan B, see and hear each other`, async (stage) => {
    const { app } = stage;
    await openPipeline(stage);
    const caller = await openEndpoint(stage, browser, 'caller', { mode: 'sendrecv', colour: 'red' });
    const { offer, answer } = await negotiate(stage, caller, 'caller', { mode: 'sendrecv' });
    assert.deepEqual(mids(answer), mids(offer));
    assert.ok(labels(answer) >= 2, 'audio and video, and perhaps repairs');
    const callee = await connectPage(stage, other, 'callee', { mode: 'sendrecv', colour: 'blue' });
    await app.call('caller', 'connect', object('callee'));
    await app.call('callee', 'connect', object('caller'));
    await shows(caller, 'caller', 'blue');
    await shows(callee, 'callee', 'red');
    await gets(caller, { audios: 1, videos: 1 });
    await gets(callee, { audios: 1, videos: 1 });
  });

  test(`kurento-utils in ${browser} answers an offer in Plan B, and sees itself`, async (stage) => {
    const { app } = stage;
    await openPipeline(stage);
    const page = await openEndpoint(stage, browser, 'loop', { mode: 'sendrecv', colour: 'lime' });
    const offer = await app.call<string>('loop', 'generateOffer');
    assert.deepEqual(mids(offer), ['audio', 'video']);
    assert.ok(labels(offer) >= 2);
    const answer = await page.evaluate(
      (sdp) => kurentoPage.answerOffer({ of: 'loop', mode: 'sendrecv' }, sdp),
      offer,
    );
    await app.call('loop', 'processAnswer', answer);
    await app.call('loop', 'gatherCandidates');
    await app.call('loop', 'connect', object('loop'));
    await shows(page, 'loop', 'lime');
    await gets(page, { audios: 1, videos: 1 });
  });
}
