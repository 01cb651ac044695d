/** Which addresses media is received on when the configuration names none. */
import type { NetworkInterfaceInfo } from 'node:os';

const loopbackAddress = '127.0.0.1';
/** More would make every session description long; a machine with more of them should name those it means. */
const maxAddresses = 16;

/**
 * Every address others can reach, IPv4 first, then 127.0.0.1, so that browsers on this machine need no network.
 * Link-local IPv6 addresses are left out: they mean nothing without a zone, which candidates cannot carry.
 *
 * @param interfaces as os.networkInterfaces() returns them
 */
export function reachableAddresses(
  interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>,
): readonly string[] {
  const external = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !/^fe[89ab]/i.test(address));
  const byFamily = (family: string): string[] =>
    external.filter((info) => info.family === family).map((info) => info.address);
  const reachable = [...new Set([...byFamily('IPv4'), ...byFamily('IPv6')])];
  return [...reachable.slice(0, maxAddresses - 1), loopbackAddress];
}
