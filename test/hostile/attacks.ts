/** All attacks, in two sizes: as the goals say, and a slice of it for every run of the tests. */
import type { Attack } from './attack.ts';

export interface AttackSize {
  readonly seconds: number;
  /** Of floods with long bodies, which are worked on for long after. */
  readonly largeSeconds: number;
  readonly sockets: number;
  /** How long these stay: longer than a request may take, or only to be seen. */
  readonly silentSeconds: number;
  readonly longMessages: number;
  readonly badMessages: number;
}

export const fullSize: AttackSize = {
  seconds: 10,
  largeSeconds: 3,
  sockets: 10_000,
  silentSeconds: 20,
  longMessages: 20,
  badMessages: 500,
};
export const sliceSize: AttackSize = {
  seconds: 1,
  largeSeconds: 0.2,
  sockets: 500,
  silentSeconds: 0.2,
  longMessages: 4,
  badMessages: 100,
};

const perSecond = 1000;
/** No more than `limits.connections-per-address`. */
const socketsPerAddress = 250;

export interface NamedAttack {
  readonly name: string;
  readonly attack: Attack;
  /** What an answer may be: granted, or a clear word why not. */
  readonly answers: RegExp;
  /** What some answer has to be. */
  readonly refusal: RegExp;
}

type Dialect = 'kraken' | 'whip' | 'pion' | 'talksy';

const dialects: readonly Dialect[] = ['kraken', 'whip', 'pion', 'talksy'];

const publicationAnswers: Record<Dialect, Pick<NamedAttack, 'answers' | 'refusal'>> = {
  kraken: { answers: /^(200( 5003000)?|429 limit-connections|cut)$/, refusal: /^200 5003000$/ },
  whip: { answers: /^(201|429 limit-(joins|connections)|cut)$/, refusal: /^429 limit-joins$/ },
  pion: {
    answers: /^(answer|error limit-(joins|participants)|closed 1008 Too many messages\.)$/,
    refusal: /^error limit-joins$/,
  },
  talksy: { answers: /^(answer|error Too many clients joined.*|upgrade 429)$/, refusal: /^error Too many/ },
};

const nonsenseAnswers: Record<Dialect, Pick<NamedAttack, 'answers' | 'refusal'>> = {
  kraken: { answers: /^(400|200( 500\d{4})?)$/, refusal: /^(400|200 5002001)$/ },
  whip: { answers: /^(201|400 malformed-sdp|422 [\w-]+|429 limit-joins)$/, refusal: /^400 malformed-sdp$/ },
  pion: { answers: /^(ignored|error)$/, refusal: /^ignored$/ },
  talksy: { answers: /^(ignored|error)$/, refusal: /^ignored$/ },
};

/** Of bodies as long as they may be. Who is told to wait with them may be cut off before the rest is read. */
const largeAnswers: Record<'kraken' | 'whip', Pick<NamedAttack, 'answers' | 'refusal'>> = {
  kraken: { answers: /^(200( 5003000)?|429 limit-connections|cut)$/, refusal: /^(429|200 5003000)/ },
  whip: { answers: /^(201|422 [\w-]+|429 [\w-]+|cut)$/, refusal: /^(422|429) / },
};

/** A request that is refused while it is still being sent may be seen as a cut. */
const longAnswers: Record<Dialect, RegExp> = {
  kraken: /^(413|cut)$/,
  whip: /^(413|413 [\w-]+|cut)$/,
  pion: /^closed 1009$/,
  talksy: /^closed 1009$/,
};

const deepAnswers: Record<Dialect, RegExp> = {
  kraken: /^(400|200 5001001|200 5003000)$/,
  whip: /^(400 malformed-sdp|429 limit-joins)$/,
  pion: /^ignored$/,
  talksy: /^ignored$/,
};

/** A slow request has a time in which to be whole; a silent WebSocket of a dialect that speaks second, too. */
const silentAnswers: Record<Dialect, RegExp> = {
  kraken: /^(still open|408 Request Timeout|429 Too Many Requests|503 Service Unavailable)$/,
  whip: /^(still open|408 Request Timeout)$/,
  pion: /^(still open|101 Switching Protocols)$/,
  talksy: /^(still open|101 Switching Protocols)$/,
};

export function attacksOf(size: AttackSize): NamedAttack[] {
  const { seconds, largeSeconds, sockets, silentSeconds, longMessages, badMessages } = size;
  const addresses = Math.ceil(sockets / socketsPerAddress);
  const both = (answers: RegExp) => ({ answers, refusal: answers });
  return [
    ...(['kraken', 'whip'] as const).map((dialect) => ({
      name: `${dialect}: ${perSecond} publications a second from one address`,
      attack: { kind: 'posts', dialect, what: 'publish', perSecond, seconds } as const,
      ...publicationAnswers[dialect],
    })),
    ...(['pion', 'talksy'] as const).map((dialect) => ({
      name: `${dialect}: ${perSecond} publications a second from one address`,
      attack: { kind: 'socket-publications', dialect, perSecond, seconds } as const,
      ...publicationAnswers[dialect],
    })),
    ...(['kraken', 'whip'] as const).map((dialect) => ({
      name: `${dialect}: ${perSecond} requests a second with wrong types and unknown ids`,
      attack: { kind: 'posts', dialect, what: 'nonsense', perSecond, seconds } as const,
      ...nonsenseAnswers[dialect],
    })),
    ...(['kraken', 'whip'] as const).map((dialect) => ({
      name: `${dialect}: ${perSecond} publications of 250 KB a second from one address`,
      attack: { kind: 'posts', dialect, what: 'large', perSecond, seconds: largeSeconds } as const,
      ...largeAnswers[dialect],
    })),
    ...(['pion', 'talksy'] as const).map((dialect) => ({
      name: `${dialect}: frames with wrong types and unknown ids`,
      attack: { kind: 'bad-messages', dialect, what: 'nonsense', count: badMessages } as const,
      ...nonsenseAnswers[dialect],
    })),
    ...dialects.map((dialect) => ({
      name: `${dialect}: messages of 10 MB`,
      attack: { kind: 'bad-messages', dialect, what: 'long', count: longMessages } as const,
      ...both(longAnswers[dialect]),
    })),
    ...dialects.map((dialect) => ({
      name: `${dialect}: JSON nested 100 000 deep`,
      attack: { kind: 'bad-messages', dialect, what: 'deep', count: longMessages } as const,
      ...both(deepAnswers[dialect]),
    })),
    ...dialects.map((dialect) => ({
      name: `${dialect}: ${sockets} sockets that say next to nothing`,
      attack: { kind: 'silent-sockets', dialect, count: sockets, addresses, seconds: silentSeconds } as const,
      ...both(silentAnswers[dialect]),
    })),
  ];
}
