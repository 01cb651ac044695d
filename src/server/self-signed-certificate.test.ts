import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { objectIdentifier, time, unsignedInteger } from './der.ts';
import { createSelfSignedCertificate } from './self-signed-certificate.ts';

test('Node.js takes it, with its key, its names and its time', () => {
  const now = new Date('2026-03-01T12:00:00Z');
  const { cert, key, fingerprint } = createSelfSignedCertificate(now, 'sfu.example.org');
  const certificate = new X509Certificate(cert);
  assert.ok(certificate.checkPrivateKey(createPrivateKey(key)));
  assert.ok(certificate.verify(certificate.publicKey));
  assert.equal(certificate.subjectAltName, 'DNS:localhost, DNS:sfu.example.org, IP Address:127.0.0.1');
  assert.equal(certificate.fingerprint256, fingerprint);
  assert.equal(certificate.ca, false);
  assert.equal(new Date(certificate.validFrom).getTime(), now.getTime() - 86_400_000);
  assert.ok(
    new Date(certificate.validTo).getTime() - new Date(certificate.validFrom).getTime() < 398 * 86_400_000,
  );
});

test('OpenSSL finds nothing wrong with it', () => {
  const directory = mkdtempSync(join(tmpdir(), 'manifold-certificate-'));
  try {
    const file = join(directory, 'cert.pem');
    writeFileSync(file, createSelfSignedCertificate(new Date(), 'not a name').cert);
    const openssl = (...args: string[]): string => execFileSync('openssl', args, { encoding: 'utf8' });
    assert.match(openssl('verify', '-x509_strict', '-CAfile', file, file), /: OK\n$/);
    const text = openssl('x509', '-in', file, '-noout', '-text');
    assert.match(text, /Version: 3/);
    assert.match(text, /Signature Algorithm: ecdsa-with-SHA256/);
    assert.match(text, /NIST CURVE: P-256/);
    assert.match(text, /DNS:localhost, IP Address:127\.0\.0\.1/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('each has another serial number, positive and short enough', () => {
  const serials = Array.from({ length: 20 }, () => {
    const { serialNumber } = new X509Certificate(createSelfSignedCertificate(new Date()).cert);
    assert.match(serialNumber, /^[4-7][0-9A-F]{31}$/);
    return serialNumber;
  });
  assert.equal(new Set(serials).size, serials.length);
});

test('DER as X.690 has it', () => {
  assert.equal(unsignedInteger(Buffer.of(0, 0, 0x7f)).toString('hex'), '02017f');
  assert.equal(unsignedInteger(Buffer.of(0x80)).toString('hex'), '02020080');
  assert.equal(objectIdentifier('1.2.840.10045.4.3.2').toString('hex'), '06082a8648ce3d040302');
  assert.equal(time(new Date('2049-12-31T23:59:59Z')).toString('latin1'), '\x17\x0d491231235959Z');
  assert.equal(time(new Date('2050-01-01T00:00:00Z')).toString('latin1'), '\x18\x0f20500101000000Z');
});
