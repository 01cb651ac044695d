/** `track_stats`: what a client is told of itself each second, and what `/stats` shows of it. */
import type { InboundTrack } from '../../media/forwarding/inbound-track.ts';
import type { Participant } from '../../rooms/participant.ts';
import type { Publication } from '../../rooms/publication.ts';
import type { Subscription } from '../../rooms/subscription.ts';
import type { PublishLimitation } from './internal-message.ts';
import { ceilingNumber, type PictureLevel, QualityNumber, qualityNumber } from './quality.ts';
import type { SourceType } from './server-message.ts';
import { wireIdentity } from './wire-identity.ts';

/** Bit/s a client is taken to be able to receive while nothing has been measured. */
const initialBandwidth = 1_000_000;
const kindNumbers = { audio: 1, video: 2 } as const;

export interface SentTrackStatistics {
  readonly id: string;
  readonly stream_id: string;
  readonly kind: 1 | 2;
  readonly codec: string;
  readonly packets_lost: number;
  readonly packets_sent: number;
  /** 0 … 1, of the receiver's last report. */
  readonly fraction_lost: number;
  readonly bytes_sent: number;
  readonly current_bitrate: number;
  readonly source: SourceType;
  readonly quality: number;
  readonly max_quality: number;
}

/** One for each encoding of a track. */
export interface ReceivedTrackStatistics {
  readonly id: string;
  readonly stream_id: string;
  /** Empty where there is only one. */
  readonly rid: string;
  readonly kind: 1 | 2;
  readonly codec: string;
  readonly current_bitrate: number;
  readonly packets_lost: number;
  readonly packets_received: number;
  readonly bytes_received: number;
}

/** Sent is from the server to the client, received what the client publishes. Bit rates are bit/s. */
export interface ClientStatistics {
  readonly id: string;
  readonly name: string;
  readonly publisher_bandwidth: number;
  readonly consumer_bandwidth: number;
  readonly current_bitrate: number;
  readonly current_publish_limitation: PublishLimitation;
  readonly sent_track_stats: readonly SentTrackStatistics[];
  readonly received_track_stats: readonly ReceivedTrackStatistics[];
  readonly voice_activity_duration_ms: number;
}

/** What is known of a client besides its media. */
export interface ClientFacts {
  readonly id: string;
  readonly publisherBandwidth: number;
  readonly publishLimitation: PublishLimitation;
  /** The highest level it gets of a video; null for none at all. */
  ceilingOf(publication: Publication): PictureLevel | null;
}

/** What is known of publications besides their media. */
export interface PublicationFacts {
  sourceOf(publication: Publication): SourceType;
  voiceDurationMs(publication: Publication): number;
}

/** @param participant null before the client's first offer */
export function clientStatistics(
  client: ClientFacts,
  participant: Participant | null,
  facts: PublicationFacts,
): ClientStatistics {
  const publications = participant === null ? [] : [...participant.publications.values()];
  const subscriptions = participant === null ? [] : [...participant.subscriptions.values()];
  const sent = subscriptions.flatMap((subscription) => sentStatistics(client, subscription, facts) ?? []);
  const voice = publications.reduce((sum, publication) => sum + facts.voiceDurationMs(publication), 0);
  return {
    id: client.id,
    name: client.id,
    publisher_bandwidth: client.publisherBandwidth,
    consumer_bandwidth: consumerBandwidth(participant),
    current_bitrate: sent.reduce((sum, { current_bitrate }) => sum + current_bitrate, 0),
    current_publish_limitation: client.publishLimitation,
    sent_track_stats: sent,
    received_track_stats: publications.flatMap(receivedStatistics),
    voice_activity_duration_ms: Math.round(voice),
  };
}

function consumerBandwidth(participant: Participant | null): number {
  if (participant === null || participant.closeReason !== null) return initialBandwidth;
  const { estimate, current } = participant.bandwidthStats();
  return estimate ?? Math.max(initialBandwidth, current);
}

function sentStatistics(
  client: ClientFacts,
  { publication, forwarder }: Subscription,
  facts: PublicationFacts,
): SentTrackStatistics | null {
  if (forwarder === null) return null;
  const { kind, track } = publication;
  const { lost, packets, fractionLost, bytes, bitrate } = forwarder.stats();
  const { streamId, trackId } = wireIdentity(publication);
  const unwrapped = forwarder.unwrapsRed && isRed(track);
  const audioQuality = isRed(track) && !unwrapped ? QualityNumber.AudioRed : QualityNumber.Audio;
  const layers = kind === 'video' ? track.layers.list() : [];
  const ceiling = client.ceilingOf(publication);
  const isVideo = kind === 'video';
  return {
    id: trackId,
    stream_id: streamId,
    kind: kindNumbers[kind],
    codec: unwrapped ? 'audio/opus' : codecOf(track),
    packets_lost: lost,
    packets_sent: packets,
    fraction_lost: fractionLost,
    bytes_sent: bytes,
    current_bitrate: bitrate,
    source: facts.sourceOf(publication),
    quality: isVideo
      ? qualityNumber(layers, forwarder.state === 'live' ? forwarder.current : nothing)
      : audioQuality,
    max_quality: !isVideo
      ? audioQuality
      : ceiling === null
        ? QualityNumber.None
        : ceilingNumber(layers, ceiling),
  };
}

const nothing = { spatial: -1, temporal: -1 };

function receivedStatistics(publication: Publication): ReceivedTrackStatistics[] {
  const { kind, track } = publication;
  const { streamId, trackId } = wireIdentity(publication);
  return track.stats().encodings.map(({ rid, bitrate, lost, packets, bytes }) => ({
    id: trackId,
    stream_id: streamId,
    rid: rid ?? '',
    kind: kindNumbers[kind],
    codec: codecOf(track),
    current_bitrate: bitrate,
    packets_lost: lost,
    packets_received: packets,
    bytes_received: bytes,
  }));
}

function codecOf({ kind, codec }: InboundTrack): string {
  return codec === null ? '' : `${kind}/${codec.name}`;
}

function isRed({ codec }: InboundTrack): boolean {
  return codec?.name.toLowerCase() === 'red';
}
