/**
 * What a client may set of an endpoint's ICE. A lite agent gathers from no STUN or TURN server and opens no socket of
 * an endpoint's own, so these are kept and given back; external addresses are told to the peer instead of ours.
 */
import { parseIpAddress } from '../../webrtc/ice/ip-address.ts';
import { KurentoError } from './kurento-error.ts';
import type { MediaObject } from './media-object.ts';

export const iceTextNames = [
  'stunServerAddress',
  'turnUrl',
  'externalIPv4',
  'externalIPv6',
  'networkInterfaces',
] as const;

export type IceTextName = (typeof iceTextNames)[number];

const defaultStunPort = 3478;

const checks: Readonly<Partial<Record<IceTextName, (text: string) => boolean>>> = {
  turnUrl: (text) => /^[^\s:@]+:[^\s@]*@\S+?(?::\d{1,5})?(?:\?transport=(?:udp|tcp|tls))?$/i.test(text),
  externalIPv4: (text) => parseIpAddress(text)?.length === 4,
  externalIPv6: (text) => text.includes(':') && parseIpAddress(text)?.length === 16,
};

export class IceSettings {
  readonly #object: MediaObject;
  stunServerPort = defaultStunPort;
  iceTcp = true;

  constructor(object: MediaObject) {
    this.#object = object;
  }

  text(name: IceTextName): string {
    return this.#object.stored(name) ?? '';
  }

  /** An empty text takes it back. @throws KurentoError 40107, 40009 */
  setText(name: IceTextName, text: string): void {
    if (text !== '' && checks[name]?.(text) === false)
      throw new KurentoError(40107, `Invalid value for '${name}'`);
    this.#object.store(name, text);
  }

  /** @throws KurentoError 40107 */
  setStunServerPort(port: number): void {
    if (port < 1 || port > 65_535) throw new KurentoError(40107, "Invalid value for 'stunServerPort'");
    this.stunServerPort = port;
  }

  /** Addresses to tell the peer, where any are set. */
  get announced(): string[] {
    return [this.text('externalIPv4'), this.text('externalIPv6')].filter((address) => address !== '');
  }
}
