/** Metrics of every track by itself, where that is wanted: their number grows with the tracks. */
import type { Metrics } from '../http/metrics.ts';
import type { ForwarderStats } from '../media/forwarding/forwarder-stats.ts';
import type { InboundTrackStats } from '../media/forwarding/inbound-track-stats.ts';
import type { Publication } from '../rooms/publication.ts';
import type { Room } from '../rooms/room.ts';

type Rooms = ReadonlyMap<string, Room>;

const publisher = ['room', 'participant', 'publication', 'kind'] as const;
const receiver = [...publisher, 'receiver'] as const;

interface Row {
  readonly labels: Record<string, string>;
  readonly value: number;
}

export function trackMetrics(metrics: Metrics, rooms: Rooms): void {
  for (const [kind, name, help, read] of publicationFigures)
    metrics.table(kind, { name, help, labels: publisher, read: () => publications(rooms, read) });
  metrics.table('gauge', {
    name: 'manifold_track_audio_level_dbov',
    help: 'Loudness of each published audio track, 0 to -127, where its packets tell it.',
    labels: publisher,
    read: () => levels(rooms),
  });
  for (const [kind, name, help, read] of subscriptionFigures)
    metrics.table(kind, { name, help, labels: receiver, read: () => subscriptions(rooms, read) });
}

type Figure<T> = readonly ['gauge' | 'counter', name: string, help: string, read: (stats: T) => number];

const publicationFigures: readonly Figure<InboundTrackStats>[] = [
  ['gauge', 'manifold_track_bits_per_second', 'Payload of each published track.', ({ bitrate }) => bitrate],
  ['counter', 'manifold_track_packets_total', 'Packets of each published track.', ({ packets }) => packets],
  [
    'gauge',
    'manifold_track_lost_packets',
    'Packets of each published track that the network lost.',
    ({ lost }) => lost,
  ],
  [
    'gauge',
    'manifold_track_jitter_seconds',
    'Jitter of each published track.',
    ({ jitterMs }) => jitterMs / 1000,
  ],
  [
    'counter',
    'manifold_track_key_frame_requests_total',
    'Key frames asked of the publisher of each track.',
    ({ pliSent }) => pliSent,
  ],
];

const subscriptionFigures: readonly Figure<ForwarderStats>[] = [
  [
    'gauge',
    'manifold_delivered_track_bits_per_second',
    'Payload of each track delivered.',
    ({ bitrate }) => bitrate,
  ],
  [
    'counter',
    'manifold_delivered_track_packets_total',
    'Packets of each track delivered.',
    ({ packets }) => packets,
  ],
  [
    'gauge',
    'manifold_delivered_track_lost_packets',
    'Packets of each track that its receiver says it misses.',
    ({ lost }) => lost,
  ],
  [
    'gauge',
    'manifold_delivered_track_loss_ratio',
    'Share of the packets of each track that its receiver said last that it misses.',
    ({ fractionLost }) => fractionLost,
  ],
  [
    'gauge',
    'manifold_delivered_track_jitter_seconds',
    'Jitter of each track as its receiver says.',
    ({ jitterMs }) => jitterMs / 1000,
  ],
  [
    'counter',
    'manifold_delivered_track_key_frame_requests_total',
    'Key frames that the receiver of each track asked for.',
    ({ pliReceived }) => pliReceived,
  ],
];

function* publications(rooms: Rooms, read: (stats: InboundTrackStats) => number): Generator<Row> {
  for (const room of rooms.values()) {
    for (const participant of room.participants.values()) {
      for (const publication of participant.publications.values())
        yield { labels: labelsOf(room, publication), value: read(publication.track.stats()) };
    }
  }
}

/** As they were determined last; none where that is off. */
function* levels(rooms: Rooms): Generator<Row> {
  for (const room of rooms.values()) {
    for (const publication of room.publications()) {
      const value = room.speakers.voiceOf(publication)?.level ?? null;
      if (value !== null) yield { labels: labelsOf(room, publication), value };
    }
  }
}

function labelsOf(room: Room, { participant, id, kind }: Publication): Record<string, string> {
  return { room: room.id, participant: participant.id, publication: id, kind };
}

function* subscriptions(rooms: Rooms, read: (stats: ForwarderStats) => number): Generator<Row> {
  for (const room of rooms.values()) {
    for (const participant of room.participants.values()) {
      for (const { publication, forwarder } of participant.subscriptions.values()) {
        if (forwarder === null) continue;
        const labels = {
          room: room.id,
          participant: publication.participant.id,
          publication: publication.id,
          kind: publication.kind,
          receiver: participant.id,
        };
        yield { labels, value: read(forwarder.stats()) };
      }
    }
  }
}
