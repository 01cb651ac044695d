/**
 * One WebSocket of this dialect: a client that is greeted at once, and becomes a participant of its room with its first
 * offer.
 *
 * Who closes whom: a socket that closes ends its participant at once; a participant that ends by itself closes its
 * socket, with the reason.
 */
import { UserError } from '../../errors.ts';
import { CloseCode, type SignalingSocket } from '../../http/signaling-socket.ts';
import type { Logger } from '../../log.ts';
import type { Participant } from '../../rooms/participant.ts';
import type { Publication } from '../../rooms/publication.ts';
import type { Rooms } from '../../rooms/rooms.ts';
import type { DataChannel } from '../../webrtc/data-channels/data-channel.ts';
import { TokenBucket } from '../token-bucket.ts';
import { type ClientMessage, parseClientMessage, type SubscriptionRequest } from './client-message.ts';
import { ClientNegotiation } from './client-negotiation.ts';
import { type ClientFacts, type ClientStatistics, clientStatistics } from './client-statistics.ts';
import { internalLabel, openInternalChannel } from './internal-channel.ts';
import type { InternalMessage, PublishLimitation } from './internal-message.ts';
import { NamedTimers } from './named-timers.ts';
import { NetworkCondition } from './network-condition.ts';
import { OwnTracks } from './own-tracks.ts';
import { PathMeasure } from './path-measure.ts';
import type { PictureLevel } from './quality.ts';
import { ReceivedVideo } from './received-video.ts';
import {
  type AvailableTrack,
  formatGreeting,
  formatServerMessage,
  type ServerMessages,
} from './server-message.ts';
import type { TalksyRoom } from './talksy-room.ts';
import type { TalksyTimings, Time } from './timings.ts';
import { wireId, wireIdentity } from './wire-identity.ts';

/** A call begins with a burst of candidates; what makes the server work counts for several of them. */
const messageBurst = 1000;
const messagesPerSecond = 100;
const costs: Partial<Record<ClientMessage['type'], number>> = { offer: 10, answer: 10, subscribe_tracks: 5 };
/** Tracks that may be asked for before the connection is up. */
const maxQueuedRequests = 4096;

export interface TalksyClientOptions {
  readonly id: string;
  readonly socket: Pick<SignalingSocket, 'send' | 'close' | 'onmessage' | 'onclose'>;
  readonly room: TalksyRoom;
  readonly rooms: Pick<Rooms, 'join'>;
  /** Whether the client's address may join once more by now. */
  readonly mayJoin: () => boolean;
  readonly log: Logger;
  readonly time: Time;
  readonly timings: TalksyTimings;
}

export class TalksyClient implements ClientFacts {
  readonly id: string;
  /** Its own word, or what it measured: bit/s it can send. */
  publisherBandwidth = 0;
  publishLimitation: PublishLimitation = 'none';
  /** Set with its first offer. */
  participant: Participant | null = null;

  readonly #options: TalksyClientOptions;
  readonly #budget: TokenBucket;
  readonly #timers: NamedTimers;
  readonly #negotiation: ClientNegotiation;
  readonly #ownTracks = new OwnTracks();
  readonly #video = new ReceivedVideo();
  readonly #condition = new NetworkCondition();
  readonly #path = new PathMeasure();
  readonly #wanted = new Set<Publication>();
  /** Asked for before the connection was up. */
  #requests: SubscriptionRequest[] = [];
  /** What the client has not been told of yet. */
  readonly #news = new Set<Publication>();
  #channel: DataChannel | null = null;
  /** What it is sent at most, bit/s; 0 for no limit. */
  #bandwidthLimit = 0;
  #joined = false;
  /** Whether tracks may be sent: the data channel comes before them. */
  #receives = false;
  #ended = false;

