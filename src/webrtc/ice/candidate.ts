/** Candidates as SDP and trickle ICE write them (RFC 8839 5.1, RFC 6544 for TCP). */
import { ProtocolError } from '../../errors.ts';
import { crc32 } from './crc32.ts';
import { parseIpAddress } from './ip-address.ts';

export type IceCandidateType = 'host' | 'srflx' | 'prflx' | 'relay';
export type IceTcpType = 'active' | 'passive' | 'so';

export interface IceCandidate {
  readonly foundation: string;
  /** 1 for RTP (and everything, with rtcp-mux), 2 for RTCP. */
  readonly component: number;
  /** Lower case: `udp`, `tcp`, or what else the peer wrote. */
  readonly protocol: string;
  readonly priority: number;
  /** An IP address, without its zone, or a host name (mDNS `….local`). */
  readonly address: string;
  readonly port: number;
  /** One of IceCandidateType, or what else the peer wrote. */
  readonly type: string;
  readonly tcpType: IceTcpType | null;
  readonly relatedAddress: string | null;
  readonly relatedPort: number | null;
  /** The `ufrag` extension of trickle ICE: which session the candidate belongs to. */
  readonly usernameFragment: string | null;
}

/** Why a well-formed candidate is of no use to us; null where it is usable. */
export type UnusableCandidate = 'component' | 'protocol' | 'host-name' | 'port' | null;

/** Longest candidate line read; browsers write under 200 characters. */
const maxCandidateChars = 1024;
/** Most name-value extensions looked at. */
const maxExtensions = 32;

/** RFC 8445 5.1.2.2; candidates over TCP rank below all direct UDP ones, as in browsers. */
const typePreferences = { host: 126, prflx: 110, srflx: 100, relay: 0 } as const;
const tcpHostTypePreference = 90;

/** Priority of a candidate (RFC 8445 5.1.2.1). @param localPreference 0 … 65535, greater is better. */
export function candidatePriority(
  type: IceCandidateType,
  localPreference = 65535,
  component = 1,
  protocol: 'udp' | 'tcp' = 'udp',
): number {
  const typePreference =
    protocol === 'tcp' && type === 'host' ? tcpHostTypePreference : typePreferences[type];
  return typePreference * 2 ** 24 + localPreference * 2 ** 8 + (256 - component);
}

/** The same text for candidates of the same type, base address and protocol (RFC 8445 5.1.1.3). */
export function candidateFoundation(
  type: IceCandidateType,
  baseAddress: string,
  protocol: 'udp' | 'tcp',
): string {
  return String(crc32(Buffer.from(`${type} ${baseAddress} ${protocol}`)));
}

export interface HostCandidateOptions {
  readonly address: string;
  readonly port: number;
  /** Default `udp`; `tcp` candidates are passive: we only listen. */
  readonly protocol?: 'udp' | 'tcp';
  /** Position among our addresses, the preferred one first (RFC 8421 has IPv6 before IPv4). Default 0. */
  readonly index?: number;
  readonly foundation?: string;
  readonly priority?: number;
  readonly component?: number;
}

/** The value of an `a=candidate` line, beginning with `candidate:`, of an address this host receives at. */
export function formatHostCandidate(options: HostCandidateOptions): string {
  const { address, port, protocol = 'udp', index = 0, component = 1 } = options;
  const foundation = options.foundation ?? candidateFoundation('host', address, protocol);
  const priority = options.priority ?? candidatePriority('host', 65535 - index, component, protocol);
  const tail = protocol === 'tcp' ? ' tcptype passive' : '';
  return `candidate:${foundation} ${component} ${protocol} ${priority} ${address} ${port} typ host${tail}`;
}

export interface ServerReflexiveCandidateOptions {
  /** As others see it. */
  readonly address: string;
  /** The same on both sides of a 1:1 NAT. */
  readonly port: number;
  /** The address of this host behind it. */
  readonly base: string;
  /** Position among our addresses, the preferred one first. Default 0. */
  readonly index?: number;
}

