/** The HTTP half of a load client: posts an SDP offer to a WHIP or WHEP address and reads what it needs of the answer. */
import type { SocketAddress } from '../packet-io/packet-io.ts';
import { familyOf } from '../packet-io/socket-address.ts';
import { parseCandidate } from '../webrtc/ice/candidate.ts';
import { parseSessionDescription } from '../webrtc/sdp/parse-session-description.ts';
import { transportSequenceId } from './load-feedback.ts';

export interface LoadOffer {
  readonly kind: 'audio' | 'video';
  readonly direction: 'sendonly' | 'recvonly';
  readonly usernameFragment: string;
  readonly password: string;
  /** SHA-256, upper-case hex with colons. */
  readonly fingerprint: string;
  /** What a publisher sends with. */
  readonly ssrc: number;
  /** Whether transport-wide feedback is sent (LoadFeedback), as browsers do, which have RTX with it. */
  readonly feedback: boolean;
}

export interface LoadAnswer {
  /** Where to DELETE the session. */
  readonly resource: URL;
  readonly usernameFragment: string;
  readonly password: string;
  readonly fingerprint: string;
  readonly remote: SocketAddress;
}

export const audioPayloadType = 111;
export const videoPayloadType = 96;
/** Of repairs and of padding, which takes their format (RFC 4588). */
export const rtxPayloadType = 97;

/** An offer of one line, as a small WHIP or WHEP client would make it (RFC 9725). */
export function formatOffer(offer: LoadOffer): string {
  const video = offer.kind === 'video';
  const payloadType = video ? videoPayloadType : audioPayloadType;
  const repaired = video && offer.feedback;
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    `m=${offer.kind} 9 UDP/TLS/RTP/SAVPF ${payloadType}${repaired ? ` ${rtxPayloadType}` : ''}`,
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    `a=${offer.direction}`,
    `a=ice-ufrag:${offer.usernameFragment}`,
    `a=ice-pwd:${offer.password}`,
    `a=fingerprint:sha-256 ${offer.fingerprint}`,
    'a=setup:actpass',
    'a=rtcp-mux',
    `a=rtpmap:${payloadType} ${video ? 'VP8/90000' : 'opus/48000/2'}`,
    ...(video ? [`a=rtcp-fb:${payloadType} nack`, `a=rtcp-fb:${payloadType} nack pli`] : []),
    ...(repaired
      ? [`a=rtpmap:${rtxPayloadType} rtx/90000`, `a=fmtp:${rtxPayloadType} apt=${payloadType}`]
      : []),
    ...(offer.feedback
      ? [
          `a=extmap:${transportSequenceId} http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01`,
          `a=rtcp-fb:${payloadType} transport-cc`,
        ]
      : []),
    ...(offer.direction === 'sendonly' ? ['a=msid:load load', `a=ssrc:${offer.ssrc} cname:load`] : []),
  ];
  return `${lines.join('\r\n')}\r\n`;
}

/**
 * Opens a session. Stays on this machine's choice of address: the answer's first IPv4 candidate, or IPv6 without one.
 * @throws Error naming the address and what the server said
 */
export async function openSession(url: URL, offer: LoadOffer, bearerToken?: string): Promise<LoadAnswer> {
  const headers: Record<string, string> = { 'content-type': 'application/sdp' };
  if (bearerToken !== undefined) headers.authorization = `Bearer ${bearerToken}`;
  const response = await fetch(url, { method: 'POST', headers, body: formatOffer(offer) });
  const body = await response.text();
  if (response.status !== 201) throw new Error(`${url} answered ${response.status}: ${body.slice(0, 300)}`);
  const location = response.headers.get('location');
  if (location === null) throw new Error(`${url} answered without a Location.`);
  return { resource: new URL(location, url), ...readAnswer(body, url) };
}

export async function closeSession(resource: URL, bearerToken?: string): Promise<void> {
  const headers = bearerToken === undefined ? {} : { authorization: `Bearer ${bearerToken}` };
  await (await fetch(resource, { method: 'DELETE', headers })).arrayBuffer();
}

function readAnswer(sdp: string, url: URL): Omit<LoadAnswer, 'resource'> {
  const session = parseSessionDescription(sdp);
  const media = session.media[0];
  if (media === undefined || media.port === 0) throw new Error(`${url} refused the media line.`);
  const usernameFragment = media.usernameFragment ?? session.usernameFragment;
  const password = media.password ?? session.password;
  const fingerprint = [...media.fingerprints, ...session.fingerprints].find(
    ({ algorithm }) => algorithm === 'sha-256',
  );
  const candidates = media.candidates.map(parseCandidate).filter(({ protocol }) => protocol === 'udp');
  const candidate = candidates.find(({ address }) => familyOf(address) === 4) ?? candidates[0];
  if (
    fingerprint === undefined ||
    usernameFragment === null ||
    password === null ||
    candidate === undefined
  ) {
    throw new Error(`${url} answered without candidates, ICE credentials or a SHA-256 fingerprint.`);
  }
  const { address, port } = candidate;
  return {
    usernameFragment,
    password,
    fingerprint: fingerprint.value,
    remote: { family: familyOf(address), address, port },
  };
}
