/** What a hostile client can be told to do, and what it reports: the words between the test and the attacker's process. */

/** Requests over a few connections that are kept, each sent when its time has come, whether or not those before are answered. */
export interface PostFlood {
  readonly kind: 'posts';
  readonly dialect: 'kraken' | 'whip';
  readonly what: 'publish' | 'nonsense' | 'large';
  readonly perSecond: number;
  readonly seconds: number;
}

/** Publications over WebSockets. */
export interface SocketFlood {
  readonly kind: 'socket-publications';
  readonly dialect: 'pion' | 'talksy';
  readonly perSecond: number;
  readonly seconds: number;
}

/** Connections that are opened and then next to silent. */
export interface SilentSockets {
  readonly kind: 'silent-sockets';
  readonly dialect: 'kraken' | 'whip' | 'pion' | 'talksy';
  readonly count: number;
  /** How many addresses of 127.0.0.0/8 they come from. */
  readonly addresses: number;
  /** How long they stay, once all are open. */
  readonly seconds: number;
}

/** Messages that are too long, nested too deep, or make no sense. */
export interface BadMessages {
  readonly kind: 'bad-messages';
  readonly dialect: 'kraken' | 'whip' | 'pion' | 'talksy';
  readonly what: 'long' | 'deep' | 'nonsense';
  readonly count: number;
}

export type Attack = PostFlood | SocketFlood | SilentSockets | BadMessages;

export interface AttackReport {
  /** How many requests, publications, sockets or messages there were. */
  readonly offered: number;
  readonly perSecond: number;
  /** How often it was answered so: statuses, codes, kinds of message, reasons of a close. */
  readonly answers: Readonly<Record<string, number>>;
}

export type AttackerMessage = { readonly report: AttackReport } | { readonly error: string };