/** The value of an `a=candidate` line of an address that a NAT maps to one of this host. */
export function formatServerReflexiveCandidate(options: ServerReflexiveCandidateOptions): string {
  const { address, port, base, index = 0 } = options;
  const foundation = candidateFoundation('srflx', base, 'udp');
  const priority = candidatePriority('srflx', 65535 - index);
  return `candidate:${foundation} 1 udp ${priority} ${address} ${port} typ srflx raddr ${base} rport ${port}`;
}

/** Whether the text says that no candidate follows: clients trickle an empty candidate for that (RFC 8838 13). */
export function isEndOfCandidates(text: string): boolean {
  return /^\s*((a=)?end-of-candidates|(a=)?candidate:)?\s*$/.test(text);
}

/**
 * Reads `candidate:…`, with or without `a=` before it.
 * @throws ProtocolError malformed-candidate
 */
export function parseCandidate(text: string): IceCandidate {
  if (text.length > maxCandidateChars) throw malformed('too long');
  const body = text.trim().replace(/^a=/, '');
  if (!body.startsWith('candidate:')) throw malformed('does not begin with "candidate:"');
  const fields = body.slice('candidate:'.length).split(/ +/);
  if (fields.length < 8 || fields[6] !== 'typ') throw malformed('fields are missing');
  const [foundation, component, protocol, priority, address, port, , type] = fields;
  if (!/^[A-Za-z0-9+/_.-]{1,32}$/.test(foundation)) throw malformed('bad foundation');
  const extensions = readExtensions(fields);
  const tcpType = extensions.get('tcptype') ?? null;
  if (tcpType !== null && tcpType !== 'active' && tcpType !== 'passive' && tcpType !== 'so') {
    throw malformed('bad tcptype');
  }
  const relatedPort = extensions.get('rport');
  return {
    foundation,
    component: integer(component, 1, 256, 'component'),
    protocol: protocol.toLowerCase(),
    priority: integer(priority, 0, 0xffffffff, 'priority'),
    address: connectionAddress(address),
    port: integer(port, 0, 65535, 'port'),
    type,
    tcpType,
    relatedAddress: extensions.get('raddr') ?? null,
    relatedPort: relatedPort === undefined ? null : integer(relatedPort, 0, 65535, 'rport'),
    usernameFragment: extensions.get('ufrag') ?? null,
  };
}

/** Why we could not send to the candidate, or null. Such candidates are normal and ignored quietly. */
export function unusableReason(candidate: IceCandidate): UnusableCandidate {
  if (candidate.component !== 1) return 'component';
  if (candidate.protocol !== 'udp') return 'protocol';
  if (parseIpAddress(candidate.address) === null) return 'host-name';
  return candidate.port === 0 ? 'port' : null;
}

function readExtensions(fields: readonly string[]): Map<string, string> {
  const extensions = new Map<string, string>();
  for (let index = 8; index + 1 < fields.length && extensions.size < maxExtensions; index += 2) {
    extensions.set(fields[index].toLowerCase(), fields[index + 1]);
  }
  return extensions;
}

/** An IP address without zone, or a host name that could be one. */
function connectionAddress(text: string): string {
  if (parseIpAddress(text) !== null) return text.includes(':') ? text.split('%')[0] : text;
  if (!/^(?=.*[A-Za-z])[A-Za-z0-9.-]{1,253}$/.test(text)) throw malformed('bad address');
  return text;
}

function integer(text: string, least: number, most: number, name: string): number {
  if (!/^\d{1,10}$/.test(text)) throw malformed(`bad ${name}`);
  const value = Number(text);
  if (value < least || value > most) throw malformed(`${name} out of range`);
  return value;
}

function malformed(why: string): ProtocolError {
  return new ProtocolError('malformed-candidate', `malformed ICE candidate: ${why}`);
}
