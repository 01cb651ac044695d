/** Says which of the counters of all layers appear on /metrics, and under which names. */
import type { Engine } from '../engine/engine.ts';
import type { MetricDefinition, Metrics } from '../http/metrics.ts';
import type { WebSocketServer } from '../http/web-socket-server.ts';
import type { PacketIo } from '../packet-io/packet-io.ts';
import type { Rooms } from '../rooms/rooms.ts';
import { streamMetrics } from './stream-metrics.ts';

export interface MetricSources {
  readonly io: Pick<PacketIo, 'counters'>;
  readonly engine: Pick<Engine, 'counters' | 'iceCounters' | 'dataCounters' | 'connectionCount' | 'now'>;
  readonly rooms: Pick<Rooms, 'rooms' | 'participantCount'>;
  readonly webSockets: Pick<WebSocketServer, 'size' | 'refused'>;
  readonly bugs: { readonly count: number };
}

export function registerServerMetrics(metrics: Metrics, sources: MetricSources): void {
  for (const gauge of [...gauges(sources), ...streamMetrics(sources.rooms.rooms, () => sources.engine.now())])
    metrics.gauge(gauge);
  for (const counter of [
    ...traffic(sources),
    ...feedback(sources),
    ...batches(sources),
    ...dataChannels(sources),
  ])
    metrics.counter(counter);
  metrics.counter({
    name: 'manifold_drops_total',
    help: 'Datagrams and packets not used, by reason.',
    label: 'reason',
    read: () => dropsByReason(sources),
  });
}

function gauges({ engine, rooms, webSockets }: MetricSources): readonly MetricDefinition[] {
  return [
    { name: 'manifold_rooms', help: 'Open rooms.', read: () => rooms.rooms.size },
    { name: 'manifold_participants', help: 'Participants of all rooms.', read: () => rooms.participantCount },
    {
      name: 'manifold_peer_connections',
      help: 'Open peer connections.',
      read: () => engine.connectionCount,
    },
    { name: 'manifold_web_sockets', help: 'Open WebSocket connections.', read: () => webSockets.size },
  ];
}

function traffic({ io, engine, webSockets, bugs }: MetricSources): readonly MetricDefinition[] {
  const direction = 'direction';
  return [
    {
      name: 'manifold_datagrams_total',
      help: 'UDP datagrams of every kind.',
      label: direction,
      read: () => ({ in: io.counters.datagramsReceived, out: io.counters.datagramsSent }),
    },
    {
      name: 'manifold_datagram_bytes_total',
      help: 'Bytes of UDP payload of every kind.',
      label: direction,
      read: () => ({ in: io.counters.bytesReceived, out: io.counters.bytesSent }),
    },
    {
      name: 'manifold_packets_total',
      help: 'RTP packets, retransmissions included.',
      label: direction,
      read: () => ({ in: engine.counters.packetsIn, out: engine.counters.packetsOut }),
    },
    {
      name: 'manifold_bytes_total',
      help: 'Bytes of RTP packets before protection.',
      label: direction,
      read: () => ({ in: engine.counters.bytesIn, out: engine.counters.bytesOut }),
    },
    {
      name: 'manifold_rtcp_packets_total',
      help: 'Compound RTCP packets.',
      label: direction,
      read: () => ({ in: engine.counters.rtcpIn, out: engine.counters.rtcpOut }),
    },
    {
      name: 'manifold_web_sockets_refused_total',
      help: 'WebSocket connections refused, by reason.',
      label: 'reason',
      read: () => webSockets.refused,
    },
    {
      name: 'manifold_session_bugs_total',
      help: 'Unexpected errors, each of which ended a session or subscription and is in the log with its stack.',
      read: () => bugs.count,
    },
    {
      name: 'manifold_forwarders_failed_total',
      help: 'Subscriptions stopped by an unexpected error; each is in the log with its stack.',
      read: () => engine.counters.forwardersFailed,
    },
  ];
}

function feedback({ engine: { counters } }: MetricSources): readonly MetricDefinition[] {
  const direction = 'direction';
  return [
    {
      name: 'manifold_nack_total',
      help: 'Packets asked for again: in by subscribers, out by us of publishers.',
      label: direction,
      read: () => ({ in: counters.nackReceived, out: counters.nackSent }),
    },
    {
      name: 'manifold_layer_switches_total',
      help: 'Changes of the encoding or spatial layer that subscriptions get.',
      read: () => counters.layerSwitches,
    },
    {
      name: 'manifold_pli_total',
      help: 'Key frames asked for (PLI and FIR): in by subscribers, out by us of publishers.',
      label: direction,
      read: () => ({ in: counters.pliReceived, out: counters.pliSent + counters.firSent }),
    },
    {
      name: 'manifold_retransmissions_total',
      help: 'Packets repaired: in by publishers, out by us to subscribers.',
      label: direction,
      read: () => ({ in: counters.recovered, out: counters.rtxSent }),
    },
    {
      name: 'manifold_red_recovered_total',
      help: 'Lost audio packets taken out of the redundancy of later ones (RED), for receivers without RED.',
      read: () => counters.redRecovered,
    },
    {
      name: 'manifold_freezes_total',
      help: 'Times a picture stood still: as publishers sent it (in), as subscribers got it (out).',
      label: direction,
      read: () => ({ in: counters.freezesIn, out: counters.freezesOut }),
    },
    {
      name: 'manifold_paced_packets_total',
      help: 'Packets of video that waited for their turn, and those of them that waited too long and were dropped.',
      label: 'event',
      read: () => ({ waited: counters.packetsPaced, expired: counters.packetsExpired }),
    },
    {
      name: 'manifold_padding_bytes_total',
      help: 'Bytes sent to find out what the networks of subscribers carry.',
      read: () => counters.paddingBytes,
    },
    {
      name: 'manifold_bandwidth_probes_total',
      help: 'Times a network was asked with a burst whether it carries more.',
      read: () => counters.probesSent,
    },
    {
      name: 'manifold_bandwidth_feedback_received_total',
      help: 'Transport-wide feedback of subscribers.',
      read: () => counters.transportFeedbackReceived,
    },
    {
      name: 'manifold_bandwidth_feedback_total',
      help: 'Bandwidth feedback sent to publishers, by kind.',
      label: 'kind',
      read: () => ({ remb: counters.rembSent, 'transport-cc': counters.transportFeedbackSent }),
    },
  ];
}

