/** getStats of an endpoint, in Kurento's shapes, from the counters of its connection. */
import type { ForwarderStats } from '../../media/forwarding/forwarder-stats.ts';
import type { InboundTrackStats } from '../../media/forwarding/inbound-track-stats.ts';
import type { Participant } from '../../rooms/participant.ts';
import type { Publication } from '../../rooms/publication.ts';
import type { Subscription } from '../../rooms/subscription.ts';
import { record } from './media-object.ts';
import type { MediaType } from './param-types.ts';

type Records = Record<string, object>;

const kindOf: Readonly<Record<MediaType, string>> = { AUDIO: 'audio', VIDEO: 'video', DATA: 'data' };

export function endpointRecord(id: string, timestampMillis: number): object {
  return record('EndpointStats', {
    ...{ id, type: 'endpoint', timestampMillis, timestamp: Math.floor(timestampMillis / 1000) },
    ...{ inputAudioLatency: 0, inputVideoLatency: 0, audioE2ELatency: 0, videoE2ELatency: 0 },
    ...{ inputLatency: [], E2ELatency: [] },
  });
}

/** What comes in and goes out, of one kind or (null) of both; `detailed`, with more than the original says. */
export function streamRecords(
  { id, publications, subscriptions, incomingBitrate, path }: StreamOwner,
  type: MediaType | null,
  timestampMillis: number,
  detailed: boolean,
): Records {
  const wanted = ({ kind }: { kind: string }) => type === null || kind === kindOf[type];
  const remb = Number.isFinite(incomingBitrate.max) ? incomingBitrate.max : 0;
  const records: Records = {};
  for (const publication of publications.values())
    if (wanted(publication))
      Object.assign(records, inboundRecords(id, publication, remb, timestampMillis, detailed));
  for (const subscription of subscriptions.values()) {
    if (!wanted(subscription.publication)) continue;
    const estimate = path.remoteEstimate ?? 0;
    Object.assign(records, outboundRecords(id, subscription, estimate, timestampMillis, detailed));
  }
  return records;
}

type StreamOwner = Pick<Participant, 'id' | 'publications' | 'subscriptions' | 'incomingBitrate' | 'path'>;

function commonFields(id: string, type: string, ssrc: number, timestampMillis: number) {
  return {
    ...{ id, type, timestampMillis, timestamp: Math.floor(timestampMillis / 1000) },
    ...{ ssrc: String(ssrc), associateStatsId: '', isRemote: false },
    ...{ mediaTrackId: '', transportId: '', codecId: '' },
  };
}

function inboundRecords(
  owner: string,
  { track, kind, trackId }: Publication,
  remb: number,
  timestampMillis: number,
  detailed: boolean,
): Records {
  const stats = track.stats();
  const records: Records = {};
  for (const { ssrc, packets, bytes, lost, bitrate } of stats.encodings) {
    if (ssrc < 0) continue;
    const id = `${owner}_${kind}_rx_${ssrc}`;
    records[id] = record('RTCInboundRTPStreamStats', {
      ...commonFields(id, 'inboundrtp', ssrc, timestampMillis),
      ...{ mediaTrackId: trackId, codecId: stats.codec ?? '' },
      ...{ firCount: 0, pliCount: stats.pliSent, nackCount: stats.nackSent, sliCount: 0, remb },
      ...{ packetsLost: lost, fractionLost: packets + lost === 0 ? 0 : lost / (packets + lost) },
      ...{ packetsReceived: packets, bytesReceived: bytes, jitter: stats.jitterMs / 1000 },
      ...(detailed ? { bitrate, ...inboundDetails(stats) } : {}),
    });
  }
  return records;
}

function outboundRecords(
  owner: string,
  { forwarder, publication: { kind, trackId } }: Subscription,
  remb: number,
  timestampMillis: number,
  detailed: boolean,
): Records {
  if (forwarder === null) return {};
  const stats = forwarder.stats();
  const id = `${owner}_${kind}_tx_${forwarder.ssrc}`;
  const fields = {
    ...commonFields(id, 'outboundrtp', forwarder.ssrc, timestampMillis),
    ...{ mediaTrackId: trackId },
    ...{ firCount: 0, pliCount: stats.pliReceived, nackCount: stats.nackReceived, sliCount: 0, remb },
    ...{ packetsLost: stats.lost, fractionLost: stats.fractionLost },
    ...{ packetsSent: stats.packets, bytesSent: stats.bytes },
    ...{ targetBitrate: stats.bitrate, roundTripTime: (stats.rttMs ?? 0) / 1000 },
    ...(detailed ? outboundDetails(stats) : {}),
  };
  return { [id]: record('RTCOutboundRTPStreamStats', fields) };
}

/** Of the track, all of its encodings together. Durations are in seconds, as the original's are. */
function inboundDetails({ recovered, keyFrames, freezes, frozenMs, rttMs, quality }: InboundTrackStats) {
  return {
    ...{ packetsRecovered: recovered, keyFrames, freezes, frozenTime: frozenMs / 1000 },
    ...{ roundTripTime: (rttMs ?? 0) / 1000, quality },
  };
}

function outboundDetails({ bitrate, jitterMs, retransmitted, freezes, frozenMs, quality }: ForwarderStats) {
  return {
    ...{ bitrate, jitter: jitterMs / 1000, packetsRetransmitted: retransmitted },
    ...{ freezes, frozenTime: frozenMs / 1000, quality },
  };
}
