/**
 * The server's end of a connection to a peer that knows neither ICE nor DTLS nor BUNDLE: a camera, ffmpeg, another
 * server. Each m-line has sockets of its own, plain RTP or SRTP with the keys in the descriptions (RFC 4568), and is
 * negotiated once. Owns no clock and no timer, and gets its sockets from the engine.
 */
import { EventEmitter } from 'node:events';
import { ProtocolError, UserError } from '../../errors.ts';
import type { InboundTrack } from '../../media/forwarding/inbound-track.ts';
import type { MediaKind } from '../../media/rtp-parameters.ts';
import type { SocketAddress, SrtpProfile } from '../../packet-io/packet-io.ts';
import type { Connection, ConnectionEvents, ConnectionState } from '../connection.ts';
import type { DataChannel } from '../data-channels/data-channel.ts';
import type { IceCredentials } from '../ice/ice-lite-agent.ts';
import { MediaLine } from '../media-line.ts';
import type { HostCandidate } from '../peer-connection.ts';
import type { CodecCapability } from '../sdp/codec-capabilities.ts';
import type { SignalingState } from '../sdp/negotiator.ts';
import { Transceiver } from '../sdp/transceiver.ts';
import { parsePlainDescription } from './plain-description.ts';
import { PlainLine, type PlainLineOptions, type PlainSockets } from './plain-line.ts';
import { PlainMedia } from './plain-media.ts';
import {
  acceptPlainLine,
  agreePlainLine,
  describePlainLine,
  offerPlainLine,
  type PlainNegotiation,
  type PlannedLine,
  planPlainLine,
  refusedLine,
} from './plain-negotiation.ts';
import { type WrittenLine, writePlainDescription } from './write-plain-description.ts';

/** How often sources are looked at for having fallen silent. */
const checkIntervalMs = 1000;

/** How a connection differs from what is configured, besides ConnectionChoices. */
export interface PlainChoices {
  /** Sends under this key, and takes nothing that is not protected. */
  readonly crypto?: { readonly suite: SrtpProfile; readonly key: Uint8Array };
  /** Whether offers of ours name an IPv6 address. Default false. */
  readonly ipv6?: boolean;
}

export interface PlainConnectionOptions
  extends PlainChoices,
    Pick<PlainLineOptions, 'io' | 'mediaContext' | 'media' | 'describedSourcesOnly' | 'log'> {
  readonly codecs: readonly CodecCapability[];
  readonly maxSdpBytes: number;
  /** An unguessable key of so many bytes. */
  readonly createKey: (bytes: number) => Uint8Array;
  /**
   * Sockets for a line, near `towards` if that is known.
   * @throws UserError limit-ports
   */
  readonly openSockets: (family: 4 | 6, towards: string | null) => PlainSockets;
  /** The engine moves this connection's timer. */
  readonly deadlineChanged: () => void;
  /** The engine routes packets of the line's transport to it; and no longer. */
  readonly lineOpened: (connection: PlainConnection, line: PlainLine) => void;
  readonly lineClosed: (line: PlainLine) => void;
}

export class PlainConnection extends EventEmitter<ConnectionEvents> implements Connection {
  readonly media: PlainMedia;
  connectionState: ConnectionState = 'new';
  /** Set when it is closed because of a bug: it cannot fail otherwise. */
  failure: 'internal-error' | null = null;
  signalingState: SignalingState = 'stable';

  readonly #options: PlainConnectionOptions;
  readonly #negotiation: PlainNegotiation;
  readonly #sessionId: string;
  readonly #lines: MediaLine[] = [];
  readonly #open: PlainLine[] = [];
  /** The m-lines of the offer that is out, ours or the remote's. */
  #planned: PlannedLine[] = [];
  #negotiated = false;
  #checkMs = Number.POSITIVE_INFINITY;

  constructor(options: PlainConnectionOptions) {
    super();
    this.#options = options;
    this.media = new PlainMedia(this.#open, options.media);
    const { randomUint32 } = options.mediaContext;
    this.#sessionId = String(randomUint32());
    this.#negotiation = {
      codecs: options.codecs,
      crypto: options.crypto ?? null,
      createKey: options.createKey,
      randomUint32,
      cname: randomUint32().toString(36) + randomUint32().toString(36),
    };
  }

  get transport(): number {
    return this.#open[0]?.transport ?? -1;
  }

  get lines(): readonly MediaLine[] {
    return this.#lines;
  }

  /** Its lines with their transports, once there are sockets. */
  get openLines(): readonly PlainLine[] {
    return this.#open;
  }

