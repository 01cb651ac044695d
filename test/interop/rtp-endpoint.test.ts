/**
 * ffmpeg sends through a Kurento RtpEndpoint to a browser, and records a browser through another; GStreamer does both with
 * AES-GCM, which ffmpeg has not.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'puppeteer-core';
import { parsePlainDescription } from '../../src/webrtc/plain/plain-description.ts';
import { eventually, inbound, receives, sleep } from '../browser/harness/media-assertions.ts';
import { type Stage, stage } from '../browser/harness/stage.ts';
import { smallPicture } from '../browser/page/media-source.ts';
import { KurentoTestClient } from '../signaling/kurento-test-client.ts';
import {
  coloursOf,
  encodeH264,
  encodeOpus,
  Ffmpeg,
  freePortPair,
  greenPicture,
  greenSource,
  MediaTool,
  peakOf,
  probe,
} from './ffmpeg.ts';

const test = stage({
  server: { media: { addresses: ['127.0.0.1', '::1'], plainFirstPort: 41_200, plainLastPort: 41_299 } },
});
const suite = 'AES_CM_128_HMAC_SHA1_80';

/** A pipeline whose endpoints are in the room of the stage, where browsers are by WHIP and WHEP. */
async function openPipeline(it: Stage): Promise<{ client: KurentoTestClient; pipeline: string }> {
  const client = await KurentoTestClient.open(`${it.server.origin.replace('http', 'ws')}/kurento`);
  it.defer(() => client.close());
  const pipeline = await client.create('MediaPipeline');
  await client.invoke(pipeline, 'addTag', { key: 'manifold.room', value: it.room });
  return { client, pipeline };
}

function start(it: Stage, args: readonly string[]): Ffmpeg {
  const ffmpeg = new Ffmpeg(args);
  it.defer(() => ffmpeg.stop());
  return ffmpeg;
}

async function openFolder(it: Stage): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rtp-endpoint-'));
  it.defer(() => rm(folder, { recursive: true }));
  return folder;
}

const description = (lines: readonly string[], at = 'IN IP4 127.0.0.1'): string =>
  ['v=0', `o=- 0 0 ${at}`, 's=-', `c=${at}`, 't=0 0', ...lines, ''].join('\r\n');

/** The player shows the green of ffmpeg's picture. */
async function seesGreen(player: Page): Promise<void> {
  await eventually('a green picture', 10_000, async () => {
    const video = (await inbound(player)).find(({ kind }) => kind === 'video');
    const colour = await player.evaluate((id) => toolkit.colourOfTrack(id), video?.trackId ?? '');
    const green = colour !== null && isNear(colour, [0x20, 0xc0, 0x40]);
    return green ? { value: true } : { pending: colour };
  });
}

/** Browsers and ffmpeg do not agree on the matrix by which colours become brightness and two differences. */
function isNear(colour: readonly number[], expected: readonly number[]): boolean {
  return colour.every((value, i) => Math.abs(value - expected[i]) < 60);
}

for (const { secured = false, useIpv6 = false } of [{}, { secured: true }, { useIpv6: true }]) {
  const over = `${secured ? 'SRTP' : 'RTP'}${useIpv6 ? ' over IPv6' : ''}`;
  test(`ffmpeg sends H264 and Opus as ${over} to a browser`, async (it) => {
    const { client, pipeline } = await openPipeline(it);
    const endpoint = await client.create('RtpEndpoint', { mediaPipeline: pipeline, useIpv6 });
    const at = useIpv6 ? 'IN IP6 ::1' : 'IN IP4 127.0.0.1';
    for (const type of ['MediaFlowOutStateChanged', 'MediaStateChanged', 'OnKeySoftLimit'])
      await client.subscribe(endpoint, type);
    const profile = secured ? 'RTP/SAVP' : 'RTP/AVP';
    const keys = [randomBytes(30), randomBytes(30)].map((key) => key.toString('base64'));
    const answer: string = await client.invoke(endpoint, 'processOffer', {
      offer: description(
        [
          `m=video 5004 ${profile} 96`,
          'a=rtpmap:96 H264/90000',
          'a=fmtp:96 packetization-mode=1;profile-level-id=42c01f',
          'a=sendonly',
          ...(secured ? [`a=crypto:1 ${suite} inline:${keys[0]}`] : []),
          `m=audio 5006 ${profile} 97`,
          'a=rtpmap:97 opus/48000/2',
          'a=sendonly',
          ...(secured ? [`a=crypto:1 ${suite} inline:${keys[1]}`] : []),
        ],
        at,
      ),
    });
    assert.match(answer, new RegExp(`^c=${at}\r$`, 'm'));
    const host = useIpv6 ? '[::1]' : '127.0.0.1';
    const to = parsePlainDescription(answer).map(
      ({ media }) => `${secured ? 'srtp' : 'rtp'}://${host}:${media.port}?pkt_size=1200`,
    );
    const protect = (key: string) => (secured ? ['-srtp_out_suite', suite, '-srtp_out_params', key] : []);
    const sender = start(it, [
      ...greenSource,
      ...encodeH264,
      ...protect(keys[0]),
      ...['-payload_type', '96', '-f', 'rtp', to[0]],
      ...encodeOpus,
      ...protect(keys[1]),
      ...['-payload_type', '97', '-f', 'rtp', to[1]],
    ]);
    const player = await it.open('chromium', 'player');
    await player.evaluate((url) => toolkit.playWhep(url, ['audio', 'video']), it.server.whep(it.room));
    const { width, height } = greenPicture;
    await receives(player, {
      ...{ videos: 1, audios: 1, width, height },
      ...{ videoCodec: 'video/H264', audioCodec: 'audio/opus' },
    });
    await seesGreen(player);
    const before = (await inbound(player)).find(({ kind }) => kind === 'video')!.framesDecoded;
    await sleep(3000);
    const after = (await inbound(player)).find(({ kind }) => kind === 'video')!.framesDecoded;
    // 45 in three seconds, were no processor ever late.
    assert.ok(after - before >= 30, `${after - before} frames in 3 s`);
    assert.ok(sender.running, sender.log.join(''));
    const flowing = client.eventsOf('MediaFlowOutStateChanged');
    assert.deepEqual(flowing.map(({ mediaType, state }) => `${mediaType} ${state}`).sort(), [
      'AUDIO FLOWING',
      'VIDEO FLOWING',
    ]);
    assert.equal(await client.invoke(endpoint, 'isMediaFlowingOut', { mediaType: 'VIDEO' }), true);
    assert.equal(await client.invoke(endpoint, 'getMediaState'), 'CONNECTED');
    const stats = Object.values(await client.invoke(endpoint, 'getStats')) as { type: string }[];
    assert.equal(stats.filter(({ type }) => type === 'inboundrtp').length, 2);
  });
}

