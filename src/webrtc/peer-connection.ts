/**
 * The server's end of one RTCPeerConnection: negotiation, ICE-lite, DTLS and the media of one transport, tied
 * together. Owns no socket, clock or timer: the engine feeds it datagrams with the time, and asks it for its
 * next deadline.
 */
import { EventEmitter } from 'node:events';
import { ProtocolError, UserError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { InboundTrack } from '../media/forwarding/inbound-track.ts';
import type { MediaContext } from '../media/media-context.ts';
import { MediaTransport, type MediaTransportOptions } from '../media/media-transport.ts';
import type { MediaKind, RtpCodec } from '../media/rtp-parameters.ts';
import type { PacketIo, SocketAddress } from '../packet-io/packet-io.ts';
import type { Connection, ConnectionEvents, ConnectionFailure, ConnectionState } from './connection.ts';
import type { DataChannelInit } from './data-channels/channel-init.ts';
import type { DataChannel } from './data-channels/data-channel.ts';
import { type DataOptions, DataTransport, sctpPort } from './data-channels/data-transport.ts';
import { type DtlsState, DtlsTransport } from './dtls/dtls-transport.ts';
import { parseCandidate } from './ice/candidate.ts';
import { type IceCredentials, IceLiteAgent, type IceLiteAgentOptions } from './ice/ice-lite-agent.ts';
import type { MediaLine } from './media-line.ts';
import { MediaLines } from './media-lines.ts';
import {
  type LocalTransportDescription,
  Negotiator,
  type NegotiatorOptions,
  type RemoteTransportDescription,
} from './sdp/negotiator.ts';
import type { SdpSemantics } from './sdp/sdp-semantics.ts';

export type { ConnectionFailure, ConnectionState } from './connection.ts';

/** An address the server receives at, as clients are told of it. */
export interface HostCandidate {
  /** As packet I/O counts them. */
  readonly socket: number;
  /** "candidate:…", ready for SDP. */
  readonly candidate: string;
}

/** How a connection differs from what is configured. */
export interface ConnectionChoices {
  /** Which of the engine's codecs it may use; default all. */
  readonly usesCodec?: (codec: RtpCodec) => boolean;
  /** Whether it may have data channels, where there are any; default true. */
  readonly dataChannels?: boolean | undefined;
  readonly codecOrder?: NegotiatorOptions['codecOrder'];
  /** How tracks are put into m-lines; default `unified-plan`. */
  readonly sdpSemantics?: SdpSemantics | undefined;
}

export interface PeerConnectionOptions {
  readonly io: PacketIo;
  readonly mediaContext: MediaContext;
  readonly media: MediaTransportOptions;
  readonly ice: Omit<IceLiteAgentOptions, 'local'>;
  readonly negotiation: Pick<
    NegotiatorOptions,
    'codecs' | 'headerExtensions' | 'maxMediaLines' | 'maxSdpBytes' | 'codecOrder' | 'semantics'
  >;
  /** Without it, the lines of data channels are refused. */
  readonly data?: DataOptions | undefined;
  /** The server's host candidates, the same for every connection that announces no other addresses. */
  readonly localCandidates: readonly HostCandidate[];
  /** Those with other addresses told to the client. */
  readonly announceAddresses: (addresses: readonly string[]) => readonly HostCandidate[];
  /** Makes unguessable ICE credentials (RFC 8445 §5.3). */
  readonly createIceCredentials: () => IceCredentials;
  readonly log: Logger;
  /** The engine moves this connection's timer. */
  readonly deadlineChanged: () => void;
  /** The engine routes STUN for these local user fragments here. */
  readonly usernameFragmentsChanged: (connection: PeerConnection) => void;
}

export class PeerConnection extends EventEmitter<ConnectionEvents> implements Connection {
  /** Unique among open connections; also the transport id of the addon. */
  readonly transport: number;
  readonly media: MediaTransport;
  readonly ice: IceLiteAgent;
  connectionState: ConnectionState = 'new';
  /** Set when connectionState becomes `failed`, or `closed` because of a bug. */
  failure: ConnectionFailure | null = null;

  readonly #options: PeerConnectionOptions;
  readonly #io: PacketIo;
  readonly #negotiator: Negotiator;
  readonly #lines: MediaLines;
  readonly #data: DataTransport | null;
  #dtls: DtlsTransport | null = null;
  #remote: RemoteTransportDescription | null = null;
  #localCandidates: readonly HostCandidate[];

  constructor(options: PeerConnectionOptions) {
    super();
    this.#options = options;
    this.#io = options.io;
    this.#localCandidates = options.localCandidates;
    this.transport = options.io.createTransport();
    const context = options.mediaContext;
    this.media = new MediaTransport(this.transport, context, options.media, {
      trackStarted: (track) => this.#trackStarted(track),
      saidGoodbye: () => this.emit('goodbye'),
      forwarderFailed: ({ mid }, err) =>
        options.log.error(
          { err, transport: this.transport, mid },
          'bug: an unexpected error; nothing is sent on a line any more',
        ),
      deadlineChanged: options.deadlineChanged,
    });
    this.ice = new IceLiteAgent({
      ...options.ice,
      local: options.createIceCredentials(),
      randomUint32: context.randomUint32,
    });
    this.ice.onSend = (pair, datagram) => this.#io.sendTo(pair.socket, pair.remote, datagram);
    this.ice.onSelectedPair = (pair) => {
      this.#io.setRemoteAddress(this.transport, pair.socket, pair.remote);
      this.media.pathChanged();
      this.#dtls?.pathReady(context.clock.nowMs);
      this.emit('selectedpairchange', pair);
    };
    this.ice.onValidatedPair = (pair) => {
      this.#lines.pathFound();
      // Until a pair is nominated, a DTLS handshake that begins early is answered on the first that works.
      if (this.ice.selected === null) this.#io.setRemoteAddress(this.transport, pair.socket, pair.remote);
      else this.#io.addRemoteAddress(this.transport, pair.socket, pair.remote);
    };
    this.ice.onStateChange = (state) => {
      this.emit('icestatechange', state);
      this.#updateConnectionState();
    };
    this.#data = options.data === undefined ? null : this.#createData(options.data);
    const maxMessageSize = options.data?.limits.maxMessageBytes ?? 0;
    const { negotiation } = options;
    this.#negotiator = new Negotiator({
      codecs: negotiation.codecs,
      headerExtensions: negotiation.headerExtensions,
      maxMediaLines: negotiation.maxMediaLines,
      maxSdpBytes: negotiation.maxSdpBytes,
      codecOrder: negotiation.codecOrder,
      semantics: negotiation.semantics,
      dataChannels: this.#data === null ? undefined : { port: sctpPort, maxMessageSize },
      cname: context.randomUint32().toString(36) + context.randomUint32().toString(36),
      sessionId: String(context.randomUint32()),
      randomUint32: context.randomUint32,
      // A re-offer may repeat its fingerprint but not bring another: that would be a new DTLS association.
      checkTransport: (remote) => this.#dtls?.checkFingerprints(remote.fingerprints),
      localTransport: () => this.#localTransport(),
    });
    this.#lines = new MediaLines(this.media, this.#negotiator, (line, track) =>
      this.emit('trackended', line, track),
    );
    options.usernameFragmentsChanged(this);
  }

  get signalingState(): Negotiator['signalingState'] {
    return this.#negotiator.signalingState;
  }

  /** Whether the remote has to be offered something it does not know yet. */
  get negotiationNeeded(): boolean {
    return this.#negotiator.negotiationNeeded;
  }

  get lines(): readonly MediaLine[] {
    return this.#lines.all;
  }

  /** Whether the client has agreed to data channels. */
  get dataChannelsAgreed(): boolean {
    return this.#negotiator.dataLine !== null;
  }

  get dataChannels(): readonly DataChannel[] {
    return this.#data?.channels ?? [];
  }

  get localCandidates(): readonly HostCandidate[] {
    return this.#localCandidates;
  }

  /** Tells the client these addresses instead of those of the same family, from the next description on. */
  announceAddresses(addresses: readonly string[]): void {
    this.#localCandidates = this.#options.announceAddresses(addresses);
  }

  /** null before the client has described its side. */
  get dtlsState(): DtlsState | null {
    return this.#dtls?.state ?? null;
  }

  get localIceCredentials(): IceCredentials {
    return this.ice.local;
  }

  get remoteIceCredentials(): IceCredentials | null {
    return this.#remote;
  }

  /**
   * Takes the remote's offer; an offer of ours that is out is rolled back for it (the remote wins a glare).
   * Lines may be given something to send before createAnswer().
   * @throws ProtocolError; nothing has changed then
   */
  setRemoteOffer(sdp: string): void {
    this.#acceptRemoteTransport(this.#negotiator.setRemoteOffer(sdp));
    this.#lines.sync();
  }

  /** Answers the remote's offer; the answer holds all candidates. */
  createAnswer(): string {
    const answer = this.#negotiator.createAnswer();
    this.#applyNegotiation();
    return answer;
  }

  createOffer(): string {
    return this.#negotiator.createOffer();
  }

  /** @throws ProtocolError `invalid-state` when no offer of ours is out */
  acceptAnswer(sdp: string): void {
    this.#acceptRemoteTransport(this.#negotiator.setRemoteAnswer(sdp));
    this.#applyNegotiation();
  }

  rollback(): void {
    this.#negotiator.rollback();
    this.#lines.sync();
  }

  /** Adds a line of ours to the next offer. */
  addLine(kind: MediaKind, direction: 'sendonly' | 'recvonly' | 'sendrecv'): MediaLine {
    const transceiver = this.#negotiator.addTransceiver(kind, direction);
    this.#lines.sync();
    return this.#lines.of(transceiver)!;
  }

  /** Adds a line for data channels to the next offer. @throws UserError `invalid-state` where there are none */
  offerData(): void {
    this.#negotiator.addDataLine();
  }

  /**
   * Opens a data channel to the client. The first needs a line in the description: see negotiationNeeded.
   * @throws UserError `limit-data-channels`, or `invalid-state` where there are none
   */
  createDataChannel(label: string, init?: DataChannelInit): DataChannel {
    if (this.#data === null) throw new UserError('invalid-state', 'The connection has no data channels.');
    this.#negotiator.addDataLine();
    return this.#data.open(label, init);
  }

  /**
   * A lite agent only answers checks (RFC 8445 §2.5), so a remote candidate is checked for its form and left.
   * @throws ProtocolError `malformed-candidate`
   */
  addIceCandidate(candidate: string): void {
    if (candidate !== '') parseCandidate(candidate);
  }

  /** New credentials of the remote without SDP, as WHIP's PATCH brings them; returns ours. */
  applyIceRestart(remote: IceCredentials): IceCredentials {
    if (this.#remote === null)
      throw new ProtocolError('invalid-state', 'There is no session to restart ICE on.');
    this.#restartIce(remote);
    this.#remote = { ...this.#remote, ...remote };
    return this.ice.local;
  }

  /** Feeds a STUN message that was routed here; returns the response to send back, if there is one. */
  receiveStun(datagram: Uint8Array, socket: number, from: SocketAddress): Uint8Array | null {
    const response = this.ice.handleStun(this.#options.mediaContext.clock.nowMs, datagram, socket, from);
    this.#options.deadlineChanged();
    return response;
  }

  /** Feeds a DTLS datagram of an address that ICE has validated. */
  receiveDtls(datagram: Uint8Array): void {
    if (this.#dtls === null) return;
    this.#dtls.receive(datagram, this.#options.mediaContext.clock.nowMs);
    this.#options.deadlineChanged();
  }

  /** Engine time in ms at which handleTimeout() is next due, or Infinity. */
  nextDeadline(): number {
    return Math.min(
      this.ice.nextDeadline(),
      this.#dtls?.nextDeadline() ?? Number.POSITIVE_INFINITY,
      this.media.nextDeadline(),
      this.#data?.nextDeadline() ?? Number.POSITIVE_INFINITY,
    );
  }

  handleTimeout(nowMs: number): void {
    if (this.ice.nextDeadline() <= nowMs) this.ice.handleTimeout(nowMs);
    if (this.#dtls !== null && this.#dtls.nextDeadline() <= nowMs) this.#dtls.handleTimeout(nowMs);
    if (this.media.nextDeadline() <= nowMs) this.media.handleTimeout();
    if (this.#data !== null && this.#data.nextDeadline() <= nowMs) this.#data.handleTimeout();
  }

  /** Says goodbye (RTCP BYE, DTLS close_notify) and frees everything. May be called twice. */
  close(): void {
    if (this.connectionState === 'closed') return;
    this.#setConnectionState('closed');
    try {
      this.media.close();
      this.#options.mediaContext.sendQueue.flush();
      this.#data?.end();
      this.#dtls?.close();
    } finally {
      // Whatever a bug may have left of the session: the transport is free again, and its owner is told.
      this.ice.close();
      this.#negotiator.close();
      this.#io.closeTransport(this.transport);
      this.emit('closed');
      this.removeAllListeners();
    }
  }

  /** Closes it because of a bug: `failure` is then `internal-error`. */
  abort(): void {
    this.failure ??= 'internal-error';
    this.close();
  }

  #acceptRemoteTransport(remote: RemoteTransportDescription): void {
    const previous = this.#remote;
    this.#remote = remote;
    if (previous !== null && previous.usernameFragment !== remote.usernameFragment) this.#restartIce(remote);
    else this.ice.setRemote(remote);
    if (this.#dtls !== null) {
      this.#dtls.expectFingerprints(remote.fingerprints);
      return;
    }
    this.#dtls = new DtlsTransport(this.#io, this.transport, {
      role: remote.setup === 'passive' ? 'client' : 'server',
      fingerprints: remote.fingerprints,
      handshakeTimeoutMs: this.#options.ice.connectTimeoutMs,
      requiresSrtp: () => this.#lines.all.some((line) => !line.transceiver.stopped),
      onStateChange: (state) => {
        this.emit('dtlsstatechange', state);
        if (state === 'connected' && this.#dtls?.protectsMedia) this.media.setSendEnabled(true);
        this.#updateConnectionState();
        this.#updateData();
      },
      onData: (data) => this.#data?.receive(data),
    });
    this.#updateConnectionState();
    // The remote may check before its answer to our offer is here.
    if (this.ice.selected !== null) this.#dtls.pathReady(this.#options.mediaContext.clock.nowMs);
  }

  #localTransport(): LocalTransportDescription {
    const { usernameFragment, password } = this.ice.local;
    const value = this.#io.localFingerprint('sha-256');
    const candidates = this.#localCandidates.map(({ candidate }) => candidate);
    const fingerprints = [{ algorithm: 'sha-256', value }];
    return { usernameFragment, password, fingerprints, candidates, iceLite: true };
  }

  #restartIce(remote: IceCredentials): void {
    this.ice.restart(this.#options.createIceCredentials(), this.#options.mediaContext.clock.nowMs);
    this.ice.setRemote(remote);
    this.#options.usernameFragmentsChanged(this);
  }

  /** Brings the media layer in line with what has just been agreed. */
  #applyNegotiation(): void {
    this.#lines.sync();
    this.#lines.apply();
    this.#updateData();
    this.#options.deadlineChanged();
    this.emit('negotiated');
  }

  #createData(data: DataOptions): DataTransport {
    const { mediaContext, deadlineChanged, log } = this.#options;
    return new DataTransport({
      ...data,
      deadlineChanged,
      randomUint32: mediaContext.randomUint32,
      sendPacket: (packet) => this.#dtls?.send(packet),
      onChannel: (channel) => this.emit('datachannel', channel),
      onEnd: (reason, detail) =>
        log.info({ transport: this.transport, reason, detail }, 'data channels ended'),
    });
  }

  /** Data channels begin once DTLS is there and a line is agreed, in whichever order. */
  #updateData(): void {
    const line = this.#negotiator.dataLine;
    if (this.#data === null) return;
    if (line !== null && this.#dtls?.state === 'connected') this.#data.start(this.#dtls.role, line);
    else if (line === null && this.#data.started) this.#data.end();
    else if (line === null && !this.#negotiator.wantsDataLine) this.#data.refuse();
  }

  #trackStarted(track: InboundTrack): void {
    const line = this.#lines.receiving(track);
    if (line !== undefined) this.emit('track', line, track);
  }

  #updateConnectionState(): void {
    if (this.connectionState === 'closed' || this.connectionState === 'failed') return;
    const dtls = this.#dtls;
    if (dtls === null) return;
    if (this.ice.state === 'failed') this.#fail('ice-failed');
    else if (dtls.state === 'failed') this.#fail(dtls.failure!);
    else if (dtls.state === 'closed') this.close();
    else if (dtls.state === 'connecting') this.#setConnectionState('connecting');
    else this.#setConnectionState(this.ice.state === 'disconnected' ? 'disconnected' : 'connected');
  }

  #fail(failure: ConnectionFailure): void {
    this.failure = failure;
    const detail = failure === 'ice-failed' ? this.ice.failure : this.#dtls?.detail;
    this.#options.log.info({ transport: this.transport, failure, detail }, 'peer connection failed');
    // Nobody consents to packets any more (RFC 7675 §5.1). While merely disconnected, media goes on: what is missing
    // may be no more than a few checks.
    this.media.setSendEnabled(false);
    this.#setConnectionState('failed');
  }

  #setConnectionState(state: ConnectionState): void {
    if (state === this.connectionState) return;
    this.connectionState = state;
    this.emit('connectionstatechange', state);
  }
}