  /** What is negotiated once is not negotiated again. */
  get negotiationNeeded(): boolean {
    return false;
  }

  /**
   * Takes the remote's offer. Lines may be given something to send before createAnswer().
   * @throws ProtocolError; nothing has changed then
   */
  setRemoteOffer(sdp: string): void {
    if (this.#negotiated || this.signalingState === 'have-local-offer' || this.connectionState === 'closed')
      throw new ProtocolError('invalid-state', 'A connection of this kind is negotiated once.');
    const described = parsePlainDescription(this.#checkLength(sdp));
    if (described.length === 0) throw new ProtocolError('unsupported-sdp', 'The offer has no m-line.');
    const kinds = new Set<string>();
    const planned = described.map((remote, index): PlannedLine => {
      const line = planPlainLine(remote, index, this.#negotiation);
      // One of a kind: there is no BUNDLE, and each line takes ports.
      if (line === null || kinds.has(remote.media.kind)) return refusedLine(remote);
      kinds.add(remote.media.kind);
      return line;
    });
    this.#planned = planned;
    this.#replaceLines();
    this.signalingState = 'have-remote-offer';
  }

  /** @throws UserError limit-ports, limit-connections; the offer can be answered again then */
  createAnswer(): string {
    if (this.signalingState !== 'have-remote-offer')
      throw new UserError('invalid-state', 'There is no offer to answer.');
    this.#openLines();
    for (const planned of this.#planned) {
      if (planned.live !== null) agreePlainLine(planned.live, planned.remote!, this.#negotiation);
    }
    const answer = this.#write();
    this.#begin();
    return answer;
  }

  addLine(kind: MediaKind, direction: 'sendonly' | 'recvonly' | 'sendrecv'): MediaLine {
    if (this.#negotiated || this.signalingState !== 'stable')
      throw new UserError('invalid-state', 'A connection of this kind is negotiated once.');
    if (this.#lines.some(({ transceiver }) => transceiver.kind === kind))
      throw new UserError('limit-media-lines', `The connection has a line of ${kind}.`);
    const line = new MediaLine(new Transceiver(kind, direction));
    this.#lines.push(line);
    return line;
  }

  /** Offers the lines that were added. @throws UserError invalid-state, limit-ports, limit-connections */
  createOffer(): string {
    if (this.#negotiated || this.signalingState !== 'stable' || this.#lines.length === 0)
      throw new UserError('invalid-state', `An offer cannot be made in state ${this.signalingState}.`);
    this.#planned = this.#lines.map((line, index) => offerPlainLine(line, index, this.#negotiation));
    this.#openLines();
    this.signalingState = 'have-local-offer';
    return this.#write();
  }

  /** @throws ProtocolError `invalid-state` when no offer of ours is out; nothing has changed then */
  acceptAnswer(sdp: string): void {
    if (this.signalingState !== 'have-local-offer') {
      throw new ProtocolError('invalid-state', `An answer cannot be taken in state ${this.signalingState}.`);
    }
    const described = parsePlainDescription(this.#checkLength(sdp));
    if (described.length !== this.#planned.length) {
      throw new ProtocolError('malformed-sdp', 'The answer has another number of m-lines than the offer.');
    }
    const answered = this.#planned.map((planned, index) => acceptPlainLine(planned, described[index]));
    for (const [index, planned] of answered.entries()) {
      if (planned.live !== null) agreePlainLine(planned.live, described[index], this.#negotiation);
      else this.#refuse(this.#planned[index]);
    }
    this.#planned = answered;
    this.#begin();
  }

  /** Feeds a packet of a source not known yet: see PlainLine. */
  considerSource(transport: number, index: number, from: SocketAddress): boolean {
    const line = this.#open.find((candidate) => candidate.transport === transport);
    return line?.considerSource(index, from) === true;
  }

  /** Engine time in ms at which handleTimeout() is next due, or Infinity. */
  nextDeadline(): number {
    let next = this.#checkMs;
    for (const { media } of this.#open) next = Math.min(next, media.nextDeadline());
    return next;
  }

  handleTimeout(nowMs: number): void {
    for (const line of this.#open) {
      if (line.media.nextDeadline() <= nowMs) line.media.handleTimeout();
    }
    if (this.#checkMs > nowMs) return;
    for (const line of this.#open) line.check(nowMs);
    this.#checkMs = nowMs + checkIntervalMs;
  }

  /** Says goodbye (RTCP BYE) and frees everything. May be called twice. */
  close(): void {
    if (this.connectionState === 'closed') return;
    this.#setConnectionState('closed');
    this.#checkMs = Number.POSITIVE_INFINITY;
    try {
      this.#closeLines();
    } finally {
      for (const { transceiver } of this.#lines) transceiver.end('closed');
      this.emit('closed');
      this.removeAllListeners();
    }
  }

  /** Closes it because of a bug: `failure` is then `internal-error`. */
  abort(): void {
    this.failure ??= 'internal-error';
    this.close();
  }

  get dataChannelsAgreed(): boolean {
    return false;
  }

  get dataChannels(): readonly DataChannel[] {
    return [];
  }

  get ice(): null {
    return null;
  }

  get dtlsState(): null {
    return null;
  }

  announceAddresses(): void {}

  get localCandidates(): readonly HostCandidate[] {
    return [];
  }

  get localIceCredentials(): IceCredentials | null {
    return null;
  }

  get remoteIceCredentials(): IceCredentials | null {
    return null;
  }

  offerData(): void {}

  createDataChannel(): DataChannel {
    throw new UserError('invalid-state', 'The connection has no data channels.');
  }

  /** There is no ICE: candidates mean nothing. */
  addIceCandidate(): void {}

  applyIceRestart(): IceCredentials {
    throw new ProtocolError('invalid-state', 'The connection has no ICE.');
  }

  #checkLength(sdp: string): string {
    if (sdp.length <= this.#options.maxSdpBytes) return sdp;
    throw new ProtocolError('limit-message-size', 'The session description is too long.');
  }

  #replaceLines(): void {
    this.#lines.splice(0, this.#lines.length, ...this.#planned.flatMap(({ live }) => live?.line ?? []));
  }

  /** Opens sockets for every line; none where not all can be had. */
  #openLines(): void {
    try {
      for (const { live, remote } of this.#planned) {
        if (live === null) continue;
        const towards = remote?.rtp ?? null;
        const family = towards?.family ?? (this.#options.ipv6 === true ? 6 : 4);
        const line = this.#openLine(live.line, family, towards?.address ?? null);
        live.opened = line;
        this.#open.push(line);
        this.#options.lineOpened(this, line);
      }
    } catch (error) {
      this.#closeLines();
      throw error;
    }
    this.media.apply();
  }

  #openLine(line: MediaLine, family: 4 | 6, towards: string | null): PlainLine {
    const sockets = this.#options.openSockets(family, towards);
    try {
      return new PlainLine(line, sockets, {
        ...this.#options,
        trackStarted: (started, track) => this.#trackStarted(started, track),
        saidGoodbye: () => {
          if (this.#open.every(({ media }) => media.silent)) this.emit('goodbye');
        },
      });
    } catch (error) {
      sockets.close();
      throw error;
    }
  }

  #trackStarted(line: MediaLine, track: InboundTrack): void {
    this.emit('track', line, track);
  }

  #closeLines(): void {
    for (const line of this.#open.splice(0)) this.#closeLine(line);
  }

  #closeLine(line: PlainLine): void {
    const { inbound, forwarder } = line.line;
    this.#options.lineClosed(line);
    line.line.inbound = null;
    line.line.forwarder = null;
    line.close();
    if (forwarder !== null) line.line.onForwarderChange?.();
    if (inbound !== null && this.connectionState !== 'closed') this.emit('trackended', line.line, inbound);
  }

  #refuse({ live }: PlannedLine): void {
    if (live === null) return;
    live.line.transceiver.end('remote-rejected');
    const at = this.#open.indexOf(live.opened!);
    if (at >= 0) this.#closeLine(this.#open.splice(at, 1)[0]);
  }

  #write(): string {
    const written = this.#planned.map(
      (planned): WrittenLine => describePlainLine(planned, this.#negotiation),
    );
    const address = written.find(({ live }) => live !== null)?.live?.address ?? '127.0.0.1';
    return writePlainDescription(this.#sessionId, 1, address, written);
  }

  #begin(): void {
    this.signalingState = 'stable';
    this.#negotiated = true;
    for (const { live } of this.#planned) live?.opened?.start(live.agreed!);
    this.#checkMs = this.#options.mediaContext.clock.nowMs + checkIntervalMs;
    this.#options.deadlineChanged();
    // There is no handshake to wait for.
    this.#setConnectionState('connected');
    this.emit('negotiated');
  }

  #setConnectionState(state: ConnectionState): void {
    if (state === this.connectionState) return;
    this.connectionState = state;
    this.emit('connectionstatechange', state);
  }
}