for (const { codec, secured = false, useIpv6 = false } of [
  { codec: 'VP8', useIpv6: true },
  { codec: 'H264' },
  { codec: 'VP8', secured: true },
]) {
  const over = `${secured ? 'SRTP' : 'RTP'}${useIpv6 ? ' over IPv6' : ''}`;
  test(`ffmpeg records ${codec} and Opus of a browser, as ${over}`, async (it) => {
    const { client, pipeline } = await openPipeline(it);
    const publisher = await it.open('chromium', 'publisher');
    await publisher.evaluate(
      (url, what, video) => toolkit.publishWhip(url, what, { video, audio: 'audio/opus' }),
      it.server.whip(it.room),
      { video: true, audio: true, ...smallPicture, colour: 'red' },
      `video/${codec}`,
    );
    const [video, audio] = [await freePortPair(), await freePortPair()];
    const profile = secured ? 'RTP/SAVP' : 'RTP/AVP';
    const lines = (ownKey: string | null, direction: string): string[] => [
      `m=video ${video} ${profile} 96`,
      `a=rtpmap:96 ${codec}/90000`,
      ...(codec === 'H264' ? ['a=fmtp:96 packetization-mode=1'] : []),
      `a=${direction}`,
      ...(ownKey === null ? [] : [`a=crypto:1 ${suite} inline:${ownKey}`]),
      `m=audio ${audio} ${profile} 97`,
      'a=rtpmap:97 opus/48000/2',
      `a=${direction}`,
      ...(ownKey === null ? [] : [`a=crypto:1 ${suite} inline:${ownKey}`]),
    ];
    // The server protects both lines under one key, which is what the description says that ffmpeg reads.
    const key = secured ? randomBytes(30).toString('base64') : null;
    const endpoint = await client.create('RtpEndpoint', {
      ...{ mediaPipeline: pipeline, useIpv6 },
      ...(key === null ? {} : { crypto: { keyBase64: key, crypto: 'AES_128_CM_HMAC_SHA1_80' } }),
    });
    const folder = await openFolder(it);
    const file = join(folder, 'session.sdp');
    const recording = join(folder, 'recording.mkv');
    const at = useIpv6 ? 'IN IP6 ::1' : 'IN IP4 127.0.0.1';
    await writeFile(file, description(lines(key, 'recvonly'), at));
    const recorder = start(it, [
      ...['-protocol_whitelist', 'file,udp,rtp,srtp', '-i', file],
      ...['-c', 'copy', recording],
    ]);
    await sleep(1000);
    const offer = description(lines(secured ? randomBytes(30).toString('base64') : null, 'recvonly'), at);
    const answer: string = await client.invoke(endpoint, 'processOffer', { offer });
    for (const { media } of parsePlainDescription(answer)) assert.equal(media.direction, 'sendonly');
    await eventually('media flows to the recorder', 15_000, async () => {
      const flowing = await client.invoke(endpoint, 'isMediaFlowingIn', { mediaType: 'VIDEO' });
      return flowing === true ? { value: true } : { pending: flowing };
    });
    await sleep(8000);
    assert.ok(recorder.running, recorder.log.join(''));
    await recorder.stop();
    const streams = await probe(recording);
    const picture = streams.find(({ codec_type }) => codec_type === 'video');
    const sound = streams.find(({ codec_type }) => codec_type === 'audio');
    const shown = JSON.stringify(streams) + recorder.log.join('');
    assert.equal(picture?.codec_name, codec.toLowerCase(), shown);
    assert.deepEqual([picture?.width, picture?.height], [smallPicture.width, smallPicture.height]);
    assert.equal(sound?.codec_name, 'opus');
    const frames = Number(picture?.nb_read_frames);
    assert.ok(frames >= 60, `${frames} pictures in 8 s`);
    // 20 ms each.
    assert.ok(Number(sound?.nb_read_frames) >= 200, `${sound?.nb_read_frames} frames of sound in 8 s`);
    const colours = await coloursOf(recording);
    const right = colours.filter((colour) => isNear(colour, [255, 0, 0])).length;
    assert.ok(
      right >= colours.length - 2,
      `${right} of ${colours.length} pictures have the colour: ${colours.slice(0, 5).join(' ')} …`,
    );
    assert.ok((await peakOf(recording)) > -40, 'the tone is in the recording');
  });
}

