/** Session descriptions of peers without ICE: where each m-line wants its packets, and the keys for them. */
import { ProtocolError } from '../../errors.ts';
import { parseIpAddress } from '../ice/ip-address.ts';
import { parseSessionDescription } from '../sdp/parse-session-description.ts';
import { type SdpSection, splitSdp } from '../sdp/sdp-lines.ts';
import type { MediaDescription } from '../sdp/session-description.ts';
import { type CryptoAttribute, parseCrypto } from './sdes.ts';

/** Which RTP profile: with keys (RFC 3711), with feedback (RFC 4585), both (RFC 5124). */
export interface RtpProfile {
  readonly secure: boolean;
  readonly feedback: boolean;
}

export interface RemoteEndpoint {
  readonly family: 4 | 6;
  readonly address: string;
  readonly port: number;
}

/** One m-line as a peer without ICE describes it. */
export interface PlainRemoteLine {
  readonly media: MediaDescription;
  /** null for a protocol that is none of the four profiles over UDP. */
  readonly profile: RtpProfile | null;
  /** Where it wants RTP; null where it says none that can be sent to. */
  readonly rtp: RemoteEndpoint | null;
  readonly rtcp: RemoteEndpoint | null;
  /** It is to be answered where its packets come from, whatever its addresses say (a=direction:active). */
  readonly symmetric: boolean;
  /** Those that can be used, in its order. */
  readonly crypto: readonly CryptoAttribute[];
}

const maxCryptoLines = 16;
/** The discard port: "no port yet". */
const discardPort = 9;

/** @throws ProtocolError malformed-sdp, unsupported-sdp, limit-message-size, limit-media-lines */
export function parsePlainDescription(sdp: string): PlainRemoteLine[] {
  const { session, media } = splitSdp(sdp);
  return parseSessionDescription(sdp).media.map((description, index) =>
    readLine(description, media[index], session),
  );
}

function readLine(media: MediaDescription, section: SdpSection, session: SdpSection): PlainRemoteLine {
  const address = section.connection ?? session.connection;
  const crypto: CryptoAttribute[] = [];
  let rtcp = media.rtcpMux ? endpoint(address, media.port) : endpoint(address, media.port + 1);
  let cryptoLines = 0;
  for (const { name, value } of section.attributes) {
    if (name === 'rtcp' && !media.rtcpMux) rtcp = parseRtcp(value, address);
    if (name !== 'crypto') continue;
    if (++cryptoLines > maxCryptoLines) {
      throw new ProtocolError('unsupported-sdp', `More than ${maxCryptoLines} a=crypto lines in an m-line.`);
    }
    const attribute = parseCrypto(value);
    if (attribute !== null) crypto.push(attribute);
  }
  return {
    media,
    profile: parseProfile(media.protocol),
    rtp: endpoint(address, media.port),
    rtcp,
    symmetric: [...session.attributes, ...section.attributes].some(
      ({ name, value }) => name === 'direction' && value === 'active',
    ),
    crypto,
  };
}

function parseProfile(protocol: string): RtpProfile | null {
  const match = /^RTP\/(S?)AVP(F?)$/.exec(protocol);
  return match === null ? null : { secure: match[1] !== '', feedback: match[2] !== '' };
}

/** a=rtcp (RFC 3605): a port, and where it is not that of c=, an address. */
function parseRtcp(value: string, address: string | null): RemoteEndpoint | null {
  const match = /^([0-9]{1,5})(?: +(IN IP[46] \S+))?$/.exec(value.trimEnd());
  if (match === null) throw new ProtocolError('malformed-sdp', 'An a=rtcp line is malformed.');
  return endpoint(match[2] ?? address, Number(match[1]));
}

/** null for no literal unicast address, and for no port. */
function endpoint(connection: string | null, port: number): RemoteEndpoint | null {
  const match = /^IN IP[46] ([0-9A-Fa-f.:]{2,45})(?:\/[0-9/]+)?$/.exec(connection ?? '');
  const bytes = match === null ? null : parseIpAddress(match[1]);
  if (bytes === null || port <= 0 || port > 65_535 || port === discardPort) return null;
  const multicast = bytes.length === 4 ? bytes[0] >= 224 : bytes[0] === 0xff;
  if (multicast || bytes.every((byte) => byte === 0)) return null;
  return { family: bytes.length === 4 ? 4 : 6, address: match![1], port };
}
