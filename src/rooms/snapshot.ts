/** The rooms as plain data, for the admin API and page. */

import type { BandwidthStats } from '../media/bandwidth/connection-bandwidth.ts';
import type { SentLayers } from '../media/forwarding/forwarder.ts';
import type { InboundEncodingStats } from '../media/forwarding/inbound-track.ts';
import type { LayerInfo } from '../media/layers/layer-policy.ts';
import { participantScore } from '../media/quality/quality-score.ts';
import type { MediaKind } from '../media/rtp-parameters.ts';
import type { ConnectionState } from '../webrtc/connection.ts';
import type { DataChannel, DataChannelState } from '../webrtc/data-channels/data-channel.ts';
import type { Participant } from './participant.ts';
import type { Publication } from './publication.ts';
import type { Room } from './room.ts';
import type { Subscription, SubscriptionReason, SubscriptionState } from './subscription.ts';

export interface RoomSnapshot {
  readonly id: string;
  /** ISO 8601 */
  readonly createdAt: string;
  readonly participants: readonly ParticipantSnapshot[];
}

export interface ParticipantSnapshot {
  readonly id: string;
  readonly name: string;
  readonly dialect: string;
  /** ISO 8601 */
  readonly joinedAt: string;
  readonly connectionState: ConnectionState;
  /** 1 … 5 (participantScore()); null while nothing has been measured. */
  readonly quality: number | null;
  readonly bandwidth: BandwidthSnapshot;
  readonly publications: readonly PublicationSnapshot[];
  readonly subscriptions: readonly SubscriptionSnapshot[];
  readonly dataChannels: readonly DataChannelSnapshot[];
}

/** What the participant's network carries, as far as is known, and what it is sent. */
export interface BandwidthSnapshot extends BandwidthStats {
  readonly rttMs: number | null;
  /** What the client is asked to send at most, bit/s; null for no bound. */
  readonly maxIncoming: number | null;
}

export interface PublicationSnapshot {
  readonly id: string;
  readonly kind: MediaKind;
  readonly muted: boolean;
  readonly codec: string | null;
  /** bit/s of payload */
  readonly bitrate: number;
  readonly packets: number;
  readonly lost: number;
  readonly recovered: number;
  readonly jitterMs: number;
  readonly rttMs: number | null;
  readonly nackSent: number;
  readonly pliSent: number;
  readonly keyFrames: number;
  /** Audio: packets repaired out of redundancy (RED), for receivers without RED. */
  readonly redRecovered: number;
  /** Video: how often and for how long no frame came. */
  readonly freezes: number;
  readonly frozenMs: number;
  /** 1 … 5 (qualityScore()); null while nothing comes. */
  readonly quality: number | null;
  /** Audio: whether somebody speaks, and has the word; false for video. */
  readonly speaking: boolean;
  readonly dominant: boolean;
  /** dBov; null for video, and where the publisher does not tell levels. */
  readonly audioLevel: number | null;
  readonly subscribers: number;
  /** Video: lowest first; spatial layers are counted through all encodings. Empty for audio. */
  readonly layers: readonly LayerInfo[];
  readonly encodings: readonly InboundEncodingStats[];
}

export interface SubscriptionSnapshot {
  readonly id: string;
  readonly publicationId: string;
  /** Whose publication it is. */
  readonly participantId: string;
  readonly kind: MediaKind;
  readonly state: SubscriptionState;
  readonly reason: SubscriptionReason;
  /** bit/s of payload */
  readonly bitrate: number;
  readonly packets: number;
  readonly fractionLost: number;
  /** As the receiver counts them. */
  readonly lost: number;
  readonly jitterMs: number;
  /** Video: how often and for how long its picture stood still. */
  readonly freezes: number;
  readonly frozenMs: number;
  /** 1 … 5 (qualityScore()); null while nothing flows or the receiver has not reported. */
  readonly quality: number | null;
  readonly rttMs: number | null;
  readonly nackReceived: number;
  readonly retransmitted: number;
  readonly pliReceived: number;
  /** Why it is paused; null while it is not. */
  readonly pauseReason: string | null;
  /** Video: which layers are sent, and why those; null for audio, and before there is a line. */
  readonly layers: SentLayers | null;
}

