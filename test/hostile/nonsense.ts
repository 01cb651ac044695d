/** Calls and messages of wrong types, about unknown people, and such as are no JSON at all; seeded. */
import { pick } from '../browser/mutation/choices.ts';
import { SeededRandom } from '../network/seeded-random.ts';
import { browserOffer } from '../signaling/running-manifold.ts';

const seed = 20_264;
const values = [0, -1, 1e300, '', 'x', 'r', 'u', null, true, [], {}, [[]], '%', '\u0000'];

/** With how many parameters each method of Kraken is right. */
const krakenMethods = {
  turn: 1,
  list: 1,
  publish: 3,
  restart: 4,
  end: 3,
  trickle: 4,
  subscribe: 3,
  answer: 4,
  info: 0,
  x: 1,
};

/** Bodies of Kraken calls, one after another. */
export function nonsenseCalls(): () => string {
  const random = new SeededRandom(seed);
  const offer = browserOffer('chromium-audio-video');
  const texts = ['', 'x', 'r', 'u', 'v', offer, '%', '\u0000', 'null', '{}'];
  const below = (limit: number) => Math.floor(random.uniform() * limit);
  return () => {
    const [method, right] = pick(random, Object.entries(krakenMethods));
    const count = random.happens(0.8) ? right : below(7);
    const params = Array.from({ length: count }, () =>
      pick<unknown>(random, random.happens(0.9) ? texts : values),
    );
    const call = random.happens(0.9)
      ? { id: 'x', method, params }
      : { id: pick(random, values), method: pick(random, values), params };
    const body = JSON.stringify(call);
    return random.happens(0.1) ? body.slice(0, below(body.length)) : body;
  };
}

const socketTypes = {
  pion: ['joinRoom', 'leaveRoom', 'offer', 'answer', 'ice-candidate', 'mute', 'shown', 'x', '__proto__'],
  talksy: [
    ...[
      'offer',
      'answer',
      'candidate',
      'tracks_added',
      'subscribe_tracks',
      'switch_quality',
      'x',
      '__proto__',
    ],
    ...['update_bandwidth', 'set_bandwidth_limit', 'is_allow_renegotiation'],
  ],
} as const;

/** Frames of the dialects over WebSocket. They are all JSON: what is not ends a socket of Pion_SFU. */
export function nonsenseFrames(dialect: 'pion' | 'talksy'): () => string {
  const random = new SeededRandom(seed);
  const word = dialect === 'pion' ? 'event' : 'type';
  return () => {
    const type = random.happens(0.9)
      ? pick<unknown>(random, socketTypes[dialect])
      : pick<unknown>(random, values);
    const data = random.happens(0.3)
      ? pick<unknown>(random, values)
      : {
          room_id: pick<unknown>(random, values),
          self_id: pick<unknown>(random, values),
          offer: { type: 'offer', sdp: pick<unknown>(random, values) },
          candidate: pick<unknown>(random, values),
          mid: pick<unknown>(random, values),
        };
    return JSON.stringify({ [word]: type, data });
  };
}
