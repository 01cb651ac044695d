/** `/stats`: what goes on in one room, participants of other dialects included. */
import type { Forwarder } from '../../media/forwarding/forwarder.ts';
import type { InboundTrack } from '../../media/forwarding/inbound-track.ts';
import type { Participant } from '../../rooms/participant.ts';
import { ByteTotal } from './byte-total.ts';
import type { ClientStatistics } from './client-statistics.ts';

interface KindCounts {
  audio: number;
  video: number;
}

export interface RoomStatistics {
  /** Clients whose connection is up. */
  readonly active_sessions: number;
  readonly clients_count: number;
  /** bit/s of media */
  readonly bitrate_sent: number;
  readonly bitrate_received: number;
  /** Of media, those who have left included. */
  readonly bytes_ingress: number;
  readonly bytes_egress: number;
  readonly received_tracks: Readonly<KindCounts>;
  readonly sent_tracks: Readonly<KindCounts>;
  /** RFC 3339 */
  readonly timestamp: string;
  readonly client_stats: Readonly<Record<string, ClientStatistics>>;
}

/** Counts the bytes of a room's media. */
export class RoomTraffic {
  readonly #ingress = new ByteTotal<InboundTrack>();
  readonly #egress = new ByteTotal<Forwarder>();

  /** To be called about once a second, so that nobody comes and goes unseen. */
  update(participants: readonly Participant[]): { ingress: number; egress: number } {
    const tracks = participants.flatMap(({ publications }) => [...publications.values()].map((p) => p.track));
    const forwarders = participants.flatMap(({ subscriptions }) =>
      [...subscriptions.values()].flatMap(({ forwarder }) => forwarder ?? []),
    );
    return { ingress: this.#ingress.update(tracks), egress: this.#egress.update(forwarders) };
  }
}

export function roomStatistics(
  participants: readonly Participant[],
  clients: readonly ClientStatistics[],
  traffic: { readonly ingress: number; readonly egress: number },
  now: Date,
): RoomStatistics {
  const received: KindCounts = { audio: 0, video: 0 };
  const sent: KindCounts = { audio: 0, video: 0 };
  let bitrateReceived = 0;
  let bitrateSent = 0;
  for (const { publications, subscriptions } of participants) {
    for (const { kind, track } of publications.values()) {
      received[kind]++;
      bitrateReceived += track.stats().bitrate;
    }
    for (const { publication, forwarder } of subscriptions.values()) {
      if (forwarder === null) continue;
      sent[publication.kind]++;
      bitrateSent += forwarder.bitrate;
    }
  }
  return {
    active_sessions: participants.filter(({ connectionState }) => connectionState === 'connected').length,
    clients_count: clients.length,
    bitrate_sent: bitrateSent,
    bitrate_received: bitrateReceived,
    bytes_ingress: traffic.ingress,
    bytes_egress: traffic.egress,
    received_tracks: received,
    sent_tracks: sent,
    timestamp: now.toISOString(),
    client_stats: Object.fromEntries(clients.map((client) => [client.id, client])),
  };
}