for (const { crypto, cipher, keyBytes } of [
  { crypto: 'AEAD_AES_128_GCM', cipher: 'aes-128-gcm', keyBytes: 28 },
  { crypto: 'AEAD_AES_256_GCM', cipher: 'aes-256-gcm', keyBytes: 44 },
]) {
  test(`GStreamer sends Opus with ${crypto}, and records it from another endpoint`, async (it) => {
    const { client, pipeline } = await openPipeline(it);
    const keys = [randomBytes(keyBytes), randomBytes(keyBytes), randomBytes(keyBytes)];
    const line = (port: number, key: Buffer, direction: string): string =>
      description([
        `m=audio ${port} RTP/SAVP 97`,
        'a=rtpmap:97 opus/48000/2',
        `a=${direction}`,
        `a=crypto:1 ${crypto} inline:${key.toString('base64')}`,
      ]);
    const ciphers = (prefix: string) =>
      ['rtp', 'rtcp'].flatMap((of) => [`${prefix}${of}-cipher=${cipher}`, `${prefix}${of}-auth=null`]);
    const gstreamer = (args: readonly string[]): MediaTool => {
      const tool = new MediaTool('gst-launch-1.0', ['-e', ...args]);
      it.defer(() => tool.stop());
      return tool;
    };

    const source = await client.create('RtpEndpoint', { mediaPipeline: pipeline });
    const sourceAnswer = await client.invoke(source, 'processOffer', {
      offer: line(5004, keys[0]!, 'sendonly'),
    });
    const sink = await client.create('RtpEndpoint', {
      mediaPipeline: pipeline,
      crypto: { keyBase64: keys[1]!.toString('base64'), crypto },
    });
    await client.invoke(source, 'connect', { sink });
    const port = await freePortPair();
    const answer = await client.invoke(sink, 'processOffer', { offer: line(port, keys[2]!, 'recvonly') });
    const { ssrc } = parsePlainDescription(answer)[0]!.media.ssrcs[0]!;
    const recording = join(await openFolder(it), 'recording.wav');
    const recorder = gstreamer([
      ...['udpsrc', `port=${port}`, 'address=127.0.0.1'],
      `caps=${[
        ...['application/x-srtp', 'media=audio', 'payload=97', 'clock-rate=48000', 'encoding-name=OPUS'],
        ...[`ssrc=(uint)${ssrc}`, `srtp-key=(buffer)${keys[1]!.toString('hex')}`],
        ...[`srtp-cipher=${cipher}`, 'srtp-auth=null', `srtcp-cipher=${cipher}`, 'srtcp-auth=null'],
      ].join(',')}`,
      ...['!', 'srtpdec', '!', 'rtpopusdepay', '!', 'opusdec', '!', 'wavenc', '!'],
      ...['filesink', `location=${recording}`],
    ]);
    const sender = gstreamer([
      ...['audiotestsrc', 'is-live=true', '!', 'opusenc', '!', 'rtpopuspay', 'pt=97', '!'],
      ...['srtpenc', `key=${keys[0]!.toString('hex')}`, ...ciphers(''), '!'],
      ...['udpsink', 'host=127.0.0.1', `port=${parsePlainDescription(sourceAnswer)[0]!.media.port}`],
    ]);
    await eventually('media flows to the recorder', 15_000, async () => {
      const flowing = await client.invoke(sink, 'isMediaFlowingIn', { mediaType: 'AUDIO' });
      return flowing === true ? { value: true } : { pending: flowing };
    });
    await sleep(4000);
    assert.ok(sender.running, sender.log.join(''));
    await recorder.stop();
    const [sound] = await probe(recording);
    assert.equal(sound?.codec_type, 'audio', recorder.log.join(''));
    assert.ok((await peakOf(recording)) > -40, 'the tone is in the recording');
  });
}
