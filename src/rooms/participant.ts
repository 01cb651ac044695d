/**
 * One member of a room and its peer connection: publishes what its client sends, subscribes to what the others
 * publish. Dialects talk to nothing below this.
 *
 * Who closes whom: leave() ends its subscriptions and publications (which ends the others' subscriptions to them),
 * closes the connection and takes it out of the room. A connection that closes or fails makes its participant leave.
 */
import { UserError } from '../errors.ts';
import type { BitrateBounds, BitrateChanges } from '../media/bandwidth/bitrate-bounds.ts';
import type { BandwidthStats } from '../media/bandwidth/connection-bandwidth.ts';
import type { InboundTrack } from '../media/forwarding/inbound-track.ts';
import type { MediaKind } from '../media/rtp-parameters.ts';
import type { Connection, ConnectionState } from '../webrtc/connection.ts';
import type { DataChannelInit } from '../webrtc/data-channels/channel-init.ts';
import type { DataChannel } from '../webrtc/data-channels/data-channel.ts';
import type { DataCounters } from '../webrtc/data-channels/data-counters.ts';
import type { IceCredentials } from '../webrtc/ice/ice-lite-agent.ts';
import type { MediaLine } from '../webrtc/media-line.ts';
import { ChosenMedia } from './chosen-media.ts';
import type { CloseReason } from './close-reason.ts';
import { DataRelay } from './data-relay.ts';
import { IsolatingEmitter } from './isolating-emitter.ts';
import type { FirstOffer, JoinOptions } from './join-options.ts';
import { Publication } from './publication.ts';
import type { ReceivedMedia } from './received-media.ts';
import type { Room } from './room.ts';
import { RoomMedia } from './room-media.ts';
import type { Subscription } from './subscription.ts';
import { TransportView } from './transport-view.ts';

export type { FirstOffer, JoinOptions } from './join-options.ts';

export interface ParticipantEvents {
  /** The client has to be offered something; call createOffer() when it suits the dialect. */
  negotiationneeded: [];
  connectionstatechange: [state: ConnectionState];
  closed: [reason: CloseReason];
  /** Its own publications. */
  publicationadded: [publication: Publication];
  publicationremoved: [publication: Publication];
  /**
   * Of its own: which encodings anybody has use for (`publication.encodings`) has changed. Those that nobody has use
   * for need not be sent; told after a while, and taken back at once.
   */
  encodingdemandchanged: [publication: Publication];
  /** State or reason changed, ended included. */
  subscriptionchanged: [subscription: Subscription];
  /** The client opened a data channel. Those shared with the room are relayed without further ado. */
  datachannel: [channel: DataChannel];
}

/** What a participant needs of the collection it belongs to. */
export interface ParticipantHost {
  readonly maxPublicationsPerParticipant: number;
  /** Runs what may send packets. */
  run<T>(action: () => T): T;
  /** Does what is `participant`'s own. A bug in it ends that participant's session and throws nothing. */
  isolate(participant: Participant, action: () => void): void;
  reportBug(this: void, where: string, error: unknown): void;
  nextId(prefix: string): string;
  startSubscriptionDeadline(expired: () => void): () => void;
  participantClosed(participant: Participant, reason: CloseReason): void;
  subscriptionChanged(subscription: Subscription): void;
  readonly dataCounters: DataCounters;
  dataChannelOverflowed(participant: Participant, channel: DataChannel): void;
}

export class Participant extends IsolatingEmitter<ParticipantEvents> {
  readonly id: string;
  readonly name: string;
  readonly dialect: string;
  readonly room: Room;
  /** Unique in the process, also among participants with the same id. */
  readonly key: number;
  readonly joinedAt: Date;
  /** Set when it has left. */
  closeReason: CloseReason | null = null;
  /** Its connection's ICE and DTLS, for dialects that tell of them. */
  readonly path: TransportView;
  /** For the room's members: gives this participant what the others send. */
  readonly dataRelay: DataRelay;

  readonly #connection: Connection;
  readonly #options: JoinOptions;
  readonly #host: ParticipantHost;
  readonly #publications = new Map<string, Publication>();
  readonly #mutedMids = new Set<string>();
  readonly #received: ReceivedMedia;
  #negotiatedOnce = false;
  #offering = false;

