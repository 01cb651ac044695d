/** What an operator sees while a room is live: the admin page, its API and /metrics. */
import assert from 'node:assert/strict';
import { joinDemo, seesTiles } from './harness/demo-page.ts';
import { saveScreenshot } from './harness/diagnostics.ts';
import { eventually, receives, sleep } from './harness/media-assertions.ts';
import { stage } from './harness/stage.ts';

const test = stage();

interface ApiMedia {
  readonly kind: string;
  readonly bitrate: number;
  readonly packets: number;
  readonly codec?: string;
  readonly state?: string;
  readonly subscribers?: number;
}

interface ApiRoom {
  readonly id: string;
  readonly participants: readonly {
    readonly id: string;
    readonly name: string;
    readonly dialect: string;
    readonly connectionState: string;
    readonly publications: readonly ApiMedia[];
    readonly subscriptions: readonly ApiMedia[];
  }[];
}

test('admin page, API and metrics show the live room', async (stage) => {
  const anna = await joinDemo(stage, 'chromium', 'Anna');
  const ben = await joinDemo(stage, 'firefox', 'Ben');
  for (const page of [anna, ben]) await receives(page, { videos: 1, audios: 1 });
  await seesTiles(anna, 1);
  await saveScreenshot(anna, 'room');

  const first = await stage.server.metrics();
  // Bitrates are measured over seconds.
  await sleep(3000);
  const second = await stage.server.metrics();
  assert.equal(second.sum('manifold_rooms'), 1);
  assert.equal(second.sum('manifold_participants'), 2);
  assert.equal(second.sum('manifold_peer_connections'), 2);
  assert.equal(second.sum('manifold_web_sockets'), 2);
  assert.equal(second.sum('manifold_session_bugs_total'), 0);
  const seconds = 3;
  for (const direction of ['in', 'out']) {
    // Two voices of 50 packets a second and two pictures of at least 15.
    const packets =
      second.sum('manifold_packets_total', { direction }) -
      first.sum('manifold_packets_total', { direction });
    assert.ok(packets > 100 * seconds && packets < 2000 * seconds, `${packets} packets ${direction}`);
    const bytes =
      second.sum('manifold_bytes_total', { direction }) - first.sum('manifold_bytes_total', { direction });
    assert.ok(bytes > 5000 * seconds && bytes < 1_000_000 * seconds, `${bytes} bytes ${direction}`);
  }
  assert.ok(second.sum('process_resident_memory_bytes') > 2 ** 20);

  const { rooms } = (await stage.server.rooms()) as { rooms: ApiRoom[] };
  const room = rooms.find(({ id }) => id === stage.room);
  assert.deepEqual(room?.participants.map(({ name }) => name).sort(), ['Anna', 'Ben']);
  for (const participant of room!.participants) {
    assert.equal(participant.connectionState, 'connected');
    assert.equal(participant.dialect, 'pion');
    assert.deepEqual(participant.publications.map(({ kind }) => kind).sort(), ['audio', 'video']);
    for (const { kind, bitrate, packets, codec, subscribers } of participant.publications) {
      assert.ok(bitrate > 2000 && bitrate < 5_000_000, `${kind} is published with ${bitrate} bit/s`);
      assert.ok(packets > 0);
      assert.ok(codec, `${kind} has a codec`);
      assert.equal(subscribers, 1);
    }
    for (const { kind, bitrate, state } of participant.subscriptions) {
      assert.equal(state, 'live', kind);
      assert.ok(bitrate > 2000 && bitrate < 5_000_000, `${kind} is received with ${bitrate} bit/s`);
    }
  }

  const admin = await stage.open('chromium', 'admin', { url: `${stage.server.origin}/admin` });
  await admin.waitForSelector(`[data-room="${stage.room}"]`, { timeout: 10_000 });
  await admin.waitForSelector('#admin-state[data-state="live"]');
  const names = await admin.$$eval('.participant-name strong', (elements) =>
    elements.map((element) => element.textContent),
  );
  assert.deepEqual(names.sort(), ['Anna', 'Ben']);
  await admin.click('.participant .disclosure');
  const rows = await eventually('publications and subscriptions in the details', 5000, async () => {
    const found = await admin.$$eval('.details tbody tr', (elements) =>
      elements.map((row) => row.textContent ?? ''),
    );
    return found.length === 4 && found.some((row) => row.includes('live'))
      ? { value: found }
      : { pending: found };
  });
  assert.ok(
    rows.some((row) => /VP8|VP9|AV1|H264/i.test(row)),
    rows.join('\n'),
  );
  await saveScreenshot(admin, 'admin');
});

test('removing a participant on the admin page ends that one session and tells the others', async (stage) => {
  const anna = await joinDemo(stage, 'chromium', 'Anna');
  const ben = await joinDemo(stage, 'chromium', 'Ben');
  const cleo = await joinDemo(stage, 'chromium', 'Cleo');
  for (const page of [anna, ben, cleo]) await receives(page, { videos: 2, audios: 2 });
  const admin = await stage.open('chromium', 'admin', { url: `${stage.server.origin}/admin` });
  const remove = await admin.waitForSelector(`[aria-label="Remove Cleo from ${stage.room}"]`, {
    timeout: 10_000,
  });
  await remove!.click();
  const confirm = await admin.waitForSelector('#confirm-remove', {
    timeout: 5000,
  });
  await confirm!.click();
  for (const page of [anna, ben]) {
    await receives(page, { videos: 1, audios: 1 });
    await seesTiles(page, 1);
  }
});

test('the lobby has a picture for people', async (stage) => {
  const page = await stage.open('chromium', 'lobby', { url: `${stage.server.origin}/` });
  await page.waitForSelector('.preview video', { timeout: 10_000 });
  await saveScreenshot(page, 'lobby');
});
