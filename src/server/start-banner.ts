/** What a person sees when the server has started. */
import { networkInterfaces } from 'node:os';
import type { ListeningAddress } from '../http/http-server.ts';
import type { Manifold } from '../server.ts';
import { reachableAddresses } from './local-addresses.ts';
import { packageVersion } from './package-files.ts';

export function startBanner(
  manifold: Pick<Manifold, 'addresses' | 'krakenAddress' | 'mediaAddresses' | 'mediaPort'>,
): string {
  const urls = manifold.addresses.flatMap(urlsOf);
  const local = urls[0] ?? '';
  const kraken = (manifold.krakenAddress === null ? [] : urlsOf(manifold.krakenAddress))[0] ?? local;
  return `
  Manifold ${packageVersion} is running.

    Demo room    ${urls.map((url) => `${url}/`).join('\n                 ')}
    Admin        ${local}/admin
    WHIP, WHEP   ${local}/whip/<room>, ${local}/whep/<room>
    Kraken       POST ${kraken}/
    Kurento      ${local.replace(/^http/, 'ws')}/kurento
    Metrics      ${local}/metrics
    Media        UDP port ${manifold.mediaPort} on ${manifold.mediaAddresses.join(', ')}

  Browsers give camera and microphone to pages on localhost or https only.
  Ctrl-C ends all calls and stops.

`;
}

/** A server on every address is opened by any of the machine's; localhost first. */
function urlsOf({ protocol, host, port }: ListeningAddress): readonly string[] {
  const everywhere = host === '0.0.0.0' || host === '::';
  if (!everywhere) return [url(protocol, host === '127.0.0.1' ? 'localhost' : host, port)];
  const others = reachableAddresses(networkInterfaces()).filter(
    (address) => address !== '127.0.0.1' && (host === '::' || !address.includes(':')),
  );
  return ['localhost', ...others].map((name) => url(protocol, name, port));
}

function url(protocol: string, host: string, port: number): string {
  return `${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
