/** What the streams of all rooms are like at the moment, in figures whose number does not grow with theirs. */
import type { MediaKind } from '../media/rtp-parameters.ts';
import type { Room } from '../rooms/room.ts';
import { qualityOf } from '../rooms/snapshot.ts';

/** Upper bounds of the buckets; what is above the last is in `+Inf`. */
const shareBounds = [0.001, 0.01, 0.03, 0.1, 0.3] as const;
const secondBounds = [0.01, 0.03, 0.1, 0.3, 1] as const;
/** How long figures serve: one scrape reads many. */
const maxAgeMs = 200;

export interface RoomFigures {
  readonly publications: Record<MediaKind, number>;
  readonly subscriptions: Record<MediaKind, number>;
  /** Participants by quality score, rounded; `unknown` where nothing has been measured. */
  readonly qualities: Record<string, number>;
  readonly subscriptionReasons: Record<string, number>;
  readonly publicationJitter: Record<string, number>;
  readonly subscriptionLoss: Record<string, number>;
  readonly subscriptionRtt: Record<string, number>;
  /** Audio publications in which somebody speaks. */
  readonly speaking: number;
}

/** @param now monotonic ms; figures are read anew when they are older than a scrape */
export function createRoomFigures(rooms: ReadonlyMap<string, Room>, now: () => number): () => RoomFigures {
  let figures: RoomFigures | null = null;
  let readAtMs = 0;
  return () => {
    if (figures === null || now() - readAtMs > maxAgeMs) {
      figures = readRoomFigures(rooms.values());
      readAtMs = now();
    }
    return figures;
  };
}

function readRoomFigures(rooms: Iterable<Room>): RoomFigures {
  const publications = { audio: 0, video: 0 };
  const subscriptions = { audio: 0, video: 0 };
  const qualities: Record<string, number> = { '1': 0, '2': 0, '3': 0, '4': 0, '5': 0, unknown: 0 };
  const subscriptionReasons: Record<string, number> = {};
  const publicationJitter = buckets(secondBounds);
  const subscriptionLoss = buckets(shareBounds);
  const subscriptionRtt = buckets(secondBounds);
  let speaking = 0;
  for (const room of rooms) {
    speaking += room.speakers.active.length;
    for (const participant of room.participants.values()) {
      const quality = qualityOf(participant);
      qualities[quality === null ? 'unknown' : Math.round(quality)]++;
      for (const { kind, track } of participant.publications.values()) {
        publications[kind]++;
        addTo(publicationJitter, secondBounds, track.stats().jitterMs / 1000);
      }
      for (const { publication, reason, forwarder } of participant.subscriptions.values()) {
        subscriptions[publication.kind]++;
        subscriptionReasons[reason] = (subscriptionReasons[reason] ?? 0) + 1;
        const stats = forwarder?.stats();
        if (stats === undefined || stats.rttMs === null) continue;
        addTo(subscriptionLoss, shareBounds, stats.fractionLost);
        addTo(subscriptionRtt, secondBounds, stats.rttMs / 1000);
      }
    }
  }
  return {
    ...{ publications, subscriptions, qualities, subscriptionReasons, speaking },
    ...{ publicationJitter, subscriptionLoss, subscriptionRtt },
  };
}

function buckets(bounds: readonly number[]): Record<string, number> {
  return Object.fromEntries([...bounds.map((bound) => [`${bound}`, 0]), ['+Inf', 0]]);
}

/** Cumulative, as Prometheus has histograms. */
function addTo(counts: Record<string, number>, bounds: readonly number[], value: number): void {
  for (const bound of bounds) if (value <= bound) counts[bound]++;
  counts['+Inf']++;
}
