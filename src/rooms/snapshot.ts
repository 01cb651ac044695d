/** The rooms as plain data, for the admin API and page. */
import type { MediaKind } from '../media/rtp-parameters.ts';
import type { DataChannel, DataChannelState } from '../webrtc/data-channels/data-channel.ts';
import type { ConnectionState } from '../webrtc/peer-connection.ts';
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
  readonly publications: readonly PublicationSnapshot[];
  readonly subscriptions: readonly SubscriptionSnapshot[];
  readonly dataChannels: readonly DataChannelSnapshot[];
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
  readonly subscribers: number;
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
  readonly rttMs: number | null;
  readonly nackReceived: number;
  readonly retransmitted: number;
  readonly pliReceived: number;
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

function snapshotParticipant(participant: Participant): ParticipantSnapshot {
  return {
    id: participant.id,
    name: participant.name,
    dialect: participant.dialect,
    joinedAt: participant.joinedAt.toISOString(),
    connectionState: participant.connectionState,
    publications: [...participant.publications.values()].map(snapshotPublication),
    subscriptions: [...participant.subscriptions.values()].map(snapshotSubscription),
    dataChannels: participant.dataChannels.map(snapshotDataChannel),
  };
}

function snapshotDataChannel(channel: DataChannel): DataChannelSnapshot {
  const { label, state, ordered, lossy, stats, bufferedBytes } = channel;
  return { label, state, ordered, lossy, ...stats, bufferedBytes };
}

function snapshotPublication(publication: Publication): PublicationSnapshot {
  const { codec, bitrate, packets, lost, recovered, jitterMs, rttMs, nackSent, pliSent, keyFrames } =
    publication.track.stats();
  return {
    id: publication.id,
    kind: publication.kind,
    muted: publication.muted,
    ...{ codec, bitrate, packets, lost, recovered, jitterMs, rttMs, nackSent, pliSent, keyFrames },
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
    rttMs: stats?.rttMs ?? null,
    nackReceived: stats?.nackReceived ?? 0,
    retransmitted: stats?.retransmitted ?? 0,
    pliReceived: stats?.pliReceived ?? 0,
  };
}
