import { ProtocolError } from '../../errors.ts';
import { maxCandidatesPerLine, maxFingerprints, maxIceCredentialLength } from './sdp-limits.ts';
import type { SdpAttribute } from './sdp-lines.ts';
import type { DtlsSetup, Fingerprint, TransportAttributes } from './session-description.ts';

/** RFC 8839 §5.4 asks for 4 and 22 characters at least. */
const minUsernameFragmentLength = 4;
const minPasswordLength = 22;

/**
 * Reads the ICE and DTLS attributes of one section.
 *
 * @throws {ProtocolError} malformed-sdp, unsupported-sdp
 */
export function parseTransportAttributes(attributes: readonly SdpAttribute[]): TransportAttributes {
  let usernameFragment: string | null = null;
  let password: string | null = null;
  let setup: DtlsSetup | null = null;
  let endOfCandidates = false;
  const iceOptions: string[] = [];
  const fingerprints: Fingerprint[] = [];
  const candidates: string[] = [];
  for (const { name, value } of attributes) {
    switch (name) {
      case 'ice-ufrag':
        usernameFragment = iceCredential(value, minUsernameFragmentLength);
        break;
      case 'ice-pwd':
        password = iceCredential(value, minPasswordLength);
        break;
      case 'ice-options':
        iceOptions.splice(0, iceOptions.length, ...value.split(/\s+/).filter(Boolean).slice(0, 16));
        break;
      case 'fingerprint':
        if (fingerprints.length >= maxFingerprints) {
          throw new ProtocolError('unsupported-sdp', `More than ${maxFingerprints} fingerprints.`);
        }
        fingerprints.push(parseFingerprint(value));
        break;
      case 'setup':
        setup = parseSetup(value);
        break;
      case 'candidate':
        if (candidates.length >= maxCandidatesPerLine) {
          throw new ProtocolError('unsupported-sdp', `More than ${maxCandidatesPerLine} candidates.`);
        }
        candidates.push(`candidate:${value}`);
        break;
      case 'end-of-candidates':
        endOfCandidates = true;
        break;
    }
  }
  return { usernameFragment, password, iceOptions, fingerprints, setup, candidates, endOfCandidates };
}

function iceCredential(value: string, minLength: number): string {
  // Wider than RFC 8839's ice-char, because clients exist that use "-", "_" and "=".
  if (value.length < minLength || value.length > maxIceCredentialLength || !/^[\x21-\x7e]+$/.test(value)) {
    throw new ProtocolError('malformed-sdp', 'An ice-ufrag or ice-pwd has a wrong length or character.');
  }
  return value;
}

function parseFingerprint(value: string): Fingerprint {
  const match = /^([A-Za-z0-9-]{1,16}) +((?:[0-9A-Fa-f]{2}:){0,127}[0-9A-Fa-f]{2})$/.exec(value);
  if (!match) throw new ProtocolError('malformed-sdp', 'An a=fingerprint line is malformed.');
  return { algorithm: match[1].toLowerCase(), value: match[2].toUpperCase() };
}

function parseSetup(value: string): DtlsSetup {
  if (value === 'active' || value === 'passive' || value === 'actpass') return value;
  if (value === 'holdconn') throw new ProtocolError('unsupported-sdp', 'a=setup:holdconn is not supported.');
  throw new ProtocolError('malformed-sdp', 'An a=setup line has an unknown value.');
}