  constructor(key: number, room: Room, connection: Connection, options: JoinOptions, host: ParticipantHost) {
    super(host.reportBug);
    this.key = key;
    this.id = options.participantId;
    this.name = options.name ?? options.participantId;
    this.dialect = options.dialect;
    this.room = room;
    this.joinedAt = new Date();
    this.#connection = connection;
    this.#options = options;
    this.#host = host;
    this.path = new TransportView(connection, host.reportBug);
    const receiver = { participant: this, connection, options, host };
    this.#received = options.sources === 'chosen' ? new ChosenMedia(receiver) : new RoomMedia(receiver);
    this.dataRelay = new DataRelay({
      sends: options.publishes !== false,
      receives: options.subscribes !== false,
      tellOthers: (tell) => this.#tellOthers(tell),
      sinks: options.dataSinks,
      isolate: (member, action) => host.isolate(member as Participant, action),
      counters: host.dataCounters,
      onOverflow: (channel) => host.dataChannelOverflowed(this, channel),
    });
    connection.on('datachannel', (channel) => {
      if (options.sharesData?.(channel) !== false) this.dataRelay.add(channel);
      this.emit('datachannel', channel);
    });
    connection.on('track', (line, track) => this.#publish(line, track));
    connection.on('trackended', (_line, track) => this.#unpublish(track));
    connection.on('connectionstatechange', (state) => this.#connectionStateChanged(state));
    connection.on('closed', () =>
      this.leave(connection.failure === 'internal-error' ? 'internal-error' : 'connection-closed'),
    );
  }

  /** Whether it is sent nothing but what setSource() says. */
  get choosesSources(): boolean {
    return this.#options.sources === 'chosen';
  }

  get publications(): ReadonlyMap<string, Publication> {
    return this.#publications;
  }

  get subscriptions(): ReadonlyMap<Publication, Subscription> {
    return this.#received.subscriptions;
  }

  get connectionState(): ConnectionState {
    return this.#connection.connectionState;
  }

  /** The transport of its connection, as packet I/O counts them. */
  get transport(): number {
    return this.#connection.transport;
  }

  /** Media packets of all it publishes, so far. */
  get packetsReceived(): number {
    let packets = 0;
    for (const { track } of this.#publications.values()) packets += track.packetsReceived;
    return packets;
  }

  /** Why the connection failed, once it has. */
  get connectionFailure(): string | null {
    return this.#connection.failure;
  }

  /** Host candidates as trickle messages want them; the descriptions hold them too. */
  get localCandidates(): readonly { candidate: string; sdpMid: string; sdpMLineIndex: number }[] {
    const sdpMid = this.#connection.lines[0]?.transceiver.mid ?? '0';
    return this.#connection.localCandidates.map(({ candidate }) => ({ candidate, sdpMid, sdpMLineIndex: 0 }));
  }

  /** Empty where the connection has no ICE. */
  get localIceCredentials(): IceCredentials {
    return this.#connection.localIceCredentials ?? { usernameFragment: '', password: '' };
  }

  get remoteIceCredentials(): IceCredentials | null {
    return this.#connection.remoteIceCredentials;
  }

  /** An offer of ours is out and unanswered. */
  get offerPending(): boolean {
    return this.#connection.signalingState === 'have-local-offer';
  }

  /** The client does not yet know all it should: createOffer() is due. */
  get negotiationNeeded(): boolean {
    return this.#options.renegotiates && this.#negotiatedOnce && this.#connection.negotiationNeeded;
  }

  /**
   * Answers the client's offer; what the room has is put on its free receiving lines. An offer of ours that is out
   * is dropped (the client wins a glare) and made again later.
   * @throws ProtocolError for an SDP that cannot be used; nothing has changed then
   */
  answerOffer(sdp: string): string {
    return this.#host.run(() => {
      this.#connection.setRemoteOffer(sdp);
      this.#negotiatedOnce = true;
      this.#offering = true;
      try {
        this.#received.answering();
        return this.#connection.createAnswer();
      } finally {
        this.#offering = false;
        this.#afterNegotiation();
      }
    });
  }

  /** @throws UserError `invalid-state` while an offer is out, before the first offer of the client, or when closed */
  createOffer(): string {
    if (this.#connection.signalingState !== 'stable' || !this.#negotiatedOnce) {
      throw new UserError(
        'invalid-state',
        `An offer cannot be made in state ${this.#connection.signalingState}.`,
      );
    }
    return this.#host.run(() => {
      this.#received.offering();
      return this.#connection.createOffer();
    });
  }

