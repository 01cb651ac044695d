/** The metrics of what is published and delivered at the moment. */
import type { MetricDefinition } from '../http/metrics.ts';
import type { Room } from '../rooms/room.ts';
import { createRoomFigures } from './room-figures.ts';

/** Distributions are those of the moment (OpenMetrics calls them gauge histograms): `le` is the upper bound. */
export function streamMetrics(
  rooms: ReadonlyMap<string, Room>,
  now: () => number,
): readonly MetricDefinition[] {
  const figures = createRoomFigures(rooms, now);
  return [
    {
      name: 'manifold_publications',
      help: 'Tracks published, by kind.',
      label: 'kind',
      read: () => figures().publications,
    },
    {
      name: 'manifold_subscriptions',
      help: 'Tracks delivered or to be delivered, by kind.',
      label: 'kind',
      read: () => figures().subscriptions,
    },
    {
      name: 'manifold_subscriptions_by_reason',
      help: 'Subscriptions by the reason of their state.',
      label: 'reason',
      read: () => figures().subscriptionReasons,
    },
    {
      name: 'manifold_subscriptions_by_layer',
      help: 'Video subscriptions by the spatial layer sent, 0 being the smallest picture; 2 and above as 2.',
      label: 'spatial',
      read: () => figures().spatialLayers,
    },
    {
      name: 'manifold_subscriptions_by_layer_reason',
      help: 'Video subscriptions by the reason for the layers sent.',
      label: 'reason',
      read: () => figures().layerReasons,
    },
    {
      name: 'manifold_unused_encodings',
      help: 'Encodings of publications that no subscription has use for.',
      read: () => figures().unusedEncodings,
    },
    {
      name: 'manifold_participants_by_quality',
      help: 'Participants by quality score, 1 (bad) to 5 (excellent), rounded.',
      label: 'score',
      read: () => figures().qualities,
    },
    {
      name: 'manifold_publication_jitter_seconds',
      help: 'Publications whose packets arrive with at most this jitter.',
      label: 'le',
      read: () => figures().publicationJitter,
    },
    {
      name: 'manifold_subscription_loss_ratio',
      help: 'Subscriptions whose receiver last reported at most this share of packets lost.',
      label: 'le',
      read: () => figures().subscriptionLoss,
    },
    {
      name: 'manifold_subscription_rtt_seconds',
      help: 'Subscriptions with at most this round-trip time.',
      label: 'le',
      read: () => figures().subscriptionRtt,
    },
    {
      name: 'manifold_connections_by_estimate_reason',
      help: 'Connections by the reason of the estimate of what their networks carry.',
      label: 'reason',
      read: () => figures().estimateReasons,
    },
    {
      name: 'manifold_connection_estimate_bits_per_second',
      help: 'Connections with an estimate of at most this.',
      label: 'le',
      read: () => figures().estimates,
    },
    {
      name: 'manifold_outgoing_bits_per_second',
      help: 'Of all connections together: estimated, to be sent, wanted, and sent with padding.',
      label: 'what',
      read: () => figures().outgoingBitrates,
    },
    {
      name: 'manifold_paced_packets_waiting',
      help: 'Packets of video that wait for their turn.',
      read: () => figures().packetsWaiting,
    },
    {
      name: 'manifold_speaking',
      help: 'Publications in which somebody speaks.',
      read: () => figures().speaking,
    },
  ];
}
