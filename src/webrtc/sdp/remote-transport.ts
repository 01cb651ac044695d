import { ProtocolError } from '../../errors.ts';
import type {
  DtlsSetup,
  MediaDescription,
  SessionDescription,
  TransportAttributes,
} from './session-description.ts';

export type FingerprintAlgorithm = 'sha-256' | 'sha-384' | 'sha-512';

export interface RemoteFingerprint {
  readonly algorithm: FingerprintAlgorithm;
  readonly value: string;
}

/** The remote's side of ICE and DTLS, from the line that carries the transport. */
export interface RemoteTransportDescription {
  readonly usernameFragment: string;
  readonly password: string;
  readonly fingerprints: readonly RemoteFingerprint[];
  readonly setup: DtlsSetup;
  readonly candidates: readonly string[];
  readonly iceLite: boolean;
  /** Whether the credentials differ from those of the exchange before (RFC 8839 §4.4.1.1.1). */
  readonly iceRestart: boolean;
}

/** Bytes of each supported hash. */
const hashBytes: Readonly<Record<FingerprintAlgorithm, number>> = {
  'sha-256': 32,
  'sha-384': 48,
  'sha-512': 64,
};

/**
 * Reads the transport of a description.
 *
 * @param lines the lines that may carry it, the best first; attributes a line lacks are those of the session
 * @param previous of the exchange before; stands in where no line lives, so that nothing describes a transport
 * @param missingSetup what a missing a=setup means
 * @throws {ProtocolError} malformed-sdp, unsupported-sdp
 */
export function readRemoteTransport(
  description: SessionDescription,
  lines: readonly MediaDescription[],
  previous: RemoteTransportDescription | null,
  missingSetup: DtlsSetup,
): RemoteTransportDescription {
  // The first section with credentials is that of the transport; what it lacks, others may state for it.
  const line: TransportAttributes =
    lines.find(({ usernameFragment }) => usernameFragment !== null) ?? description;
  const sections = [line, ...lines, description];
  const { usernameFragment } = line;
  const password = line.password ?? description.password;
  if (usernameFragment === null && lines.length === 0 && previous) return { ...previous, iceRestart: false };
  if (usernameFragment === null || password === null) {
    throw new ProtocolError('malformed-sdp', 'The description has no ice-ufrag or no ice-pwd.');
  }
  const changed = usernameFragment !== previous?.usernameFragment || password !== previous.password;
  return {
    usernameFragment,
    password,
    fingerprints: supportedFingerprints(
      sections.find(({ fingerprints }) => fingerprints.length > 0)?.fingerprints ?? [],
    ),
    setup: sections.find(({ setup }) => setup !== null)?.setup ?? missingSetup,
    candidates: [
      ...(line === description ? (lines[0]?.candidates ?? []) : line.candidates),
      ...description.candidates,
    ],
    iceLite: description.iceLite,
    iceRestart: previous !== null && changed,
  };
}

/** The role we take in DTLS: that of the exchange before where the association goes on, else the server's. */
export function localRole(
  remote: RemoteTransportDescription,
  previous: RemoteTransportDescription | null,
  previousRole: 'active' | 'passive' | null,
): 'active' | 'passive' {
  const continues = previousRole !== null && previous !== null && sharesFingerprint(remote, previous);
  const role =
    continues && remote.setup === 'actpass'
      ? previousRole
      : remote.setup === 'passive'
        ? 'active'
        : 'passive';
  if (continues && role !== previousRole) {
    throw new ProtocolError('unsupported-sdp', 'a=setup would swap the roles of a running DTLS association.');
  }
  return role;
}

function sharesFingerprint(a: RemoteTransportDescription, b: RemoteTransportDescription): boolean {
  return a.fingerprints.some(({ value }) => b.fingerprints.some((other) => other.value === value));
}

function supportedFingerprints(fingerprints: TransportAttributes['fingerprints']): RemoteFingerprint[] {
  if (fingerprints.length === 0)
    throw new ProtocolError('malformed-sdp', 'The description has no fingerprint.');
  const supported: RemoteFingerprint[] = [];
  for (const { algorithm, value } of fingerprints) {
    if (!isSupported(algorithm)) continue;
    if (value.length !== hashBytes[algorithm] * 3 - 1) {
      throw new ProtocolError('malformed-sdp', `A ${algorithm} fingerprint has a wrong length.`);
    }
    supported.push({ algorithm, value });
  }
  if (supported.length > 0) return supported;
  const names = [...new Set(fingerprints.map(({ algorithm }) => algorithm))].join(', ');
  throw new ProtocolError(
    'unsupported-sdp',
    `Fingerprints by ${names} are not accepted; use sha-256, sha-384 or sha-512.`,
  );
}

function isSupported(algorithm: string): algorithm is FingerprintAlgorithm {
  return Object.hasOwn(hashBytes, algorithm);
}
