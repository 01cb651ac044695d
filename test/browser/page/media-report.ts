import { streamIdsOf, trackedConnections } from './tracked-peer-connection.ts';

/** What one receiving line of a connection has got so far, in the terms of webrtc-stats. */
export interface InboundMedia {
  /** Position of the connection among all the page made. */
  connection: number;
  mid: string;
  kind: 'audio' | 'video';
  ssrc: number;
  trackId: string;
  streamIds: string[];
  /** MIME type, "video/VP8". */
  codec: string;
  bytesReceived: number;
  packetsReceived: number;
  packetsLost: number;
  nackCount: number;
  pliCount: number;
  retransmittedPacketsReceived: number;
  framesDecoded: number;
  framesDropped: number;
  keyFramesDecoded: number;
  frameWidth: number;
  frameHeight: number;
  freezeCount: number;
  totalFreezesDuration: number;
  totalSamplesReceived: number;
  concealedSamples: number;
  totalAudioEnergy: number;
}

/** What one sending line has sent so far. */
export interface OutboundMedia {
  connection: number;
  mid: string;
  kind: 'audio' | 'video';
  ssrc: number;
  codec: string;
  bytesSent: number;
  packetsSent: number;
  framesEncoded: number;
  keyFramesEncoded: number;
  frameWidth: number;
  frameHeight: number;
  nackCount: number;
  pliCount: number;
  retransmittedPacketsSent: number;
  qualityLimitationReason: string;
}

type Stats = Record<string, unknown> & { id: string; type: string };

const number = (value: unknown): number => (typeof value === 'number' ? value : 0);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

async function readStats(connection: RTCPeerConnection): Promise<Map<string, Stats>> {
  const all = new Map<string, Stats>();
  const report = await connection.getStats();
  report.forEach((entry: Stats) => {
    all.set(entry.id, entry);
  });
  return all;
}

/** Every line that may receive now (direction agreed, not stopped), on every connection that is not closed. */
export async function inboundMedia(): Promise<InboundMedia[]> {
  const result: InboundMedia[] = [];
  for (const [index, { connection }] of trackedConnections().entries()) {
    if (connection.signalingState === 'closed') continue;
    const all = await readStats(connection);
    const receiving = new Map<string, RTCRtpTransceiver>();
    for (const transceiver of connection.getTransceivers()) {
      const direction = transceiver.currentDirection;
      if (transceiver.mid !== null && (direction === 'recvonly' || direction === 'sendrecv')) {
        receiving.set(transceiver.mid, transceiver);
      }
    }
    for (const entry of all.values()) {
      if (entry.type !== 'inbound-rtp') continue;
      const transceiver = receiving.get(text(entry.mid)) ?? transceiverOfTrack(receiving, entry);
      if (transceiver === undefined || transceiver.mid === null) continue;
      const codec = all.get(text(entry.codecId));
      result.push({
        connection: index,
        mid: transceiver.mid,
        kind: entry.kind === 'audio' ? 'audio' : 'video',
        ssrc: number(entry.ssrc),
        trackId: transceiver.receiver.track.id,
        streamIds: streamIdsOf(transceiver.receiver),
        codec: text(codec?.mimeType),
        bytesReceived: number(entry.bytesReceived),
        packetsReceived: number(entry.packetsReceived),
        packetsLost: number(entry.packetsLost),
        nackCount: number(entry.nackCount),
        pliCount: number(entry.pliCount),
        retransmittedPacketsReceived: number(entry.retransmittedPacketsReceived),
        framesDecoded: number(entry.framesDecoded),
        framesDropped: number(entry.framesDropped),
        keyFramesDecoded: number(entry.keyFramesDecoded),
        frameWidth: number(entry.frameWidth),
        frameHeight: number(entry.frameHeight),
        freezeCount: number(entry.freezeCount),
        totalFreezesDuration: number(entry.totalFreezesDuration),
        totalSamplesReceived: number(entry.totalSamplesReceived),
        concealedSamples: number(entry.concealedSamples),
        totalAudioEnergy: number(entry.totalAudioEnergy),
      });
    }
  }
  return result;
}

function transceiverOfTrack(
  receiving: ReadonlyMap<string, RTCRtpTransceiver>,
  entry: Stats,
): RTCRtpTransceiver | undefined {
  for (const transceiver of receiving.values()) {
    if (transceiver.receiver.track.id === entry.trackIdentifier) return transceiver;
  }
  return undefined;
}

/** Every encoding the page sends, on every connection that is not closed. */
export async function outboundMedia(): Promise<OutboundMedia[]> {
  const result: OutboundMedia[] = [];
  for (const [index, { connection }] of trackedConnections().entries()) {
    if (connection.signalingState === 'closed') continue;
    const all = await readStats(connection);
    for (const entry of all.values()) {
      if (entry.type !== 'outbound-rtp') continue;
      const codec = all.get(text(entry.codecId));
      result.push({
        connection: index,
        mid: text(entry.mid),
        kind: entry.kind === 'audio' ? 'audio' : 'video',
        ssrc: number(entry.ssrc),
        codec: text(codec?.mimeType),
        bytesSent: number(entry.bytesSent),
        packetsSent: number(entry.packetsSent),
        framesEncoded: number(entry.framesEncoded),
        keyFramesEncoded: number(entry.keyFramesEncoded),
        frameWidth: number(entry.frameWidth),
        frameHeight: number(entry.frameHeight),
        nackCount: number(entry.nackCount),
        pliCount: number(entry.pliCount),
        retransmittedPacketsSent: number(entry.retransmittedPacketsSent),
        qualityLimitationReason: text(entry.qualityLimitationReason),
      });
    }
  }
  return result;
}

/** Everything a person who looks into a failed test wants to see of the page's connections. */
export async function describeConnections(): Promise<unknown[]> {
  const result: unknown[] = [];
  for (const { connection, history } of trackedConnections()) {
    const closed = connection.signalingState === 'closed';
    result.push({
      connectionState: connection.connectionState,
      iceConnectionState: connection.iceConnectionState,
      signalingState: connection.signalingState,
      history,
      localDescription: connection.localDescription?.sdp.split('\r\n') ?? null,
      remoteDescription: connection.remoteDescription?.sdp.split('\r\n') ?? null,
      statistics: closed ? [] : [...(await readStats(connection)).values()],
    });
  }
  return result;
}
