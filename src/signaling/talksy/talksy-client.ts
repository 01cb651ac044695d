/**
 * One WebSocket of this dialect: a client that is greeted at once, and becomes a participant of its room with its first
 * offer.
 *
 * Who closes whom: a socket that closes ends its participant at once; a participant that ends by itself closes its
 * socket, with the reason.
 */
import { ProtocolError, UserError } from '../../errors.ts';
import { CloseCode, type SignalingSocket } from '../../http/signaling-socket.ts';
import type { Logger } from '../../log.ts';
import type { Participant } from '../../rooms/participant.ts';
import type { Publication } from '../../rooms/publication.ts';
import type { Rooms } from '../../rooms/rooms.ts';
import type { DataChannel } from '../../webrtc/data-channels/data-channel.ts';
import { TokenBucket } from '../token-bucket.ts';
import { candidateMessage } from './candidate-message.ts';
import { type ClientMessage, parseClientMessage, type SubscriptionRequest } from './client-message.ts';
import { type ClientFacts, type ClientStatistics, clientStatistics } from './client-statistics.ts';
import { internalLabel, openInternalChannel } from './internal-channel.ts';
import type { InternalMessage, PublishLimitation } from './internal-message.ts';
import { Negotiation } from './negotiation.ts';
import { NetworkCondition } from './network-condition.ts';
import { OwnTracks } from './own-tracks.ts';
import { PathMeasure } from './path-measure.ts';
import type { PictureLevel } from './quality.ts';
import { ReceivedVideo } from './received-video.ts';
import { formatError, formatGreeting, formatServerMessage, type ServerMessages } from './server-message.ts';
import type { TalksyRoom } from './talksy-room.ts';
import type { TalksyTimings, Time } from './timings.ts';
import { wireId, wireIdentity } from './wire-identity.ts';

