/**
 * A session description as WebRTC uses it: what the parser yields and the writer takes. Everything in it is
 * validated syntax; what it means for a connection is decided by the Negotiator.
 */

/** Whether media flows, as seen by the side whose description says it (RFC 8866 §6.7). */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** a=setup (RFC 8842). */
export type DtlsSetup = 'active' | 'passive' | 'actpass';

export interface Fingerprint {
  /** Lower case. */
  readonly algorithm: string;
  /** Upper-case hexadecimal bytes separated by colons. */
  readonly value: string;
}

/** ICE and DTLS attributes; at session level they are the default for every m-line. */
export interface TransportAttributes {
  readonly usernameFragment: string | null;
  readonly password: string | null;
  readonly iceOptions: readonly string[];
  readonly fingerprints: readonly Fingerprint[];
  readonly setup: DtlsSetup | null;
  /** Values of a=candidate with their `candidate:` prefix, not looked into. */
  readonly candidates: readonly string[];
  readonly endOfCandidates: boolean;
}

/** One RTP payload format: a=rtpmap with its a=fmtp and a=rtcp-fb. */
export interface PayloadFormat {
  readonly payloadType: number;
  readonly name: string;
  readonly clockRate: number;
  readonly channels: number;
  /** Keys in lower case. A parameter without "=" has the value ''. */
  readonly parameters: Readonly<Record<string, string>>;
  /** As a=rtcp-fb spells it after the payload type, such as "nack pli". */
  readonly feedback: readonly string[];
}

/** a=extmap (RFC 8285). */
export interface ExtensionMapping {
  readonly id: number;
  readonly uri: string;
  /** null where the line does not state one, which means that of the m-line. */
  readonly direction: Direction | null;
}

/** a=msid (RFC 8830); '-' as stream id, which says "no stream", is null here. */
export interface Msid {
  readonly streamId: string | null;
  readonly trackId: string | null;
}

/** a=rid (RFC 8851), without its restrictions. */
export interface Rid {
  readonly id: string;
  readonly direction: 'send' | 'recv';
}

export interface SsrcDescription {
  readonly ssrc: number;
  readonly cname: string | null;
  readonly msid: Msid | null;
}

export interface SsrcGroup {
  /** FID, SIM, FEC-FR … */
  readonly semantics: string;
  readonly ssrcs: readonly number[];
}

/** a=simulcast (RFC 8853): one rid per stream, the first where alternatives were given. */
export interface Simulcast {
  readonly send: readonly string[];
  readonly recv: readonly string[];
}

export interface MediaDescription extends TransportAttributes {
  /** audio, video, application, or whatever else m= says. */
  readonly kind: string;
  readonly port: number;
  readonly protocol: string;
  /** The format list of m= as written. */
  readonly formats: readonly string[];
  readonly mid: string | null;
  readonly direction: Direction;
  readonly bundleOnly: boolean;
  readonly rtcpMux: boolean;
  readonly rtcpReducedSize: boolean;
  readonly extmapAllowMixed: boolean;
  /** In the order of m=. Formats without a=rtpmap that are not static payload types are left out. */
  readonly codecs: readonly PayloadFormat[];
  readonly headerExtensions: readonly ExtensionMapping[];
  readonly msids: readonly Msid[];
  readonly rids: readonly Rid[];
  readonly simulcast: Simulcast | null;
  readonly ssrcs: readonly SsrcDescription[];
  readonly ssrcGroups: readonly SsrcGroup[];
  /** a=sctp-port and a=max-message-size (RFC 8841) of a line of data channels. */
  readonly sctpPort: number | null;
  readonly maxMessageSize: number | null;
  /** Where several lines were made of one m-line in Plan B: the mid of that. */
  readonly sectionMid?: string;
  /** Written, not read: SSRCs say `mslabel` and `label` too, as clients knew them before msid. */
  readonly labelsSources?: boolean;
  /** b=AS in kbit/s (RFC 8866 §5.8). Written, but not read: what a client sends is measured. */
  readonly maxKbps?: number | null;
}

export interface SessionDescription extends TransportAttributes {
  readonly sessionId: string;
  readonly sessionVersion: string;
  readonly iceLite: boolean;
  readonly extmapAllowMixed: boolean;
  /** The mids of each a=group:BUNDLE. */
  readonly bundleGroups: readonly (readonly string[])[];
  readonly media: readonly MediaDescription[];
}