function dataChannels({ engine: { dataCounters } }: MetricSources): readonly MetricDefinition[] {
  const direction = 'direction';
  return [
    {
      name: 'manifold_data_messages_total',
      help: 'Messages on data channels, each receiver counted.',
      label: direction,
      read: () => ({ in: dataCounters.messagesIn, out: dataCounters.messagesOut }),
    },
    {
      name: 'manifold_data_bytes_total',
      help: 'Bytes of messages on data channels, each receiver counted.',
      label: direction,
      read: () => ({ in: dataCounters.bytesIn, out: dataCounters.bytesOut }),
    },
    {
      name: 'manifold_data_channels_total',
      help: 'Data channels, by what became of them.',
      label: 'event',
      read: () => ({
        opened: dataCounters.channelsOpened,
        refused: dataCounters.refusedChannels,
        'closed-buffer-full': dataCounters.closedBufferFull,
      }),
    },
    {
      name: 'manifold_data_retransmissions_total',
      help: 'SCTP chunks sent again.',
      read: () => dataCounters.retransmitted,
    },
    {
      name: 'manifold_data_drops_total',
      help: 'Messages of data channels and SCTP packets not used, by reason.',
      label: 'reason',
      read: () => ({
        abandoned: dataCounters.abandoned,
        oldest: dataCounters.droppedOldest,
        'too-long': dataCounters.droppedTooLong,
        'buffer-full': dataCounters.droppedBufferFull,
        malformed: dataCounters.malformed,
        'malformed-packet': dataCounters.discardedPackets,
      }),
    },
  ];
}

/** Each pair divides to a mean: datagrams / batches, datagrams / calls. */
function batches({ io }: MetricSources): readonly MetricDefinition[] {
  return [
    {
      name: 'manifold_receive_batches_total',
      help: 'Batches handed to the engine; manifold_datagrams_total{direction="in"} over it is their mean size.',
      read: () => io.counters.receiveBatches,
    },
    {
      name: 'manifold_send_flushes_total',
      help: 'Flushes of the send queue; manifold_datagrams_total{direction="out"} over it is their mean size.',
      read: () => io.counters.flushes,
    },
    {
      name: 'manifold_send_calls_total',
      help: 'System calls that sent datagrams.',
      read: () => io.counters.sendCalls,
    },
    {
      name: 'manifold_gso_segments_total',
      help: 'Datagrams that left as segments of a larger one (UDP GSO).',
      read: () => io.counters.gsoSegmentsSent,
    },
  ];
}

function dropsByReason({ io, engine }: MetricSources): Readonly<Record<string, number>> {
  const datagrams = io.counters;
  const packets = engine.counters;
  return {
    'unknown-kind': datagrams.droppedUnknownKind,
    'unknown-address': datagrams.droppedUnknownAddress,
    oversize: datagrams.droppedOversize,
    'no-keys': datagrams.droppedNoKeys,
    authentication: datagrams.droppedAuthentication,
    replay: datagrams.droppedReplay,
    'ssrc-limit': datagrams.droppedSsrcLimit,
    'send-buffer-full': datagrams.sendDroppedBufferFull,
    'send-error': datagrams.sendErrors,
    'protect-error': datagrams.protectErrors,
    'connection-refused': datagrams.connectionRefused,
    'malformed-rtp': packets.malformedRtp,
    'malformed-rtcp': packets.malformedRtcp,
    'unknown-ssrc': packets.unknownSsrc,
    'unknown-payload-type': packets.unknownPayloadType,
    duplicate: packets.duplicates,
    'too-late': packets.tooLate,
    'rtx-useless': packets.rtxUseless,
    'malformed-red': packets.malformedRed,
    'retransmission-gone': packets.retransmissionsMissed,
    'retransmission-throttled': packets.retransmissionsThrottled,
    'retransmission-refused': packets.retransmissionsRefused,
    'malformed-stun': engine.iceCounters.malformed,
    'unauthenticated-stun': engine.iceCounters.unauthenticated,
    'unrouted-stun': packets.stunUnrouted,
    'unrouted-dtls': packets.dtlsUnrouted,
    'foreign-source': packets.sourcesRefused,
  };
}
