/** Totals of one engine, read at scrape time. Plain numbers: a packet adds to them without allocating. */
export interface MediaCounters {
  packetsIn: number;
  bytesIn: number;
  /** RTP packets queued, retransmissions included. */
  packetsOut: number;
  bytesOut: number;
  rtcpIn: number;
  rtcpOut: number;
  malformedRtp: number;
  malformedRtcp: number;
  /** RTP of an SSRC that belongs to no negotiated m-line. */
  unknownSsrc: number;
  /** RTP of a payload type that was not negotiated for its m-line. */
  unknownPayloadType: number;
  duplicates: number;
  /** Packets too old for the receive window. */
  tooLate: number;
  /** Packets of publishers that arrived by RTX. */
  recovered: number;
  /** RTX packets that carried nothing new: probes, and repairs of what arrived after all. */
  rtxUseless: number;
  /** RED packets (RFC 2198) whose blocks cannot be told apart. */
  malformedRed: number;
  /** Lost audio packets taken out of the redundancy of later ones, for receivers without RED. */
  redRecovered: number;
  nackSent: number;
  nackReceived: number;
  /** Packets sent again on a subscriber's NACK, by RTX or plainly. */
  rtxSent: number;
  /** NACKed packets the ring or the history no longer holds. */
  retransmissionsMissed: number;
  /** NACKs ignored because the packet was sent again a moment ago, or the receiver can do without it. */
  retransmissionsThrottled: number;
  /** NACKs ignored because repairs would take too much of the path, or come too late. */
  retransmissionsRefused: number;
  pliSent: number;
  firSent: number;
  /** PLI and FIR of subscribers. */
  pliReceived: number;
  rembSent: number;
  transportFeedbackSent: number;
  /** Transport-wide feedback of subscribers. */
  transportFeedbackReceived: number;
  /** Packets to subscribers that waited for their turn, and those of them that waited too long for the ring. */
  packetsPaced: number;
  packetsExpired: number;
  /** What subscribers were sent to find out what their networks carry: bytes on the wire, and probes among it. */
  paddingBytes: number;
  probesSent: number;
  /** Times a picture stood still: as publishers' packets came, and as they went to subscribers. */
  freezesIn: number;
  freezesOut: number;
  /** Changes of the encoding or spatial layer that subscribers get. */
  layerSwitches: number;
  /** Forwarders stopped by a bug. */
  forwardersFailed: number;
  /** STUN messages that no connection claimed; counted by the engine. */
  stunUnrouted: number;
  /** DTLS from addresses that no connection has validated; counted by the engine. */
  dtlsUnrouted: number;
  /** Packets to connections without ICE that were not their peers'; counted by the engine. */
  sourcesRefused: number;
}

export function createMediaCounters(): MediaCounters {
  return {
    packetsIn: 0,
    bytesIn: 0,
    packetsOut: 0,
    bytesOut: 0,
    rtcpIn: 0,
    rtcpOut: 0,
    malformedRtp: 0,
    malformedRtcp: 0,
    unknownSsrc: 0,
    unknownPayloadType: 0,
    duplicates: 0,
    tooLate: 0,
    recovered: 0,
    rtxUseless: 0,
    malformedRed: 0,
    redRecovered: 0,
    nackSent: 0,
    nackReceived: 0,
    rtxSent: 0,
    retransmissionsMissed: 0,
    retransmissionsThrottled: 0,
    retransmissionsRefused: 0,
    pliSent: 0,
    firSent: 0,
    pliReceived: 0,
    rembSent: 0,
    transportFeedbackSent: 0,
    transportFeedbackReceived: 0,
    packetsPaced: 0,
    packetsExpired: 0,
    paddingBytes: 0,
    probesSent: 0,
    freezesIn: 0,
    freezesOut: 0,
    layerSwitches: 0,
    forwardersFailed: 0,
    stunUnrouted: 0,
    dtlsUnrouted: 0,
    sourcesRefused: 0,
  };
}
