import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { defaultSpeakerSettings, type SpeakerSettings } from './observed-speaker.ts';
import { SpeakerObserver } from './speaker-observer.ts';
import {
  Chance,
  keyboard,
  Microphone,
  type MicrophoneOptions,
  mixed,
  noise,
  type Sound,
  silence,
  speech,
} from './voices.test.ts';

interface Event {
  readonly ms: number;
  readonly what: 'started' | 'stopped' | 'dominant' | 'active';
  readonly who: string;
}

/** A room of microphones on a virtual clock. */
class Scene {
  readonly clock = { nowMs: 0, ntpOffsetMs: 0 };
  readonly events: Event[] = [];
  readonly observer: SpeakerObserver<string>;
  readonly #microphones = new Map<string, Microphone>();
  readonly #intervalMs: number;
  #ms = 0;

  constructor(settings: Partial<SpeakerSettings> = {}) {
    const all = { ...defaultSpeakerSettings, ...settings };
    this.#intervalMs = all.intervalMs;
    const note = (what: Event['what'], who: string) => this.events.push({ ms: this.#ms, what, who });
    this.observer = new SpeakerObserver<string>(all, {
      voiceStarted: (who) => note('started', who),
      voiceStopped: (who) => note('stopped', who),
      dominantChanged: (who) => note('dominant', who ?? '-'),
      activeSpeakersChanged: (all) => note('active', all.join(' ')),
    });
  }

  add(who: string, sound: Sound, options: MicrophoneOptions = {}): void {
    const microphone = new Microphone(this.clock, sound, options);
    this.#microphones.set(who, microphone);
    this.observer.add(who, microphone.activity);
  }

  run(untilMs: number, phaseMs = 40): void {
    for (; this.#ms < untilMs; this.#ms += 20) {
      this.clock.nowMs = 10_000 + this.#ms;
      for (const microphone of this.#microphones.values()) microphone.send(this.#ms);
      if ((this.#ms + phaseMs) % this.#intervalMs === 0) this.observer.observe(this.clock.nowMs);
    }
  }

  of(what: Event['what']): string[] {
    return this.events.filter((event) => event.what === what).map(({ who }) => who);
  }

  at(what: Event['what'], who: string): number {
    return this.events.find((event) => event.what === what && event.who === who)?.ms ?? Number.NaN;
  }
}

interface Turn {
  readonly who: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Ten people, six of whom take turns; the others type, have a fan, are muted. */
function meeting(
  seed: number,
  turnCount: number,
  gapMs: readonly [number, number],
  options: MicrophoneOptions = {},
) {
  const chance = new Chance(seed);
  const scene = new Scene();
  const turns: Turn[] = [];
  let ms = 1000;
  let last = -1;
  for (let i = 0; i < turnCount; i++) {
    let speaker = chance.int(0, 5);
    if (speaker === last) speaker = (speaker + 1) % 6;
    last = speaker;
    const endMs = ms + chance.between(2500, 7000);
    turns.push({ who: `p${speaker}`, startMs: ms, endMs });
    ms = endMs + chance.between(...gapMs);
  }
  const seconds = Math.ceil(ms / 1000) + 2;
  for (let i = 0; i < 6; i++) {
    const own = turns
      .filter(({ who }) => who === `p${i}`)
      .map(({ startMs, endMs }) => speech(chance, startMs, endMs, chance.between(-75, -58)));
    // Whoever does not speak may be at the keyboard, as long as it is not both at once.
    scene.add(`p${i}`, mixed(noise(chance, -66), ...own), options);
  }
  // In packets of 60 ms, keys run together: they cannot be told from speech by level.
  if (options.packetMs !== 60) {
    scene.add('typist', keyboard(chance, 6, seconds), options);
    scene.add('fast typist', keyboard(chance, 9, seconds), options);
  }
  scene.add('fan', noise(chance, -38), options);
  scene.add('muted', silence(), options);
  scene.run(ms + 1000);
  return { scene, turns };
}

function delays(scene: Scene, turns: readonly Turn[]): number[] {
  const changes = scene.events.filter(({ what }) => what === 'dominant');
  assert.deepEqual(
    changes.map(({ who }) => who),
    turns.map(({ who }) => who),
    'one change of the dominant speaker for each turn, and no other',
  );
  return changes.map(({ ms }, index) => ms - turns[index].startMs);
}

describe('ten participants', () => {
  for (const [what, gapMs, options] of [
    ['who take the word in the very moment', [0, 0], {}],
    ['who leave a pause', [100, 800], {}],
    ['with DTX', [0, 300], { dtxBelow: -50 }],
    ['with packets of 60 ms', [0, 300], { packetMs: 60 }],
    ['with a codec of 8 kHz', [0, 300], { clockRate: 8000 }],
  ] as const) {
    test(`${what}: every change of speaker is reported within 600 ms, and nothing else is`, (context) => {
      const all: number[] = [];
      for (let seed = 1; seed <= 40; seed++) {
        const { scene, turns } = meeting(seed, 12, gapMs, options);
        all.push(...delays(scene, turns));
        assert.deepEqual(
          scene.of('started').filter((who) => !who.startsWith('p')),
          [],
        );
      }
      all.sort((a, b) => a - b);
      const at = (quantile: number) => all[Math.floor((all.length - 1) * quantile)];
      context.diagnostic(
        `${all.length} changes: median ${at(0.5).toFixed()} ms, p95 ${at(0.95).toFixed()} ms, longest ${at(1).toFixed()} ms`,
      );
      assert.ok(at(1) <= 600, `longest ${at(1)} ms`);
    });
  }
});

describe('voice', () => {
  test('starts within 300 ms, bridges pauses within a sentence, and stops within a second', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const scene = new Scene();
      scene.add('a', speech(new Chance(seed), 2000, 8000));
      scene.run(11_000);
      const started = scene.at('started', 'a');
      assert.ok(started >= 2000 && started <= 2000 + 500, `seed ${seed}: started at ${started}`);
      const stopped = scene.events.filter(({ what }) => what === 'stopped').at(-1)!.ms;
      assert.ok(stopped >= 8000 && stopped <= 9000, `seed ${seed}: stopped at ${stopped}`);
      assert.deepEqual(scene.of('started'), ['a'], `seed ${seed}`);
      // Silent, it still has the word: nobody took it.
      assert.equal(scene.observer.dominant, 'a');
      assert.deepEqual(scene.observer.activeSpeakers, []);
    }
  });

  test('stops when packets stop, as a network or a closed laptop does it', () => {
    const scene = new Scene();
    scene.add('a', speech(new Chance(3), 0, 60_000));
    scene.run(3000);
    assert.equal(scene.observer.get('a')?.speaking, true);
    for (let ms = 3000; ms <= 4500; ms += 100) {
      scene.clock.nowMs = 10_000 + ms;
      scene.observer.observe(scene.clock.nowMs);
    }
    assert.equal(scene.observer.get('a')?.speaking, false);
    assert.equal(scene.observer.get('a')?.level, -127);
  });

  for (const [what, sound] of [
    ['a fan', (chance: Chance) => noise(chance, -35)],
    [
      'a fan that is switched on',
      (chance: Chance) => {
        const fan = noise(chance, -38);
        const room = noise(chance, -66);
        return (ms: number) => (ms < 4000 ? room(ms) : fan(ms));
      },
    ],
    ['a keyboard', (chance: Chance) => keyboard(chance, 6)],
    ['a keyboard over a fan', (chance: Chance) => mixed(keyboard(chance, 8), noise(chance, -45))],
    ['a knock now and then', (chance: Chance) => keyboard(chance, 1)],
    ['a whisper under the threshold', (chance: Chance) => noise(chance, -56, 5)],
    ['digital silence', silence],
  ] as const) {
    test(`${what} is none`, () => {
      for (let seed = 1; seed <= 20; seed++) {
        const scene = new Scene();
        scene.add('a', sound(new Chance(seed)));
        scene.run(30_000);
        // A noise that begins is not told from speech before it has lasted for longer than a vowel.
        const begins = what === 'a fan that is switched on';
        assert.ok(scene.of('started').length <= (begins ? 1 : 0), `seed ${seed}`);
        assert.equal(scene.observer.get('a')?.speaking, false);
      }
    });
  }

  test('is found over noise, too', () => {
    const chance = new Chance(5);
    const scene = new Scene();
    scene.add(
      'a',
      mixed(noise(chance, -46), () => -127, speech(chance, 6000, 9000)),
    );
    scene.run(12_000);
    const started = scene.at('started', 'a');
    assert.ok(started >= 6000 && started < 6600, `started at ${started}`);
    assert.ok(scene.events.some(({ what, ms }) => what === 'stopped' && ms > 9000 && ms < 10_000));
  });

  test('the threshold and the filter are what they are said to be', () => {
    const quiet = () => {
      const chance = new Chance(8);
      const voice = speech(chance, 0, 20_000);
      return (ms: number) => Math.max(-90, Math.min(-56, voice(ms) - 30));
    };
    for (const [threshold, speaks] of [
      [50, false],
      [75, true],
    ] as const) {
      const scene = new Scene({ threshold });
      scene.add('a', quiet());
      scene.run(6000);
      assert.equal(scene.of('started').length > 0, speaks, `threshold ${threshold}`);
    }
    // Half of the time loud, for 100 ms each.
    const stutter = (ms: number) => (Math.floor(ms / 100) % 2 === 0 ? -25 : -70);
    for (const [filter, speaks] of [
      [40, true],
      [60, false],
    ] as const) {
      const scene = new Scene({ filter });
      scene.add('a', stutter);
      scene.run(6000);
      assert.equal(scene.of('started').length > 0, speaks, `filter ${filter}`);
    }
  });
});

describe('without levels', () => {
  /** About what Opus at 32 kbit/s makes of a level. */
  const bytes = (dBov: number) => (dBov < -75 ? 6 : dBov < -50 ? 22 : 60 + Math.round((dBov + 50) * 2));

  for (const [what, dtx] of [
    ['without DTX', {}],
    ['with DTX', { dtxBelow: -50 }],
  ] as const) {
    test(`voice is found by the size of packets, ${what}`, () => {
      for (let seed = 1; seed <= 10; seed++) {
        const scene = new Scene();
        const options = { levels: false, bytes, ...dtx };
        scene.add('a', speech(new Chance(seed), 3000, 6000), options);
        scene.add('b', noise(new Chance(seed), -66), options);
        scene.run(9000);
        const started = scene.at('started', 'a');
        assert.ok(started >= 3000 && started <= 3700, `seed ${seed}: started at ${started}`);
        assert.equal(scene.observer.get('a')?.speaking, false);
        assert.equal(scene.observer.get('a')?.level, null);
        assert.ok(!scene.of('started').includes('b'));
      }
    });
  }

  test('a constant rate tells nothing, and is not taken for voice', () => {
    const scene = new Scene();
    scene.add('a', speech(new Chance(1), 0, 9000), { levels: false, clockRate: 8000, bytes: () => 160 });
    scene.run(9000);
    assert.deepEqual(scene.events, []);
  });
});

describe('the dominant speaker', () => {
  test('is the first who speaks, and another when it leaves', () => {
    const scene = new Scene();
    scene.add('a', speech(new Chance(1), 500, 20_000));
    scene.add('b', speech(new Chance(2), 2500, 20_000));
    scene.run(2400);
    assert.equal(scene.observer.dominant, 'a');
    scene.run(6000);
    assert.deepEqual(new Set(scene.observer.activeSpeakers), new Set(['a', 'b']));
    scene.observer.remove('a');
    scene.observer.remove('a');
    assert.equal(scene.observer.dominant, 'b');
    assert.deepEqual(scene.observer.activeSpeakers, ['b']);
    scene.observer.remove('b');
    assert.equal(scene.observer.dominant, null);
    assert.deepEqual(scene.of('dominant').slice(-2), ['b', '-']);
    assert.equal(scene.of('active').at(-1), '');
    assert.equal(scene.observer.size, 0);
  });

  test('does not lose the word to a short word of another', () => {
    let lost = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const chance = new Chance(seed);
      const scene = new Scene();
      scene.add('a', speech(chance, 0, 20_000));
      scene.add(
        'b',
        mixed(noise(chance, -66), ...[5, 8, 11, 14].map((s) => speech(chance, s * 1000, s * 1000 + 300))),
      );
      scene.run(18_000);
      lost += scene.of('dominant').length - 1;
    }
    // Some fall into a pause for breath, where nothing tells them from an answer.
    assert.ok(lost <= 20, `${lost} of 160 interjections took the word`);
  });

  test('comes first of those who speak', () => {
    const scene = new Scene();
    const names = ['a', 'b', 'c', 'd'];
    for (const [index, who] of names.entries())
      scene.add(who, speech(new Chance(index), 1000 * index, 20_000));
    for (let ms = 1000; ms < 15_000; ms += 500) {
      scene.run(ms);
      const { activeSpeakers, dominant } = scene.observer;
      if (dominant !== null && activeSpeakers.includes(dominant)) assert.equal(activeSpeakers[0], dominant);
    }
    assert.ok(scene.observer.activeSpeakers.length >= 3);
  });
});

test('whatever the levels, lists and events agree', () => {
  const level = fc.integer({ min: -127, max: 0 });
  const track = fc.record({
    levels: fc.array(level, { minLength: 1, maxLength: 40 }),
    packetMs: fc.constantFrom(20, 40, 60),
    known: fc.boolean(),
    dtx: fc.boolean(),
    firstTimestamp: fc.integer(),
  });
  fc.assert(
    fc.property(fc.array(track, { minLength: 1, maxLength: 5 }), fc.nat(60), (tracks, removeAt) => {
      const scene = new Scene();
      tracks.forEach(({ levels, packetMs, known, dtx, firstTimestamp }, index) => {
        const sound = (ms: number) => levels[Math.floor(ms / 100) % levels.length];
        scene.add(`${index}`, sound, {
          packetMs,
          levels: known,
          firstTimestamp,
          bytes: (dBov) => 127 + dBov,
          ...(dtx && { dtxBelow: -60 }),
        });
      });
      for (let ms = 200; ms <= 6000; ms += 200) {
        scene.run(ms);
        if (ms === removeAt * 100) scene.observer.remove('0');
        const speaking = [...scene.observer.speakers]
          .filter((speaker) => speaker.speaking)
          .map(({ key }) => key);
        assert.deepEqual([...scene.observer.activeSpeakers].sort(), speaking.sort());
        for (const who of tracks.keys()) {
          const last = scene.events.filter(
            (event) => event.who === `${who}` && ['started', 'stopped'].includes(event.what),
          );
          // They alternate, and the last says how it is.
          for (const [index, { what }] of last.entries())
            assert.equal(what, index % 2 === 0 ? 'started' : 'stopped');
          assert.equal(last.at(-1)?.what === 'started', speaking.includes(`${who}`));
        }
        assert.equal(scene.of('dominant').at(-1) ?? '-', scene.observer.dominant ?? '-');
        for (const speaker of scene.observer.speakers) {
          assert.ok(speaker.loudness >= 0 && speaker.loudness <= 127);
          assert.ok(
            speaker.immediate >= 0 && speaker.immediate <= 13 && speaker.medium <= 5 && speaker.long <= 6,
          );
        }
      }
    }),
    { numRuns: 60 },
  );
});
