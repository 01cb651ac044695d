/** Finds out who sent a request, behind a trusted reverse proxy or without one. */
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { ClientAddress } from './http-app.ts';

/** Headers that only a proxy writes. */
const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

/**
 * @param trustProxy take the last entry of X-Forwarded-For (the one the nearest proxy wrote) and
 *   X-Forwarded-Proto as the truth; without it they are what anyone may write
 */
export function clientAddress(request: IncomingMessage, trustProxy: boolean): ClientAddress {
  const direct = plainAddress(request.socket.remoteAddress ?? '');
  const encrypted = (request.socket as Partial<TLSSocket>).encrypted === true;
  if (!trustProxy) {
    return {
      address: direct,
      secure: encrypted,
      untrustedProxy: proxyHeaders.some((name) => request.headers[name] !== undefined),
    };
  }
  const forwarded = lastEntry(request.headers['x-forwarded-for']);
  const protocol = lastEntry(request.headers['x-forwarded-proto']);
  return {
    address: forwarded === '' ? direct : plainAddress(forwarded),
    secure: protocol === '' ? encrypted : protocol === 'https',
    untrustedProxy: false,
  };
}

/** Whether an address can only be this machine's own. */
export function isLoopback(address: string): boolean {
  return address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address);
}

/** Whether a Host header names this machine: a page elsewhere whose name resolves here does not get in. */
export function isLoopbackHost(host: string | undefined): boolean {
  const name = (host ?? '')
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase();
  return name === 'localhost' || isLoopback(name);
}

/** A dual-stack socket shows IPv4 clients as ::ffff:1.2.3.4. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}

function lastEntry(header: string | string[] | undefined): string {
  const text = Array.isArray(header) ? header.join(',') : (header ?? '');
  return text.slice(text.lastIndexOf(',') + 1).trim();
}