export interface DataChannelSnapshot {
  readonly label: string;
  readonly state: DataChannelState;
  readonly ordered: boolean;
  /** Messages may be lost: it is limited in retransmissions or time. */
  readonly lossy: boolean;
  /** In is from the client. */
  readonly messagesIn: number;
  readonly bytesIn: number;
  readonly messagesOut: number;
  readonly bytesOut: number;
  /** Messages to the client that were dropped. */
  readonly dropped: number;
  readonly bufferedBytes: number;
}

export function snapshotRoom(room: Room): RoomSnapshot {
  return {
    id: room.id,
    createdAt: room.createdAt.toISOString(),
    participants: [...room.participants.values()].map(snapshotParticipant),
  };
}

/** How a participant's call is, 1 … 5, out of what it sends and what it gets; null while nothing has been measured. */
export function qualityOf(participant: Participant): number | null {
  return participantScore(
    [...participant.publications.values()].map(({ track }) => track.quality),
    [...participant.subscriptions.values()].map(({ forwarder }) => forwarder?.quality ?? null),
  );
}

function snapshotParticipant(participant: Participant): ParticipantSnapshot {
  return {
    id: participant.id,
    name: participant.name,
    dialect: participant.dialect,
    joinedAt: participant.joinedAt.toISOString(),
    connectionState: participant.connectionState,
    quality: qualityOf(participant),
    bandwidth: snapshotBandwidth(participant),
    publications: [...participant.publications.values()].map(snapshotPublication),
    subscriptions: [...participant.subscriptions.values()].map(snapshotSubscription),
    dataChannels: participant.dataChannels.map(snapshotDataChannel),
  };
}

function snapshotBandwidth(participant: Participant): BandwidthSnapshot {
  const { rttMs, incomingBitrate } = participant;
  const maxIncoming = Number.isFinite(incomingBitrate.max) ? incomingBitrate.max : null;
  return { ...participant.bandwidthStats(), rttMs, maxIncoming };
}

function snapshotDataChannel(channel: DataChannel): DataChannelSnapshot {
  const { label, state, ordered, lossy, stats, bufferedBytes } = channel;
  return { label, state, ordered, lossy, ...stats, bufferedBytes };
}

function snapshotPublication(publication: Publication): PublicationSnapshot {
  const { bytes: _bytes, ...stats } = publication.track.stats();
  const voice = publication.participant.room.speakers.voiceOf(publication);
  return {
    id: publication.id,
    kind: publication.kind,
    muted: publication.muted,
    ...stats,
    speaking: voice?.speaking ?? false,
    dominant: voice?.dominant ?? false,
    audioLevel: voice?.level ?? null,
    subscribers: publication.track.forwarders.length,
  };
}

function snapshotSubscription(subscription: Subscription): SubscriptionSnapshot {
  const stats = subscription.forwarder?.stats();
  return {
    id: subscription.id,
    publicationId: subscription.publication.id,
    participantId: subscription.publication.participant.id,
    kind: subscription.publication.kind,
    state: subscription.state,
    reason: subscription.reason,
    bitrate: stats?.bitrate ?? 0,
    packets: stats?.packets ?? 0,
    fractionLost: stats?.fractionLost ?? 0,
    lost: stats?.lost ?? 0,
    jitterMs: stats?.jitterMs ?? 0,
    freezes: stats?.freezes ?? 0,
    frozenMs: stats?.frozenMs ?? 0,
    quality: stats?.quality ?? null,
    rttMs: stats?.rttMs ?? null,
    nackReceived: stats?.nackReceived ?? 0,
    retransmitted: stats?.retransmitted ?? 0,
    pliReceived: stats?.pliReceived ?? 0,
    pauseReason: subscription.pauseReason,
    layers: stats?.layers ?? null,
  };
}