/** A call begins with a burst of candidates; an offer or answer counts for ten of them. */
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
  readonly #negotiation: Negotiation;
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
  readonly #cancel = new Map<string, () => void>();

  /** Takes the socket over: sets its handlers. */
  constructor(options: TalksyClientOptions) {
    const { socket, time, timings } = options;
    this.id = options.id;
    this.#options = options;
    this.#budget = new TokenBucket(messageBurst, messagesPerSecond, time.now());
    this.#negotiation = new Negotiation(timings);
    socket.onmessage = (text) => this.#receive(text);
    socket.onclose = () => this.#stop();
    this.#schedule('join', timings.joinMs, () => this.end('timeout'));
    this.#schedule('statistics', timings.statisticsMs, () => this.#everySecond());
  }

  greet(): void {
    this.#options.socket.send(formatGreeting(this.id));
  }

  /** Closes the socket, and with it everything. */
  end(reason: string): void {
    const code = reason === 'internal-error' ? CloseCode.InternalError : CloseCode.Normal;
    this.#stop();
    this.#options.socket.close(code, reason);
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
    this.#schedule('news', 0, () => this.#tellNews());
  }

  publicationRemoved(publication: Publication): void {
    this.#news.delete(publication);
    this.#wanted.delete(publication);
  }

  /** Sends on the internal channel, if it is open. */
  notify(text: string): void {
    if (this.#channel?.state === 'open') this.#channel.send(text);
  }

  get notifiable(): boolean {
    return this.#channel?.state === 'open';
  }

  #receive(text: string): void {
    const message = parseClientMessage(text);
    const cost = message.type === null ? 1 : (costs[message.type] ?? 1);
    if (!this.#budget.spend(cost, this.#options.time.now())) {
      this.#stop();
      this.#options.socket.close(CloseCode.PolicyViolation, 'Too many messages.');
    } else if (message.type === null)
      this.#options.log.debug({ ...this.#fields(), reason: message.reason }, 'message ignored');
    else this.#guarded(() => this.#handle(message));
  }

  #handle(message: ClientMessage): void {
    switch (message.type) {
      case 'offer':
        return this.#receiveOffer(message.data);
      case 'answer':
        return this.#receiveAnswer(message.data);
      case 'candidate':
        return this.#receiveCandidate(message.data);
      case 'tracks_added':
        if (this.participant !== null) this.#confirm(this.participant, message.data);
        return;
      case 'subscribe_tracks':
        return this.#subscribe(message.data);
      case 'switch_quality':
        this.#video.setCeiling(message.data);
        return this.#applyVideo();
      case 'update_bandwidth':
        if (message.data > 0) this.publisherBandwidth = message.data;
        return;
      case 'set_bandwidth_limit':
        this.#bandwidthLimit = message.data;
        return this.#applyBandwidthLimit();
      case 'is_allow_renegotiation':
        this.#send('allow_renegotiation', this.#negotiation.asked(this.#options.time.now()));
        return this.#rearm();
    }
  }

  #receiveOffer(sdp: string): void {
    const { time, socket } = this.#options;
    const first = this.participant === null;
    let answer: string;
    try {
      answer = this.participant === null ? this.#join(sdp) : this.participant.answerOffer(sdp);
    } catch (error) {
      if (!(error instanceof ProtocolError || error instanceof UserError)) throw error;
      this.#options.log.info({ ...this.#fields(), code: error.code, reason: error.message }, 'offer refused');
      socket.send(formatError(error.message));
      this.#negotiation.offerRefused(time.now());
      return this.#rearm();
    }
    this.#send('answer', { type: 'answer', sdp: answer });
    if (first) this.#sendCandidates();
    this.#negotiation.offerAnswered(time.now());
    this.#rearm();
  }

  /** Joins with its first offer. @returns the answer @throws ProtocolError, UserError; nothing has changed then */
  #join(sdp: string): string {
    const { rooms, room } = this.#options;
    let answer = '';
    this.participant = rooms.join(
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
        if (this.#bandwidthLimit > 0) newcomer.setOutgoingBitrate({ max: this.#bandwidthLimit });
        answer = newcomer.answerOffer(sdp);
      },
    );
    return answer;
  }

  #listen(participant: Participant): void {
    const { time, timings } = this.#options;
    participant.on('negotiationneeded', () => {
      this.#negotiation.changed(time.now());
      this.#rearm();
    });
    participant.on('connectionstatechange', (state) => {
      if (state === 'connected' && !this.#joined) this.#connected(participant);
    });
    participant.on('publicationadded', (publication) => {
      this.#ownTracks.arrived(publication);
      this.#schedule('question', timings.askOwnerMs, () => this.#askOwner());
    });
    participant.on('publicationremoved', (publication) => this.#ownTracks.gone(publication));
    participant.on('subscriptionchanged', (subscription) => {
      if (subscription.state !== 'ended') this.#video.apply(subscription);
    });
    participant.on('closed', (reason) => this.end(reason));
  }

  #sendCandidates(): void {
    const { participant } = this;
    if (participant === null) return;
    const { usernameFragment } = participant.localIceCredentials;
    for (const candidate of participant.localCandidates)
      this.#send('candidate', candidateMessage(candidate, usernameFragment));
  }

  #receiveAnswer(sdp: string): void {
    const { participant } = this;
    // A late one, to an offer that its own made void.
    if (participant === null || this.#negotiation.state !== 'server-turn') return;
    try {
      participant.acceptAnswer(sdp);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#options.log.info({ ...this.#fields(), reason: error.message }, 'answer refused');
      return;
    }
    if (this.#negotiation.answerAccepted(this.#options.time.now())) this.#send('allow_renegotiation', 'ok');
    this.#rearm();
  }

  #receiveCandidate(candidate: string): void {
    try {
      this.participant?.addRemoteCandidate(candidate);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#options.log.debug({ ...this.#fields(), reason: error.message }, 'candidate ignored');
    }
  }

  /** The connection is up: this is when a client has joined. */
  #connected(participant: Participant): void {
    const { time, timings, room } = this.#options;
    this.#joined = true;
    this.#unschedule('join');
    room.joined();
    this.#negotiation.connected(time.now());
    this.#channel = openInternalChannel(participant, time.now, {
      message: (message) => this.#guarded(() => this.#receiveInternal(message)),
      settled: () => this.#guarded(() => this.#startReceiving()),
    });
    if (!this.#receives) this.#schedule('channel', timings.channelPatienceMs, () => this.#startReceiving());
    for (const publication of participant.room.publications()) {
      if (publication.participant !== participant) this.#news.add(publication);
    }
    this.#tellNews();
    for (const request of this.#requests.splice(0)) this.#want(participant, request);
    this.#rearm();
  }

  #startReceiving(): void {
    if (this.#receives) return;
    this.#receives = true;
    this.#unschedule('channel');
    this.participant?.reconsider();
  }

  #confirm(participant: Participant, words: ReadonlyMap<string, string>): void {
    this.#ownTracks.confirm(participant, words, (publication, source) =>
      this.#options.room.learnSource(publication, source),
    );
  }

  #askOwner(): void {
    const question = this.#ownTracks.takeQuestion();
    if (question !== null) this.#send('tracks_added', question);
  }

  #tellNews(): void {
    if (this.#news.size === 0) return;
    const tracks = [...this.#news].map((publication) => this.#options.room.availableTrack(publication));
    this.#news.clear();
    this.#send('tracks_available', Object.fromEntries(tracks.map((track) => [track.id, track])));
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
    this.#video.setSize(this.participant?.subscriptions.values() ?? [], track_id, width, height);
    this.#applyVideo();
  }

  #applyVideo(): void {
    for (const subscription of this.participant?.subscriptions.values() ?? [])
      this.#video.apply(subscription);
  }

  #applyBandwidthLimit(): void {
    const max = this.#bandwidthLimit === 0 ? null : this.#bandwidthLimit;
    this.participant?.setOutgoingBitrate({ max });
  }

  #everySecond(): void {
    const { time, timings } = this.#options;
    this.#schedule('statistics', timings.statisticsMs, () => this.#everySecond());
    this.#applyVideo();
    this.#send('track_stats', this.statistics());
    if (this.participant === null) return;
    const condition = this.#condition.observe(time.now(), this.#path.measure(this.participant));
    if (condition !== null) this.#send('network_condition', condition);
  }

  /** Sets the one timer of the negotiation to what it waits for. */
  #rearm(): void {
    const { time } = this.#options;
    const { deadlineMs } = this.#negotiation;
    if (deadlineMs === Number.POSITIVE_INFINITY) this.#unschedule('negotiation');
    else
      this.#schedule('negotiation', Math.max(0, deadlineMs - time.now()), () => {
        const step = this.#negotiation.handleTimeout(time.now());
        if (step === 'give-up') this.end('timeout');
        else if (step === 'offer') this.#offer();
        this.#rearm();
      });
  }

  #offer(): void {
    const { participant } = this;
    if (participant === null || !participant.negotiationNeeded) {
      this.#negotiation.offerWithdrawn(this.#options.time.now());
      return;
    }
    this.#send('offer', { type: 'offer', sdp: participant.createOffer() });
  }

  #send<Type extends keyof ServerMessages>(type: Type, data: ServerMessages[Type]): void {
    this.#options.socket.send(formatServerMessage(type, data));
  }

  /** One timer of each name; a new one takes the place of the old. */
  #schedule(name: string, delayMs: number, run: () => void): void {
    this.#unschedule(name);
    if (this.#ended) return;
    const cancel = this.#options.time.after(delayMs, () => {
      this.#cancel.delete(name);
      this.#guarded(run);
    });
    this.#cancel.set(name, cancel);
  }

  #unschedule(name: string): void {
    this.#cancel.get(name)?.();
    this.#cancel.delete(name);
  }

  /** A bug ends this client, and nothing else. */
  #guarded(action: () => void): void {
    if (this.#ended) return;
    try {
      action();
    } catch (error) {
      this.#options.log.error({ ...this.#fields(), err: error }, 'bug in the Talksy dialect');
      this.end('internal-error');
    }
  }

  #stop(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const cancel of this.#cancel.values()) cancel();
    this.#cancel.clear();
    this.#options.room.remove(this);
    this.participant?.leave('left');
  }

  #fields(): object {
    return { room: this.#options.room.id, participant: this.id };
  }
}
