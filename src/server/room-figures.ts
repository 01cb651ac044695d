/** What the streams of all rooms are like at the moment, in figures whose number does not grow with theirs. */
import type { MediaKind } from '../media/rtp-parameters.ts';
import type { Room } from '../rooms/room.ts';
import { qualityOf } from '../rooms/snapshot.ts';

/** Upper bounds of the buckets; what is above the last is in `+Inf`. */
const shareBounds = [0.001, 0.01, 0.03, 0.1, 0.3] as const;
const secondBounds = [0.01, 0.03, 0.1, 0.3, 1] as const;
const bitrateBounds = [100_000, 300_000, 1_000_000, 3_000_000, 10_000_000] as const;
/** Higher spatial layers count as this one. */
const highestSpatialLabel = 2;
const maxReasonLabels = 24;
/** How long figures serve: one scrape reads many. */
const maxAgeMs = 200;

export interface RoomFigures {
  readonly publications: Record<MediaKind, number>;
  readonly subscriptions: Record<MediaKind, number>;
  /** Participants by quality score, rounded; `unknown` where nothing has been measured. */
  readonly qualities: Record<string, number>;
  readonly subscriptionReasons: Record<string, number>;
  /** Video subscriptions by the spatial layer sent, and by the reason for the layers sent. */
  readonly spatialLayers: Record<string, number>;
  readonly layerReasons: Record<string, number>;
  /** Encodings that nobody has use for. */
  readonly unusedEncodings: number;
  readonly publicationJitter: Record<string, number>;
  readonly subscriptionLoss: Record<string, number>;
  readonly subscriptionRtt: Record<string, number>;
  /** Connections by the reason of their estimate; those with an estimate by how much it is, in bits per second. */
  readonly estimateReasons: Record<string, number>;
  readonly estimates: Record<string, number>;
  /** Of all connections together, in bits per second: what has an estimate, is to be sent, wanted, and sent. */
  readonly outgoingBitrates: Record<'estimate' | 'target' | 'wanted' | 'current', number>;
  /** Packets that wait for their turn. */
  readonly packetsWaiting: number;
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
  const spatialLayers: Record<string, number> = { none: 0, '0': 0, '1': 0, '2': 0 };
  const layerReasons: Record<string, number> = {};
  let unusedEncodings = 0;
  const publicationJitter = buckets(secondBounds);
  const subscriptionLoss = buckets(shareBounds);
  const subscriptionRtt = buckets(secondBounds);
  const estimateReasons: Record<string, number> = {};
  const estimates = buckets(bitrateBounds);
  const outgoingBitrates = { estimate: 0, target: 0, wanted: 0, current: 0 };
  let packetsWaiting = 0;
  let speaking = 0;
  for (const room of rooms) {
    speaking += room.speakers.active.length;
    for (const participant of room.participants.values()) {
      const quality = qualityOf(participant);
      qualities[quality === null ? 'unknown' : Math.round(quality)]++;
      const bandwidth = participant.bandwidthStats();
      countReason(estimateReasons, bandwidth.reason);
      if (bandwidth.estimate !== null) addTo(estimates, bitrateBounds, bandwidth.estimate);
      outgoingBitrates.estimate += bandwidth.estimate ?? 0;
      outgoingBitrates.target += bandwidth.target;
      outgoingBitrates.wanted += bandwidth.wanted;
      outgoingBitrates.current += bandwidth.current;
      packetsWaiting += bandwidth.packetsWaiting;
      for (const { kind, track } of participant.publications.values()) {
        publications[kind]++;
        unusedEncodings += track.unusedEncodings.length;
        addTo(publicationJitter, secondBounds, track.stats().jitterMs / 1000);
      }
      for (const { publication, reason, forwarder } of participant.subscriptions.values()) {
        subscriptions[publication.kind]++;
        subscriptionReasons[reason] = (subscriptionReasons[reason] ?? 0) + 1;
        const stats = forwarder?.stats();
        if (stats !== undefined && stats.layers !== null) {
          const { current, reason: why } = stats.layers;
          spatialLayers[current.spatial < 0 ? 'none' : Math.min(current.spatial, highestSpatialLabel)]++;
          countReason(layerReasons, why);
        }
        if (stats === undefined || stats.rttMs === null) continue;
        addTo(subscriptionLoss, shareBounds, stats.fractionLost);
        addTo(subscriptionRtt, secondBounds, stats.rttMs / 1000);
      }
    }
  }
  return {
    ...{ publications, subscriptions, qualities, subscriptionReasons, speaking },
    ...{ spatialLayers, layerReasons, unusedEncodings },
    ...{ estimateReasons, estimates, outgoingBitrates, packetsWaiting },
    ...{ publicationJitter, subscriptionLoss, subscriptionRtt },
  };
}

/** However many words there are for reasons, there are few labels. */
function countReason(counts: Record<string, number>, reason: string): void {
  const label = reason in counts || Object.keys(counts).length < maxReasonLabels ? reason : 'other';
  counts[label] = (counts[label] ?? 0) + 1;
}

function buckets(bounds: readonly number[]): Record<string, number> {
  return Object.fromEntries([...bounds.map((bound) => [`${bound}`, 0]), ['+Inf', 0]]);
}

/** Cumulative, as Prometheus has histograms. */
function addTo(counts: Record<string, number>, bounds: readonly number[], value: number): void {
  for (const bound of bounds) if (value <= bound) counts[bound]++;
  counts['+Inf']++;
}
