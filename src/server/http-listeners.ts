/** Where HTTP and HTTPS are to be served, as the configuration says. */
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { ConfigError } from '../config/config-error.ts';
import { type Config, servesTls } from '../config/schema.ts';
import type { HttpListener } from '../http/http-server.ts';
import type { Logger } from '../log.ts';
import { createSelfSignedCertificate } from './self-signed-certificate.ts';

/** @throws ConfigError for a certificate that cannot be used */
export function httpListeners(http: Config['http'], log: Logger): readonly HttpListener[] {
  const { host, port, tlsPort } = http;
  const plain: HttpListener = { host, port };
  if (!servesTls(http)) return [plain];
  return [plain, { host, port: tlsPort, tls: http.tlsCert === '' ? selfSigned(log) : configured(http) }];
}

function selfSigned(log: Logger): NonNullable<HttpListener['tls']> {
  const { cert, key, fingerprint } = createSelfSignedCertificate(new Date());
  log.warn({ fingerprint }, 'HTTPS with a certificate made at this start; browsers will ask');
  return { cert, key };
}

function configured({ tlsCert, tlsKey }: Config['http']): NonNullable<HttpListener['tls']> {
  const tls = { cert: readPem('tls-cert', tlsCert), key: readPem('tls-key', tlsKey) };
  try {
    createSecureContext(tls);
  } catch (error) {
    throw new ConfigError([
      `http.tls-cert, http.tls-key: ${tlsCert} and ${tlsKey} are no certificate and its key (${(error as Error).message}).`,
    ]);
  }
  return tls;
}

function readPem(key: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError([`http.${key}: ${file} cannot be read (${(error as Error).message}).`]);
  }
}
