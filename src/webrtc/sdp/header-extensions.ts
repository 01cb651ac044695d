import {
  type MediaKind,
  type RtpHeaderExtension,
  headerExtensionUri as uri,
} from '../../media/rtp-parameters.ts';
import { directionOf, receives, reverse, sends } from './direction.ts';
import type { IdentifierMap } from './identifier-map.ts';
import type { Direction, ExtensionMapping } from './session-description.ts';
import { share, sharedResult } from './shared-results.ts';

/** A header extension this server understands or passes on. */
export interface HeaderExtensionCapability {
  readonly uri: string;
  readonly kinds: readonly MediaKind[];
  /** On packets in which direction it is used, as this server sees it. */
  readonly direction: 'sendrecv' | 'sendonly' | 'recvonly';
  /** The identifier our offers use unless the connection already has another. */
  readonly preferredId: number;
}

const both: readonly MediaKind[] = ['audio', 'video'];

/**
 * The default table. RIDs name the layers of a simulcast sender, which we are not.
 */
export const defaultHeaderExtensions: readonly HeaderExtensionCapability[] = share([
  { uri: uri.mid, kinds: both, direction: 'sendrecv', preferredId: 4 },
  { uri: uri.rid, kinds: ['video'], direction: 'recvonly', preferredId: 10 },
  { uri: uri.repairedRid, kinds: ['video'], direction: 'recvonly', preferredId: 11 },
  { uri: uri.absSendTime, kinds: both, direction: 'sendrecv', preferredId: 2 },
  { uri: uri.transportWideCc, kinds: both, direction: 'sendrecv', preferredId: 3 },
  { uri: uri.audioLevel, kinds: ['audio'], direction: 'sendrecv', preferredId: 1 },
  { uri: uri.videoOrientation, kinds: ['video'], direction: 'sendrecv', preferredId: 13 },
  { uri: uri.playoutDelay, kinds: ['video'], direction: 'sendrecv', preferredId: 5 },
  { uri: uri.dependencyDescriptor, kinds: ['video'], direction: 'sendrecv', preferredId: 12 },
  { uri: uri.absCaptureTime, kinds: both, direction: 'sendrecv', preferredId: 9 },
  { uri: uri.videoContentType, kinds: ['video'], direction: 'sendrecv', preferredId: 7 },
]);

/** A header extension in use on one m-line. */
export interface NegotiatedExtension {
  readonly uri: string;
  readonly id: number;
  readonly send: boolean;
  readonly receive: boolean;
  /** What our a=extmap says after the slash; null for nothing. */
  readonly statedDirection: Direction | null;
}

/** The offered extensions we use on a line whose direction (ours) is given, with the offerer's identifiers. */
export function answerExtensions(
  kind: MediaKind,
  offered: readonly ExtensionMapping[],
  capabilities: readonly HeaderExtensionCapability[],
  direction: Direction,
): readonly NegotiatedExtension[] {
  const answer = () => matchExtensions(kind, offered, capabilities, direction);
  return sharedResult(offered, `answer ${kind} ${direction}`, answer, capabilities);
}

function matchExtensions(
  kind: MediaKind,
  offered: readonly ExtensionMapping[],
  capabilities: readonly HeaderExtensionCapability[],
  direction: Direction,
): NegotiatedExtension[] {
  const result: NegotiatedExtension[] = [];
  for (const mapping of offered) {
    const capability = capabilities.find((known) => known.uri === mapping.uri && known.kinds.includes(kind));
    if (!capability) continue;
    if (result.some(({ id, uri: known }) => id === mapping.id || known === mapping.uri)) continue;
    const allowed = mapping.direction === null ? 'sendrecv' : reverse(mapping.direction);
    const extension = inDirection(capability, direction, allowed, mapping.id);
    if (!extension) continue;
    const statedDirection = mapping.direction && directionOf(extension.send, extension.receive);
    result.push({ ...extension, statedDirection });
  }
  return result;
}

/** The extensions to offer on a new line, with identifiers that agree with what the connection already uses. */
export function offerExtensions(
  kind: MediaKind,
  capabilities: readonly HeaderExtensionCapability[],
  direction: Direction,
  identifiers: IdentifierMap,
): NegotiatedExtension[] {
  const result: NegotiatedExtension[] = [];
  for (const capability of capabilities) {
    if (!capability.kinds.includes(kind) || !inDirection(capability, direction, 'sendrecv', 0)) continue;
    const id = identifiers.claim(capability.uri, capability.preferredId);
    const extension = id >= 0 ? inDirection(capability, direction, 'sendrecv', id) : null;
    if (extension) result.push(extension);
  }
  return result;
}

/** The extensions of an agreed line as offered again, perhaps in another direction (RFC 9429 §5.2.2). */
export function reofferExtensions(
  kind: MediaKind,
  agreed: readonly NegotiatedExtension[],
  capabilities: readonly HeaderExtensionCapability[],
  direction: Direction,
): readonly NegotiatedExtension[] {
  const mappings = agreed.map(({ id, uri }) => ({ id, uri, direction: null }));
  return answerExtensions(kind, mappings, capabilities, direction);
}

/**
 * What remains of the extensions we offered. An answer cannot give a new identifier, so one that does is taken
 * as not accepting the extension.
 */
export function acceptExtensions(
  offered: readonly NegotiatedExtension[],
  answered: readonly ExtensionMapping[],
): NegotiatedExtension[] {
  return offered.flatMap((extension) => {
    const mapping = answered.find(({ uri, id }) => uri === extension.uri && id === extension.id);
    if (!mapping) return [];
    const allowed = mapping.direction === null ? 'sendrecv' : reverse(mapping.direction);
    const send = extension.send && sends(allowed);
    const receive = extension.receive && receives(allowed);
    return send || receive ? [{ ...extension, send, receive }] : [];
  });
}

export function describeExtensions(extensions: readonly NegotiatedExtension[]): readonly ExtensionMapping[] {
  const describe = () =>
    extensions.map(({ id, uri, statedDirection }) => ({ id, uri, direction: statedDirection }));
  return sharedResult(extensions, 'description', describe);
}

/** The extensions on packets towards us (`receive`) or towards the remote (`send`). */
export function extensionParameters(
  extensions: readonly NegotiatedExtension[],
  flow: 'send' | 'receive',
): readonly RtpHeaderExtension[] {
  const ofFlow = () => extensions.filter((extension) => extension[flow]).map(({ uri, id }) => ({ uri, id }));
  return sharedResult(extensions, flow, ofFlow);
}

export function usesTransportWideCc(extensions: readonly NegotiatedExtension[]): boolean {
  return extensions.some((extension) => extension.uri === uri.transportWideCc);
}

function inDirection(
  capability: HeaderExtensionCapability,
  direction: Direction,
  allowed: Direction,
  id: number,
): NegotiatedExtension | null {
  // An inactive line keeps its extensions, so that it can be used later without a change of identifiers.
  const line = direction === 'inactive' ? 'sendrecv' : direction;
  const send = sends(line) && sends(capability.direction) && sends(allowed);
  const receive = receives(line) && receives(capability.direction) && receives(allowed);
  return send || receive ? { uri: capability.uri, id, send, receive, statedDirection: null } : null;
}
