import type { PaddingSource } from '../bandwidth/path-filler.ts';
import type { Forwarder } from './forwarder.ts';

/** The padding of one transport: of whichever forwarder can send some, the first one first. */
export class TransportPadding implements PaddingSource {
  readonly #forwarders: readonly Forwarder[];

  /** `forwarders` is the transport's own list, which changes. */
  constructor(forwarders: readonly Forwarder[]) {
    this.#forwarders = forwarders;
  }

  get canPad(): boolean {
    const forwarders = this.#forwarders;
    for (let i = 0; i < forwarders.length; i++) if (forwarders[i].canPad) return true;
    return false;
  }

  sendPadding(bytes: number): boolean {
    const forwarders = this.#forwarders;
    for (let i = 0; i < forwarders.length; i++) if (forwarders[i].sendPadding(bytes) > 0) return true;
    return false;
  }
}
