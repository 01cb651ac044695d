/** What rooms know of a connection, whichever way it reaches its client. */
import type { EventEmitter } from 'node:events';
import type { InboundTrack } from '../media/forwarding/inbound-track.ts';
import type { MediaTransport } from '../media/media-transport.ts';
import type { MediaKind } from '../media/rtp-parameters.ts';
import type { DataChannelInit } from './data-channels/channel-init.ts';
import type { DataChannel } from './data-channels/data-channel.ts';
import type { DtlsFailure, DtlsState } from './dtls/dtls-transport.ts';
import type { CandidatePair } from './ice/candidate-pair.ts';
import type { IceCredentials, IceLiteAgent, IceState } from './ice/ice-lite-agent.ts';
import type { MediaLine } from './media-line.ts';
import type { HostCandidate } from './peer-connection.ts';
import type { SignalingState } from './sdp/negotiator.ts';

export type ConnectionState = 'new' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';

/** Why a connection failed; the same words reach logs, metrics and the admin page. */
export type ConnectionFailure = 'ice-failed' | DtlsFailure | 'internal-error';

export interface ConnectionEvents {
  /** The first media packet of a line arrived. */
  track: [line: MediaLine, track: InboundTrack];
  /** The remote stopped sending on a line. */
  trackended: [line: MediaLine, track: InboundTrack];
  connectionstatechange: [state: ConnectionState];
  /** What `connectionstatechange` is made of. */
  icestatechange: [state: IceState];
  dtlsstatechange: [state: DtlsState];
  /** Packets go another way. */
  selectedpairchange: [pair: CandidatePair];
  /** The client has said goodbye of all media that it sends (RTCP BYE). It may speak again. */
  goodbye: [];
  /** A negotiation ended in `stable`: lines may have come, gone or changed direction. */
  negotiated: [];
  /** The client opened a data channel. */
  datachannel: [channel: DataChannel];
  closed: [];
}

/** The bit rates of a connection, and what is known of its path. */
export type ConnectionMedia = Pick<
  MediaTransport,
  | 'incomingBitrate'
  | 'outgoingBitrate'
  | 'setIncomingBitrate'
  | 'setOutgoingBitrate'
  | 'rttMs'
  | 'packetsHeard'
  | 'remoteEstimate'
  | 'bandwidthStats'
>;

export interface Connection extends EventEmitter<ConnectionEvents> {
  /** Of the addon; of several, the first one; -1 while there is none. */
  readonly transport: number;
  readonly media: ConnectionMedia;
  readonly connectionState: ConnectionState;
  readonly failure: ConnectionFailure | null;
  readonly signalingState: SignalingState;
  readonly negotiationNeeded: boolean;
  readonly lines: readonly MediaLine[];
  readonly dataChannelsAgreed: boolean;
  readonly dataChannels: readonly DataChannel[];
  readonly localCandidates: readonly HostCandidate[];
  /** null where there is no ICE; so are the credentials then. */
  readonly ice: Pick<IceLiteAgent, 'state' | 'selected'> | null;
  /** null where there is no DTLS, and before the client has described its side. */
  readonly dtlsState: DtlsState | null;
  readonly localIceCredentials: IceCredentials | null;
  readonly remoteIceCredentials: IceCredentials | null;
  setRemoteOffer(sdp: string): void;
  createAnswer(): string;
  createOffer(): string;
  acceptAnswer(sdp: string): void;
  addLine(kind: MediaKind, direction: 'sendonly' | 'recvonly' | 'sendrecv'): MediaLine;
  /** Tells the client these addresses instead of those of the same family, from the next description on. */
  announceAddresses(addresses: readonly string[]): void;
  /** Adds a line for data channels to the next offer, where there may be any. */
  offerData(): void;
  createDataChannel(label: string, init?: DataChannelInit): DataChannel;
  addIceCandidate(candidate: string): void;
  applyIceRestart(remote: IceCredentials): IceCredentials;
  close(): void;
}
