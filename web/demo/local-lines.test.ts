import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LocalLines, type LocalTracks } from './local-lines.ts';

class FakeStream {}
(globalThis as { MediaStream?: unknown }).MediaStream = FakeStream;

interface FakeTransceiver {
  mid: string | null;
  kind: string;
  direction: string;
  streams: unknown[];
  sendEncodings?: { rid: string }[];
  sender: { track: unknown; replaceTrack(track: unknown): Promise<void>; getParameters(): object };
}

const track = (kind: string) => ({ kind }) as MediaStreamTrack;
const silent: LocalTracks = { microphone: null, microphoneOn: false, camera: null, screen: null };

function setup(tracks: LocalTracks) {
  const transceivers: FakeTransceiver[] = [];
  const announced: [string, boolean][] = [];
  const connection = {
    addTransceiver(what: string | { kind: string }, init: { direction: string; streams: unknown[] }) {
      const sender = {
        track: typeof what === 'string' ? null : (what as unknown),
        getParameters: () => ({}),
        async replaceTrack(next: unknown) {
          sender.track = next;
        },
      };
      const kind = typeof what === 'string' ? what : what.kind;
      const transceiver = { mid: null, kind, ...init, sender };
      transceivers.push(transceiver);
      return transceiver;
    },
  } as unknown as RTCPeerConnection;
  const lines = new LocalLines(connection, tracks, (mid, muted) => announced.push([mid, muted]));
  /** As setLocalDescription does. */
  const assignMids = () => {
    for (const [index, transceiver] of transceivers.entries()) transceiver.mid = String(index);
  };
  return { lines, transceivers, announced, assignMids };
}

const shape = (transceivers: FakeTransceiver[]) =>
  transceivers.map(({ kind, direction }) => `${kind} ${direction}`);

test('without devices it receives; a device that comes makes its line send', () => {
  const { lines, transceivers } = setup(silent);
  assert.deepEqual(shape(transceivers), ['audio recvonly', 'video recvonly']);
  lines.update({ ...silent, camera: track('video') });
  assert.deepEqual(shape(transceivers), ['audio recvonly', 'video sendrecv']);
  lines.update(silent);
  assert.deepEqual(
    shape(transceivers),
    ['audio recvonly', 'video sendrecv'],
    'a camera that is off keeps its line',
  );
});

test('the camera is sent in three sizes, also when it comes later; the screen in one', () => {
  const { lines, transceivers } = setup(silent);
  lines.update({ ...silent, camera: track('video'), screen: track('video') });
  const rids = transceivers.map(({ sendEncodings }) => sendEncodings?.map(({ rid }) => rid) ?? []);
  assert.deepEqual(rids, [[], ['low', 'mid', 'high'], []]);
});

test('voice and face share a stream, the screen has its own', () => {
  const all = {
    microphone: track('audio'),
    microphoneOn: true,
    camera: track('video'),
    screen: track('video'),
  };
  const { transceivers } = setup(all);
  const [audio, video, screen] = transceivers.map(({ streams }) => streams[0]);
  assert.equal(audio, video);
  assert.notEqual(screen, video);
  assert.deepEqual(shape(transceivers), ['audio sendrecv', 'video sendrecv', 'video sendonly']);
});

test('a screen shared again uses its line again', () => {
  const { lines, transceivers } = setup(silent);
  lines.update({ ...silent, screen: track('video') });
  lines.update(silent);
  assert.equal(transceivers[2]!.direction, 'inactive');
  assert.equal(transceivers[2]!.sender.track, null);
  lines.update({ ...silent, screen: track('video') });
  assert.equal(transceivers.length, 3);
  assert.equal(transceivers[2]!.direction, 'sendonly');
});

test('mute is announced when it changes, once the line has a mid, and never for lines that do not send', () => {
  const microphone = track('audio');
  const { lines, announced, assignMids } = setup({ ...silent, microphone });
  lines.announce();
  assert.deepEqual(announced, []);
  assignMids();
  lines.announce();
  lines.announce();
  assert.deepEqual(announced, [['0', true]]);
  lines.update({ ...silent, microphone, microphoneOn: true, camera: track('video') });
  lines.update({ ...silent, microphone, microphoneOn: true });
  assert.deepEqual(announced, [
    ['0', true],
    ['0', false],
    ['1', true],
  ]);
});