  /** @throws ProtocolError `invalid-state` when no offer is out (a late answer), or for an unusable SDP */
  acceptAnswer(sdp: string): void {
    this.#host.run(() => {
      this.#connection.acceptAnswer(sdp);
      this.#afterNegotiation();
    });
  }

  /**
   * Adds a line to the next offer on which the client may send, for a track of its that has none.
   * @throws UserError `limit-media-lines`
   */
  expectMedia(kind: MediaKind): void {
    if (this.closeReason === null && this.#options.renegotiates) this.#connection.addLine(kind, 'recvonly');
  }

  /** Open and opening data channels, whoever opened them. */
  get dataChannels(): readonly DataChannel[] {
    return this.#connection.dataChannels;
  }

  /**
   * Opens a data channel to the client. `shared` makes it one of the room's: what the client sends on it goes to
   * the others' channels of that label, and the other way round. Else it is between the server and this client.
   * @throws UserError `limit-data-channels`, or `invalid-state` where the client takes none
   */
  openDataChannel(label: string, options: DataChannelInit & { readonly shared?: boolean } = {}): DataChannel {
    if (!this.#options.renegotiates && !this.#connection.dataChannelsAgreed) {
      throw new UserError('invalid-state', 'The client has agreed to no data channels.');
    }
    const channel = this.#connection.createDataChannel(label, options);
    if (options.shared === true) this.dataRelay.add(channel);
    if (!this.#offering) this.#signalNegotiationNeeded();
    return channel;
  }

  /** @throws ProtocolError `malformed-candidate` */
  addRemoteCandidate(candidate: string): void {
    this.#connection.addIceCandidate(candidate);
  }

  /** Asks for a key frame of one of its publications; no effect for audio. */
  requestKeyFrame({ track }: Publication): void {
    this.#host.run(() => track.requestKeyFrame());
  }

  /** ICE restart without SDP; returns our new credentials. @throws ProtocolError `invalid-state` before an offer */
  applyIceRestart(remote: IceCredentials): IceCredentials {
    return this.#host.run(() => this.#connection.applyIceRestart(remote));
  }

  get incomingBitrate(): BitrateBounds {
    return this.#connection.media.incomingBitrate;
  }

  get outgoingBitrate(): BitrateBounds {
    return this.#connection.media.outgoingBitrate;
  }

  /** Round trip to the client, ms; null until measured. */
  get rttMs(): number | null {
    return this.#connection.media.rttMs;
  }

  /** What the client may send, in bits per second: it is asked to keep to it. null is what is configured. */
  setIncomingBitrate(changes: BitrateChanges): void {
    this.#host.run(() => this.#connection.media.setIncomingBitrate(changes));
  }

  /** What the client is sent, in bits per second, whatever its network is found to carry. null is what is configured. */
  setOutgoingBitrate(changes: BitrateChanges): void {
    this.#host.run(() => this.#connection.media.setOutgoingBitrate(changes));
  }

  /** What is known of its network, and how that is shared over what it is sent. */
  bandwidthStats(): BandwidthStats {
    return this.#connection.media.bandwidthStats();
  }

  /** The client says that it muted what it sends on a line. Unknown lines are remembered for when they publish. */
  setMuted(mid: string, muted: boolean): void {
    if (muted && this.#mutedMids.size < this.#host.maxPublicationsPerParticipant) this.#mutedMids.add(mid);
    else this.#mutedMids.delete(mid);
    for (const publication of this.#publications.values()) {
      if (publication.mid !== mid || publication.muted === muted) continue;
      publication.muted = muted;
      this.room.emit('publicationchanged', publication);
    }
  }

  /** Tells the room of a publication that was held back. */
  announce(publication: Publication): void {
    if (publication.announced || this.#publications.get(publication.id) !== publication) return;
    this.#host.run(() => this.#announce(publication));
  }

  /**
   * Chooses what it is sent of one kind, with `sources: 'chosen'`; null for nothing. Whose publication it is does not
   * matter: its own may be among them. Video begins with a key frame, which is asked for.
   * @throws UserError `invalid-state` for one that has ended
   */
  setSource(kind: MediaKind, publication: Publication | null): void {
    if (this.closeReason === null) this.#host.run(() => this.#received.setSource(kind, publication));
  }

  /**
   * Offers media to a client that has offered none: one line for each kind given, in its direction, and one for data
   * channels if wanted. acceptAnswer() takes what comes of it.
   * @throws UserError `invalid-state` after the first exchange
   */
  offerFirst(lines: FirstOffer): string {
    if (this.#negotiatedOnce || this.#connection.signalingState !== 'stable')
      throw new UserError('invalid-state', 'The client has been offered something already.');
    for (const kind of ['audio', 'video'] as const) {
      const direction = lines[kind];
      if (direction !== undefined) this.#connection.addLine(kind, direction);
    }
    if (lines.data === true) this.#connection.offerData();
    this.#negotiatedOnce = true;
    return this.createOffer();
  }

  /** Asks `wants` anew about everything in the room: ends what is no longer wanted, and subscribes to what is. */
  reconsider(): void {
    if (this.closeReason !== null || !this.#negotiatedOnce) return;
    this.#host.run(() => {
      this.#received.reconsider();
      if (!this.#offering) this.#signalNegotiationNeeded();
    });
  }

  /** Ends this participant's session, to the end whatever goes wrong under way. May be called twice. */
  leave(reason: CloseReason): void {
    if (this.closeReason !== null) return;
    this.#end(reason);
    this.#host.participantClosed(this, reason);
    this.emit('closed', reason);
    this.removeAllListeners();
    this.path.removeAllListeners();
  }

  /** For Rooms only: ends one that was never let in. Nobody is told. */
  discard(): void {
    if (this.closeReason !== null) return;
    this.#end('protocol-error');
    this.removeAllListeners();
  }

  #end(reason: CloseReason): void {
    this.closeReason = reason;
    const { run, isolate } = this.#host;
    run(() => {
      this.#received.end();
      for (const publication of [...this.#publications.values()])
        isolate(this, () => this.#removePublication(publication));
      isolate(this, () => this.#connection.close());
    });
  }

  /** For the room's members: someone else publishes this now. */
  considerPublication(publication: Publication): void {
    if (this.closeReason !== null || !this.#negotiatedOnce) return;
    this.#received.consider(publication);
    if (!this.#offering) this.#signalNegotiationNeeded();
  }

  /** For the room's members: someone else no longer publishes this. */
  forgetPublication(publication: Publication): void {
    if (this.#received.forget(publication) && !this.#offering) this.#signalNegotiationNeeded();
  }

  #publish(line: MediaLine, track: InboundTrack): void {
    if (this.#options.publishes === false || this.closeReason !== null) return;
    if (this.#publications.size >= this.#host.maxPublicationsPerParticipant) return;
    const muted = this.#mutedMids.has(line.transceiver.mid ?? '');
    const publication = new Publication(this.#host.nextId('p'), this, line, track, muted);
    this.#publications.set(publication.id, publication);
    const held = this.#options.holdsBack?.(publication) === true;
    track.onUnusedEncodingsChange = () => this.emit('encodingdemandchanged', publication);
    this.emit('publicationadded', publication);
    if (!held) this.announce(publication);
  }

  #announce(publication: Publication): void {
    publication.announced = true;
    this.room.speakers.add(publication);
    this.room.emit('publicationadded', publication);
    // Whoever was told may have ended it, with the participant.
    this.#tellOthers((other) => {
      if (this.#publications.has(publication.id)) other.considerPublication(publication);
    });
  }

  #unpublish(track: InboundTrack): void {
    for (const publication of this.#publications.values()) {
      if (publication.track === track) this.#removePublication(publication);
    }
  }

  #removePublication(publication: Publication): void {
    this.#publications.delete(publication.id);
    publication.ended = true;
    for (const chooser of [...publication.chosenBy])
      this.#host.isolate(chooser, () => chooser.forgetPublication(publication));
    publication.track.onUnusedEncodingsChange = null;
    publication.track.onContentChange = null;
    if (publication.announced) {
      this.room.speakers.remove(publication);
      this.#tellOthers((other) => other.forgetPublication(publication));
    }
    this.emit('publicationremoved', publication);
    if (publication.announced) this.room.emit('publicationremoved', publication);
  }

  #tellOthers(tell: (other: Participant) => void): void {
    for (const other of this.room.participants.values()) {
      if (other !== this) this.#host.isolate(other, () => tell(other));
    }
  }

  #afterNegotiation(): void {
    if (this.closeReason !== null) return;
    this.#received.settled();
    for (const subscription of this.subscriptions.values()) subscription.update();
    this.#signalNegotiationNeeded();
  }

  #signalNegotiationNeeded(): void {
    if (this.negotiationNeeded) this.emit('negotiationneeded');
  }

  #connectionStateChanged(state: ConnectionState): void {
    if (state === 'closed') return;
    this.emit('connectionstatechange', state);
    if (state === 'failed') {
      this.leave('connection-failed');
      return;
    }
    for (const subscription of this.subscriptions.values()) subscription.update();
  }
}
