import { AddonPacketIo } from './addon-packet-io.ts';
import { loadAddon } from './load-addon.ts';
import type { PacketIo, PacketIoOptions } from './packet-io.ts';

export { readAddress } from './socket-address.ts';

/**
 * Opens packet input and output over the native addon.
 * @throws Error where the addon is not built or does not fit, or an option is out of range.
 */
export function openPacketIo(options: PacketIoOptions): PacketIo {
  return new AddonPacketIo(loadAddon(), options);
}
