/** A headless peer that lives as a Kraken web client does: publishes, then polls. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type HeadlessNetwork, type HeadlessPeer, type HeadlessPeerOptions, until } from './headless-peer.ts';

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects there and fails if it is not.
export type Answer = Record<string, any>;

/** One call; the HTTP status has to be 200. */
export async function call(
  url: string,
  method: string,
  params: unknown[] = [],
  id?: string,
): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ ...(id === undefined ? {} : { id }), method, params }),
  });
  assert.equal(response.status, 200, method);
  return (await response.json()) as Answer;
}

export async function errorCodeOf(answer: Promise<Answer>): Promise<number | undefined> {
  return (await answer).error?.code;
}

/** The m-sections of an SDP. */
export function sections(sdp: string): string[] {
  return sdp
    .split(/^(?=m=)/m)
    .slice(1)
    .map((section) => section.replaceAll('\r', ''));
}

export function line(section: string, beginning: string): string | undefined {
  return section
    .split('\n')
    .find((text) => text.startsWith(beginning))
    ?.slice(beginning.length);
}

export const directionOf = (section: string): string | undefined =>
  /^a=(sendrecv|sendonly|recvonly|inactive)$/m.exec(section)?.[1];

/** The uid that kraken.fm makes for a nickname. */
export function uidOf(nickname: string, uuid: string = randomUUID()): string {
  return encodeURIComponent(`${uuid}:${Buffer.from(nickname).toString('base64')}`);
}

export interface CallerOptions extends HeadlessPeerOptions {
  /** Further parameters of publish. */
  readonly more?: unknown[];
  readonly withDataChannel?: boolean;
  readonly withVideo?: boolean;
  readonly direction?: 'sendrecv' | 'sendonly';
}

export class KrakenCaller {
  readonly url: string;
  readonly rid: string;
  readonly uid: string;
  readonly peer: HeadlessPeer;
  cid = '';
  offer = '';
  answerSdp = '';
  /** The offers it was given, in order. */
  readonly offers: string[] = [];

  constructor(network: HeadlessNetwork, url: string, rid: string, uid: string, options: CallerOptions = {}) {
    this.url = url;
    this.rid = rid;
    this.uid = uid;
    this.peer = network.createPeer(options);
    this.peer.addTrack('audio', `${uid}-stream`, `${uid}-microphone`, options.direction);
    if (options.withVideo === true) this.peer.addTrack('video', `${uid}-stream`, `${uid}-camera`);
    if (options.withDataChannel === true) this.peer.openDataChannel('chat');
  }

  /** Publishes and waits for the connection. */
  static async join(
    network: HeadlessNetwork,
    url: string,
    rid: string,
    uid: string,
    options: CallerOptions = {},
  ): Promise<KrakenCaller> {
    const caller = new KrakenCaller(network, url, rid, uid, options);
    await caller.publish(options.more);
    await until(`${uid} is connected`, () => caller.peer.connected);
    return caller;
  }

  async publish(more: unknown[] = []): Promise<Answer> {
    this.offer = this.peer.createOffer();
    const jsep = JSON.stringify({ type: 'offer', sdp: this.offer });
    const answer = await call(this.url, 'publish', [this.rid, this.uid, jsep, ...more]);
    assert.deepEqual(answer.error, undefined);
    this.cid = answer.data.track;
    this.answerSdp = answer.data.sdp.sdp;
    this.peer.acceptAnswer(this.answerSdp);
    return answer;
  }

  rpc(method: string, ...more: unknown[]): Promise<Answer> {
    return call(this.url, method, [this.rid, this.uid, this.cid, ...more]);
  }

  /** One poll without taking what it brings. */
  async subscribe(): Promise<Answer> {
    const answer = await this.rpc('subscribe');
    assert.equal(answer.error, undefined, JSON.stringify(answer.error));
    if (answer.data.type === 'offer') this.offers.push(answer.data.sdp);
    return answer.data;
  }

  async answer(offer: string): Promise<void> {
    const jsep = JSON.stringify({ type: 'answer', sdp: this.peer.answerOffer(offer) });
    assert.deepEqual((await this.rpc('answer', jsep)).data, {});
  }

  /** One round of polling, as the clients do it; the offer if there was one. */
  async poll(): Promise<string | null> {
    const { type, sdp } = await this.subscribe();
    if (type !== 'offer') return null;
    await this.answer(sdp);
    return sdp;
  }

  /** Polls until there is an offer, and answers it. */
  async nextOffer(what: string): Promise<string> {
    const end = performance.now() + 10_000;
    for (;;) {
      const offer = await this.poll();
      if (offer !== null) return offer;
      if (performance.now() > end) throw new Error(`${what}: ${this.uid} was offered nothing`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** "uid cid" of everything that it is sent and of which packets arrive. */
  get heard(): string[] {
    return this.peer.remoteTracks
      .filter(({ packets }) => packets > 0)
      .map(({ streamId, trackId }) => `${streamId} ${trackId}`)
      .sort();
  }

  get msid(): string {
    return `${this.uid} ${this.cid}`;
  }

  /** Polls until it hears exactly these. */
  async hears(...others: { readonly msid: string }[]): Promise<void> {
    const wanted = others.map(({ msid }) => msid).sort();
    const end = performance.now() + 15_000;
    for (;;) {
      await this.poll();
      if (JSON.stringify(this.heard) === JSON.stringify(wanted)) return;
      if (performance.now() > end)
        throw new Error(`${this.uid} hears ${this.heard.join(', ')} and not ${wanted.join(', ')}`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  end(): Promise<Answer> {
    return this.rpc('end');
  }
}
