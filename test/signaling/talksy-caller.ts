/** A headless peer that behaves over its socket as the original's page does. */
import type { HeadlessNetwork, HeadlessPeer } from './headless-peer.ts';
import { until } from './headless-peer.ts';
import { type TalksyMessage, TalksyTestClient } from './talksy-test-client.ts';

export interface TalksyCallerOptions {
  /** Leaves `tracks_added` of the server unanswered. */
  readonly silent?: boolean;
  /** Does not subscribe to what it hears of. */
  readonly deaf?: boolean;
  /** What it says its tracks are; the page says `media` of everything. */
  readonly word?: string;
}

interface AnnouncedTrack {
  readonly client_id: string;
  readonly source_type: string;
}

export class TalksyCaller {
  readonly client: TalksyTestClient;
  readonly peer: HeadlessPeer;
  readonly name: string;
  /** Set to keep server offers for takeHeldOffers() instead of answering them. */
  holdOffers = false;
  /** What came on the data channel `internal`. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects there.
  readonly notices: { type: string; data: any }[] = [];
  readonly failures: unknown[] = [];
  readonly #options: TalksyCallerOptions;
  #held: string[] = [];
  #wantsToOffer = false;
  readonly #hooked = new Set<object>();

  private constructor(
    client: TalksyTestClient,
    peer: HeadlessPeer,
    name: string,
    options: TalksyCallerOptions,
  ) {
    this.client = client;
    this.peer = peer;
    this.name = name;
    this.#options = options;
    client.onMessage = (message) => this.#receive(message);
  }

  static async open(
    network: HeadlessNetwork,
    origin: string,
    room: string,
    name: string,
    options: TalksyCallerOptions = {},
  ): Promise<TalksyCaller> {
    const client = await TalksyTestClient.openRoom(origin, room);
    return new TalksyCaller(client, network.createPeer(), name, options);
  }

  /** Starts with microphone and camera, audio first, both sendrecv, and waits for the connection. */
  static async start(
    network: HeadlessNetwork,
    origin: string,
    room: string,
    name: string,
    options: TalksyCallerOptions = {},
  ): Promise<TalksyCaller> {
    const caller = await TalksyCaller.open(network, origin, room, name, options);
    caller.addCamera();
    await caller.connect();
    return caller;
  }

  addCamera(): void {
    this.peer.addTrack('audio', `${this.name}-stream`, `${this.name}-audio`);
    this.peer.addTrack('video', `${this.name}-stream`, `${this.name}-video`);
  }

  async connect(): Promise<void> {
    this.offer();
    await until(`${this.name} connected`, () => this.peer.connected);
  }

  offer(): void {
    this.client.send('offer', this.peer.createOffer());
  }

  /** As the page shares its screen: it asks, and offers once it may. */
  shareScreen(): void {
    this.peer.addTrack('video', `${this.name}-screen`, `${this.name}-screen-video`);
    this.#wantsToOffer = true;
    this.client.send('is_allow_renegotiation');
  }

  takeHeldOffers(): void {
    this.holdOffers = false;
    for (const sdp of this.#held.splice(0)) this.#answer(sdp);
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

  /** Says something on the data channel `internal`. */
  tell(type: string, data: unknown): void {
    this.peer.openedChannels.find(({ label }) => label === 'internal')?.send(JSON.stringify({ type, data }));
  }

  /** Notes what the server says on its data channel, from when it is there. */
  listen(): void {
    for (const channel of this.peer.openedChannels) {
      if (this.#hooked.has(channel)) continue;
      this.#hooked.add(channel);
      channel.on('message', (data) => this.notices.push(JSON.parse(new TextDecoder().decode(data))));
    }
  }

  close(): void {
    this.client.close();
    this.peer.close();
  }

  #receive({ type, data }: TalksyMessage): void {
    if (type === 'answer') {
      this.#wantsToOffer = false;
      this.#try(() => this.peer.acceptAnswer(data.sdp));
    } else if (type === 'offer' && this.holdOffers) this.#held.push(data.sdp);
    else if (type === 'offer') this.#answer(data.sdp);
    else if (type === 'allow_renegotiation') {
      if (data && this.#wantsToOffer) this.offer();
    } else if (type === 'tracks_added' && !this.#options.silent) {
      const { word = 'media' } = this.#options;
      this.client.send('tracks_added', Object.fromEntries(Object.keys(data).map((id) => [id, word])));
    } else if (type === 'tracks_available' && !this.#options.deaf) {
      const requests = Object.entries(data as Record<string, AnnouncedTrack>).map(
        ([track_id, { client_id, source_type }]) => ({ client_id, track_id, source_type }),
      );
      this.client.send('subscribe_tracks', requests);
    }
  }

  #answer(sdp: string): void {
    this.#try(() => this.client.send('answer', this.peer.answerOffer(sdp)));
  }

  #try(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.failures.push(error);
    }
  }
}
