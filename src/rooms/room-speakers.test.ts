import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Chance, Microphone, type Sound, silence, speech } from '../media/speakers/voices.test.ts';
import { defaultRoomSpeakerSettings, RoomSpeakers } from './room-speakers.ts';

interface Track {
  readonly name: string;
  readonly track: { readonly audio: Microphone['activity'] | null };
}

class Scene {
  readonly clock = { nowMs: 0, ntpOffsetMs: 0 };
  readonly events: string[] = [];
  readonly speakers: RoomSpeakers<Track>;
  readonly #microphones = new Map<Track, Microphone>();
  #ms = 0;

  constructor(lastN: number) {
    const note = (what: string) => this.events.push(what);
    this.speakers = new RoomSpeakers<Track>(
      { ...defaultRoomSpeakerSettings, lastN },
      {
        activeSpeakersChanged: (tracks) => note(`active ${tracks.map(({ name }) => name).join(' ')}`),
        dominantChanged: (track) => note(`dominant ${track?.name ?? '-'}`),
        voiceStarted: ({ name }) => note(`started ${name}`),
        voiceStopped: ({ name }) => note(`stopped ${name}`),
        forwardingChanged: ({ name }, forwarded) => note(`${forwarded ? 'forward' : 'pause'} ${name}`),
      },
    );
  }

  add(name: string, sound: Sound): Track {
    const microphone = new Microphone(this.clock, sound);
    const track = { name, track: { audio: microphone.activity } };
    this.#microphones.set(track, microphone);
    this.speakers.add(track);
    return track;
  }

  run(untilMs: number): string[] {
    for (; this.#ms < untilMs; this.#ms += 20) {
      this.clock.nowMs = 5000 + this.#ms;
      for (const microphone of this.#microphones.values()) microphone.send(this.#ms);
      if (this.#ms % 100 === 80) this.speakers.observe(this.clock.nowMs);
    }
    return this.events.splice(0);
  }
}

describe('the speakers of a room', () => {
  test('without a limit all are forwarded, and nobody is told so', () => {
    const scene = new Scene(0);
    const a = scene.add('a', speech(new Chance(1), 500, 2000));
    const b = scene.add('b', silence());
    const video: Track = { name: 'video', track: { audio: null } };
    scene.speakers.add(video);
    assert.deepEqual(scene.run(4000), ['started a', 'active a', 'dominant a', 'stopped a', 'active ']);
    for (const track of [a, b, video]) assert.equal(scene.speakers.isForwarded(track), true);
    assert.equal(scene.speakers.voiceOf(video), null);
    assert.deepEqual(scene.speakers.voiceOf(b), { speaking: false, dominant: false, level: -127 });
    assert.equal(scene.speakers.voiceOf(a)?.dominant, true);
  });

  test('while somebody speaks, the level is that of the voice', () => {
    const scene = new Scene(0);
    const a = scene.add('a', () => -30);
    scene.run(1000);
    assert.equal(scene.speakers.voiceOf(a)?.level, -30);
  });

  test('of three, the last two who spoke are forwarded, and who begins to speak takes the place of the longest silent', () => {
    const scene = new Scene(2);
    const a = scene.add('a', speech(new Chance(1), 500, 1500));
    const b = scene.add('b', speech(new Chance(2), 3000, 4000));
    const c = scene.add('c', speech(new Chance(3), 6000, 7000));
    assert.deepEqual(scene.events.splice(0), ['forward a', 'forward b']);
    assert.equal(scene.speakers.isForwarded(c), false);
    const changes = scene.run(9000).filter((event) => /^(pause|forward)/.test(event));
    assert.deepEqual(changes, ['pause a', 'forward c']);
    assert.deepEqual(
      [a, b, c].map((track) => scene.speakers.isForwarded(track)),
      [false, true, true],
    );
    scene.speakers.remove(c);
    assert.deepEqual(
      scene.events.filter((event) => /^(pause|forward)/.test(event)),
      ['forward a'],
    );
    assert.equal(scene.speakers.dominant, null);
  });
});
