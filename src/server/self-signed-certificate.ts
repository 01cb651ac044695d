/**
 * A certificate that says nothing but that whoever shows it has its key, for HTTPS before there is a real one:
 * ECDSA over P-256, X.509 v3 (RFC 5280, RFC 5480). Node.js signs but issues no certificates.
 */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { hostname } from 'node:os';
import {
  bitString,
  explicit,
  implicit,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  truth,
  unsignedInteger,
  utf8String,
} from './der.ts';

export interface SelfSignedCertificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  /** SHA-256, upper-case hex with colons, as browsers show it. */
  readonly fingerprint: string;
}

/** It is made anew at each start; browsers refuse those of servers that last longer than 398 days. */
const validDays = 397;
/** Clocks of clients may be behind. */
const backdatedDays = 1;
const dayMs = 86_400_000;

const oid = {
  commonName: '2.5.4.3',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
} as const;

/** GeneralName: `dNSName [2]`, `iPAddress [7]`. */
const dnsName = 2;
const ipAddress = 7;

export function createSelfSignedCertificate(now: Date, hostName = hostname()): SelfSignedCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(objectIdentifier(oid.ecdsaWithSha256));
  const name = sequence(set(sequence(objectIdentifier(oid.commonName), utf8String('manifold'))));
  const certificate = sequence(
    explicit(0, unsignedInteger(Buffer.of(2))),
    unsignedInteger(serialNumber()),
    algorithm,
    name,
    sequence(daysFrom(now, -backdatedDays), daysFrom(now, validDays - backdatedDays)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions(hostName))),
  );
  const signature = sign('sha256', certificate, privateKey);
  const der = sequence(certificate, algorithm, bitString(signature));
  const hash = createHash('sha256').update(der).digest('hex').toUpperCase();
  return {
    cert: pem(der),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    fingerprint: hash.replaceAll(/..(?!$)/g, '$&:'),
  };
}

function extensions(hostName: string): readonly Buffer[] {
  const names = [...new Set(['localhost', ...(isDnsName(hostName) ? [hostName] : [])])];
  const alternatives = sequence(
    ...names.map((name) => implicit(dnsName, Buffer.from(name, 'ascii'))),
    implicit(ipAddress, Buffer.of(127, 0, 0, 1)),
  );
  return [
    sequence(objectIdentifier(oid.basicConstraints), truth(true), octetString(sequence())),
    sequence(objectIdentifier(oid.extendedKeyUsage), octetString(sequence(objectIdentifier(oid.serverAuth)))),
    sequence(objectIdentifier(oid.subjectAltName), octetString(alternatives)),
  ];
}

function isDnsName(name: string): boolean {
  return /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(name);
}

/** RFC 5280 §4.1.2.2: positive, at most 20 bytes, and nobody can guess it. */
function serialNumber(): Uint8Array {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] & 0x7f) | 0x40;
  return bytes;
}

function daysFrom(now: Date, days: number): Buffer {
  return time(new Date(now.getTime() + days * dayMs));
}

function pem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