  /** Takes the socket over: sets its handlers. */
  constructor(options: TalksyClientOptions) {
    const { socket, time, timings, log } = options;
    this.id = options.id;
    this.#options = options;
    this.#budget = new TokenBucket(messageBurst, messagesPerSecond, time.now());
    this.#timers = new NamedTimers(time, (error) => this.#bug(error));
    this.#negotiation = new ClientNegotiation({
      time,
      timings,
      timers: this.#timers,
      log,
      join: (sdp) => this.#join(sdp),
      send: (text) => socket.send(text),
      giveUp: () => this.end('timeout'),
    });
    socket.onmessage = (text) => this.#receive(text);
    socket.onclose = () => this.#stop();
    this.#timers.schedule('join', timings.joinMs, () => this.end('timeout'));
    this.#timers.schedule('statistics', timings.statisticsMs, () => this.#everySecond());
  }

  greet(): void {
    this.#options.socket.send(formatGreeting(this.id));
  }

  /** Closes the socket, and with it everything. Only the first time counts. */
  end(reason: string, code: number = CloseCode.Normal): void {
    if (this.#ended) return;
    this.#options.socket.close(code, reason);
    this.#stop();
  }

  /** null where no video is to be sent. */
  ceilingOf(publication: Publication): PictureLevel | null {
    return this.#video.ceilingOf(publication);
  }

  statistics(): ClientStatistics {
    return clientStatistics(this, this.participant, this.#options.room);
  }

  /** Somebody in the room publishes this now. */
  publicationAdded(publication: Publication): void {
    if (publication.participant.id === this.id) return;
    this.#news.add(publication);
    // What comes at once is told at once.
    this.#timers.schedule('news', 0, () => this.#tellNews());
  }

  publicationRemoved(publication: Publication): void {
    this.#news.delete(publication);
    this.#wanted.delete(publication);
  }

  /** Whether notify() reaches it. */
  get notifiable(): boolean {
    return this.#channel?.state === 'open';
  }

  /** Sends on the internal channel. */
  notify(text: string): void {
    if (this.notifiable) this.#channel!.send(text);
  }

  #receive(text: string): void {
    const message = parseClientMessage(text);
    const cost = message.type === null ? 1 : (costs[message.type] ?? 1);
    if (!this.#budget.spend(cost, this.#options.time.now())) {
      this.end('Too many messages.', CloseCode.PolicyViolation);
    } else if (message.type === null)
      this.#options.log.debug({ ...this.#fields(), reason: message.reason }, 'message ignored');
    else this.#guarded(() => this.#handle(message));
  }

  #handle(message: ClientMessage): void {
    switch (message.type) {
      case 'offer':
        this.#negotiation.receiveOffer(message.data);
        break;
      case 'answer':
        this.#negotiation.receiveAnswer(message.data);
        break;
      case 'candidate':
        this.#negotiation.receiveCandidate(message.data);
        break;
      case 'is_allow_renegotiation':
        this.#negotiation.asked();
        break;
      case 'tracks_added':
        this.#confirm(message.data);
        break;
      case 'subscribe_tracks':
        this.#subscribe(message.data);
        break;
      case 'switch_quality':
        this.#video.setCeiling(message.data);
        this.#applyVideo();
        break;
      case 'update_bandwidth':
        if (message.data > 0) this.publisherBandwidth = message.data;
        break;
      case 'set_bandwidth_limit':
        this.#bandwidthLimit = message.data;
        if (this.participant !== null) this.#applyBandwidthLimit(this.participant);
        break;
    }
  }

  #join(sdp: string): { participant: Participant; answer: string } {
    const { rooms, room, mayJoin } = this.#options;
    if (!mayJoin())
      throw new UserError('limit-joins', 'Too many clients joined from your address. Try again later.');
    let answer = '';
    const participant = rooms.join(
      {
        roomId: room.id,
        participantId: this.id,
        dialect: 'talksy',
        renegotiates: true,
        holdsBack: () => true,
        wants: (publication) => this.#receives && this.#wanted.has(publication),
        msidOf: wireIdentity,
        sharesData: ({ label }) => label !== internalLabel,
      },
      (newcomer) => {
        this.#listen(newcomer);
        if (this.#bandwidthLimit > 0) this.#applyBandwidthLimit(newcomer);
        answer = newcomer.answerOffer(sdp);
      },
    );
    this.participant = participant;
    return { participant, answer };
  }

  #listen(participant: Participant): void {
    const { timings } = this.#options;
    participant.on('negotiationneeded', () => this.#negotiation.changed());
    participant.on('connectionstatechange', (state) => {
      if (state === 'connected' && !this.#joined) this.#connected(participant);
    });
    participant.on('publicationadded', (publication) => {
      this.#ownTracks.arrived(publication);
      this.#timers.schedule('question', timings.askOwnerMs, () => this.#askOwner());
    });
    participant.on('publicationremoved', (publication) => this.#ownTracks.gone(publication));
    participant.on('subscriptionchanged', (subscription) => {
      if (subscription.state !== 'ended') this.#video.apply(subscription);
    });
    participant.on('closed', (reason) => {
      this.end(reason, reason === 'internal-error' ? CloseCode.InternalError : CloseCode.Normal);
    });
  }

  /** The connection is up: this is when a client has joined. */
  #connected(participant: Participant): void {
    const { time, timings, room } = this.#options;
    this.#joined = true;
    this.#timers.cancel('join');
    room.joined();
    this.#negotiation.connected();
    this.#channel = openInternalChannel(participant, time.now, {
      message: (message) => this.#guarded(() => this.#receiveInternal(message)),
      settled: () => this.#guarded(() => this.#startReceiving()),
    });
    if (!this.#receives) {
      this.#timers.schedule('channel', timings.channelPatienceMs, () => this.#startReceiving());
    }
    for (const publication of participant.room.publications()) {
      if (publication.participant !== participant) this.#news.add(publication);
    }
    this.#tellNews();
    for (const request of this.#requests.splice(0)) this.#want(participant, request);
  }

  #startReceiving(): void {
    if (this.#receives) return;
    this.#receives = true;
    this.#timers.cancel('channel');
    this.participant?.reconsider();
  }

  #askOwner(): void {
    const question = this.#ownTracks.takeQuestion();
    if (question !== null) this.#send('tracks_added', question);
  }

  #confirm(words: ReadonlyMap<string, string>): void {
    const { room } = this.#options;
    if (this.participant === null) return;
    this.#ownTracks.confirm(this.participant, words, (publication, source) =>
      room.learnSource(publication, source),
    );
  }

  /** Keyed by track id: what shares one with a track of somebody else's goes into a message of its own. */
  #tellNews(): void {
    while (this.#news.size > 0) {
      const tracks: Record<string, AvailableTrack> = {};
      for (const publication of [...this.#news]) {
        const track = this.#options.room.availableTrack(publication);
        if (Object.hasOwn(tracks, track.id)) continue;
        tracks[track.id] = track;
        this.#news.delete(publication);
      }
      this.#send('tracks_available', tracks);
    }
  }

  #subscribe(requests: readonly SubscriptionRequest[]): void {
    const { participant } = this;
    if (participant === null || !this.#joined) {
      this.#requests.push(...requests.slice(0, maxQueuedRequests - this.#requests.length));
      return;
    }
    for (const request of requests) this.#want(participant, request);
    if (this.#receives) participant.reconsider();
  }

  /** Unknown clients and tracks, and its own, are passed over. */
  #want(participant: Participant, { client_id, track_id }: SubscriptionRequest): void {
    const owner = participant.room.participants.get(client_id);
    if (owner === undefined || owner === participant) return;
    for (const publication of owner.publications.values()) {
      if (publication.announced && wireId(publication.trackId) === track_id) this.#wanted.add(publication);
    }
  }

  #receiveInternal(message: InternalMessage): void {
    if (message.type === 'stats') {
      const { available_outgoing_bitrate, quality_limitation_reason } = message.data;
      if (available_outgoing_bitrate > 0) this.publisherBandwidth = available_outgoing_bitrate;
      this.publishLimitation = quality_limitation_reason;
      return;
    }
    const { track_id, width, height } = message.data;
    this.#video.setSize(this.participant?.subscriptions.keys() ?? [], track_id, width, height);
    this.#applyVideo();
  }

  #applyVideo(): void {
    for (const subscription of this.participant?.subscriptions.values() ?? [])
      this.#video.apply(subscription);
  }

  #applyBandwidthLimit(participant: Participant): void {
    participant.setOutgoingBitrate({ max: this.#bandwidthLimit === 0 ? null : this.#bandwidthLimit });
  }

  #everySecond(): void {
    const { time, timings } = this.#options;
    this.#timers.schedule('statistics', timings.statisticsMs, () => this.#everySecond());
    this.#applyVideo();
    this.#send('track_stats', this.statistics());
    if (this.participant === null) return;
    const condition = this.#condition.observe(time.now(), this.#path.measure(this.participant));
    if (condition !== null) this.#send('network_condition', condition);
  }

  #send<Type extends keyof ServerMessages>(type: Type, data: ServerMessages[Type]): void {
    this.#options.socket.send(formatServerMessage(type, data));
  }

  #guarded(action: () => void): void {
    if (this.#ended) return;
    try {
      action();
    } catch (error) {
      this.#bug(error);
    }
  }

  /** Ends this client, and nothing else. */
  #bug(error: unknown): void {
    this.#options.log.error({ ...this.#fields(), err: error }, 'bug in the Talksy dialect');
    this.end('internal-error', CloseCode.InternalError);
  }

  #stop(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#timers.end();
    this.#options.room.remove(this);
    this.participant?.leave('left');
  }

  #fields(): object {
    return { room: this.#options.room.id, participant: this.id };
  }
}
