/**
 * Where the server may be sent with a callback. Callers are strangers, so by default it goes to no address that is
 * only reachable from where the server stands (SSRF).
 */
import { lookup as lookUp } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

const innerNetworks: readonly (readonly [network: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 127],
  // These three hold IPv4 addresses, of any network.
  ['::ffff:0.0.0.0', 96],
  ['64:ff9b::', 96],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
];

// Apart, because a list takes IPv4 addresses for those of IPv6 that hold them.
const inner = { ipv4: new BlockList(), ipv6: new BlockList() };
for (const [network, prefix] of innerNetworks)
  inner[familyName(network)].addSubnet(network, prefix, familyName(network));

export class CallbackPolicy {
  readonly #hosts: ReadonlySet<string>;

  /** @param hosts the only hosts that are called, wherever they are; none: every host with a public address */
  constructor(hosts: readonly string[]) {
    this.#hosts = new Set(hosts.map((host) => host.toLowerCase()));
  }

  /** Why a URL is not called, or null. What a name stands for is looked at when it is called. */
  refusal(url: URL): string | null {
    const host = hostOf(url);
    if (url.protocol !== 'https:') return 'A callback is an https: URL.';
    if (this.#hosts.size > 0)
      return this.#hosts.has(host) ? null : 'This server does not call back to that host.';
    return isIP(host) !== 0 && isInner(host) ? 'A callback goes to a public address.' : null;
  }

  /** Resolves the names of callbacks; undefined for as usual. */
  get lookup(): LookupFunction | undefined {
    return this.#hosts.size > 0 ? undefined : publicLookup;
  }
}

/** Fails with ENOTFOUND for a name none of whose addresses is public, and leaves the others of it out. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookUp(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, '', 0);
      return;
    }
    const usable = addresses.filter(({ address }) => !isInner(address));
    if (usable.length === 0) {
      const refused: NodeJS.ErrnoException = new Error(`${hostname} has no public address.`);
      refused.code = 'ENOTFOUND';
      callback(refused, '', 0);
    } else if (options.all === true) callback(null, usable);
    else callback(null, usable[0].address, usable[0].family);
  });
};

/** Whether an address is of a network that is not the internet. */
export function isInner(address: string): boolean {
  return inner[familyName(address)].check(address, familyName(address));
}

function familyName(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

/** Lower case, without the brackets around an IPv6 address. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
}
