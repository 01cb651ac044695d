/** A headless peer that behaves over its socket as the shipped client does. */
import type { HeadlessNetwork, HeadlessPeer } from './headless-peer.ts';
import { until } from './headless-peer.ts';
import { PionTestClient, type ServerMessage } from './pion-test-client.ts';

export interface PionCallerOptions {
  /** Answers without ids, as the shipped client does towards the original. */
  readonly anonymousAnswers?: boolean;
  /** Ignores server offers that cross its own, instead of taking its own back. */
  readonly impolite?: boolean;
  /** More members of joinRoom. */
  readonly join?: object;
}

export class PionCaller {
  readonly client: PionTestClient;
  readonly peer: HeadlessPeer;
  readonly roomId: string;
  readonly selfId: string;
  /** Set to keep server offers for takeHeldOffers() instead of answering them. */
  holdOffers = false;
  /** What failed on the client's side, such as a description that does not fit. */
  readonly failures: unknown[] = [];
  readonly #options: PionCallerOptions;
  #held: ServerMessage['data'][] = [];

  private constructor(
    client: PionTestClient,
    peer: HeadlessPeer,
    roomId: string,
    selfId: string,
    options: PionCallerOptions,
  ) {
    this.client = client;
    this.peer = peer;
    this.roomId = roomId;
    this.selfId = selfId;
    this.#options = options;
    client.onMessage = (message) => this.#receive(message);
  }

  static async join(
    network: HeadlessNetwork,
    url: string,
    roomId: string,
    selfId: string,
    options: PionCallerOptions = {},
  ): Promise<PionCaller> {
    const client = await PionTestClient.open(url);
    const caller = new PionCaller(client, network.createPeer(), roomId, selfId, options);
    client.join(roomId, selfId, options.join);
    return caller;
  }

  /** Joins with a camera and a microphone, and waits for the connection. */
  static async publish(
    network: HeadlessNetwork,
    url: string,
    roomId: string,
    selfId: string,
    options: PionCallerOptions = {},
  ): Promise<PionCaller> {
    const caller = await PionCaller.join(network, url, roomId, selfId, options);
    caller.peer.addTrack('audio', `${selfId}-stream`, `${selfId}-audio`);
    caller.peer.addTrack('video', `${selfId}-stream`, `${selfId}-video`);
    await caller.connect();
    return caller;
  }

  async connect(): Promise<void> {
    this.offer();
    await until(`${this.selfId} connected`, () => this.peer.connected);
  }

  offer(): void {
    this.client.offer(this.roomId, this.selfId, this.peer.createOffer());
  }

  takeHeldOffers(): void {
    this.holdOffers = false;
    for (const offer of this.#held.splice(0)) this.#answer(offer);
  }

  get heldOffers(): number {
    return this.#held.length;
  }

  /** The tracks of which media arrives, sorted. */
  get heard(): string[] {
    return this.peer.remoteTracks
      .filter(({ packets }) => packets > 0)
      .map(({ trackId }) => trackId ?? '')
      .sort();
  }

  leave(): void {
    this.client.send('leaveRoom', { room_id: this.roomId, self_id: this.selfId });
  }

  close(): void {
    this.client.close();
    this.peer.close();
  }

  #receive({ event, data }: ServerMessage): void {
    if (event === 'answer') this.#try(() => this.peer.acceptAnswer(data.sdp));
    else if (event === 'offer' && this.holdOffers) this.#held.push(data);
    else if (event === 'offer') this.#answer(data);
  }

  #answer(offer: ServerMessage['data']): void {
    if (this.#options.impolite && this.peer.negotiator.signalingState === 'have-local-offer') return;
    this.#try(() => {
      const answer = { type: 'answer', sdp: this.peer.answerOffer(offer.sdp) };
      const ids = this.#options.anonymousAnswers ? {} : { self_id: offer.self_id, room_id: offer.room_id };
      this.client.send('answer', { ...ids, answer });
    });
  }

  #try(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.failures.push(error);
    }
  }
}
