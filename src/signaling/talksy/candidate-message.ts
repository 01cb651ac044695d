import { parseCandidate } from '../../webrtc/ice/candidate.ts';
import type { CandidateMessage } from './server-message.ts';

const protocolNumbers: Readonly<Record<string, number>> = { udp: 1, tcp: 2 };

/** The original sends only the parts, of which no browser can make a candidate: here the text comes with them. */
export function candidateMessage(
  { candidate, sdpMid, sdpMLineIndex }: { candidate: string; sdpMid: string; sdpMLineIndex: number },
  usernameFragment: string,
): CandidateMessage {
  const parts = parseCandidate(candidate);
  return {
    candidate,
    sdpMid,
    sdpMLineIndex,
    usernameFragment,
    foundation: parts.foundation,
    priority: parts.priority,
    address: parts.address,
    protocol: protocolNumbers[parts.protocol] ?? 0,
    port: parts.port,
    type: parts.type,
    component: parts.component,
    relatedAddress: parts.relatedAddress ?? '',
    relatedPort: parts.relatedPort ?? 0,
    tcpType: parts.tcpType ?? '',
  };
}
