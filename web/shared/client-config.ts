/** What the server wants this page's peer connections to be made with: STUN and TURN servers. */
import { isObject, objectsField } from './json-fields.ts';

/** Without an answer in this time it goes on with what is known: most networks need no ICE servers. */
const timeoutMs = 3000;

let known: RTCIceServer[] = [];

/** Asked anew for each connection, since TURN credentials expire. Never fails. */
export async function loadIceServers(): Promise<RTCIceServer[]> {
  try {
    const response = await fetch('/client-config.json', { signal: AbortSignal.timeout(timeoutMs) });
    if (response.ok) known = readIceServers(await response.json());
  } catch {
    // The signaling that follows tells whether the server can be reached.
  }
  return known;
}

/** Keeps the entries an RTCPeerConnection accepts; a bad one would keep the page from connecting at all. */
export function readIceServers(data: unknown): RTCIceServer[] {
  const servers = isObject(data) ? (objectsField(data, 'iceServers') ?? []) : [];
  return servers.flatMap(({ urls, username, credential }) => {
    const list = (Array.isArray(urls) ? urls : [urls]).filter(
      (url): url is string => typeof url === 'string' && /^(stuns?|turns?):/i.test(url),
    );
    if (list.length === 0) return [];
    const relayed = list.some((url) => /^turn/i.test(url));
    const hasCredentials = typeof username === 'string' && typeof credential === 'string';
    if (relayed && !hasCredentials) return [];
    return [hasCredentials ? { urls: list, username, credential } : { urls: list }];
  });
}
