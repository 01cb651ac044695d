/** The bandwidths a client may set on an endpoint, in kbit/s, as they are given back. */
import { KurentoError } from './kurento-error.ts';

export const bandwidthNames = [
  'minVideoRecvBandwidth',
  'maxVideoRecvBandwidth',
  'maxAudioRecvBandwidth',
  'minVideoSendBandwidth',
  'maxVideoSendBandwidth',
] as const;

export type BandwidthName = (typeof bandwidthNames)[number];

/** What clients are told before they set anything. Only what is set has an effect. */
const defaults: Readonly<Record<BandwidthName, number>> = {
  minVideoRecvBandwidth: 0,
  maxVideoRecvBandwidth: 0,
  maxAudioRecvBandwidth: 0,
  minVideoSendBandwidth: 100,
  maxVideoSendBandwidth: 500,
};

export class BandwidthLimits {
  /** Made when first needed: most endpoints set none. */
  #set: Map<BandwidthName, number> | null = null;

  get(name: BandwidthName): number {
    return this.#set?.get(name) ?? defaults[name];
  }

  /** @throws KurentoError 40107 */
  set(name: BandwidthName, kbps: number): void {
    if (kbps < 0) throw new KurentoError(40107, `Invalid value for '${name}'`);
    this.#set ??= new Map();
    this.#set.set(name, kbps);
  }

  /** In bit/s, where the client has set it to anything but 0, which is no bound. */
  bound(name: BandwidthName): number | null {
    const kbps = this.#set?.get(name) ?? 0;
    return kbps === 0 ? null : kbps * 1000;
  }
}
