/** Two pages call each other: both endpoints are connected before either is negotiated. */
import type { KurentoClient, MediaObject } from 'kurento-client';
import type { Demo, Register } from './demo.ts';
import { createEndpoint, createPipeline, invoke, openClient } from './invoke.ts';
import type { PageLink } from './page-link.ts';

interface Offered {
  readonly page: PageLink;
  readonly of: string;
  readonly sdpOffer: string;
}

export class OneToOne implements Demo {
  readonly #url: string;
  readonly #register: Register;
  #client: KurentoClient | null = null;
  #pipeline: MediaObject | null = null;
  #caller: Offered | null = null;

  constructor(url: string, register: Register) {
    this.#url = url;
    this.#register = register;
  }

  /** The first offer is the caller's, the second the callee's. */
  async offer(page: PageLink, of: string, _role: string, sdpOffer: string): Promise<void> {
    const callee: Offered = { page, of, sdpOffer };
    const caller = this.#caller;
    if (caller === null) {
      this.#caller = callee;
      return;
    }
    this.#client ??= await openClient(this.#url);
    this.#pipeline = await createPipeline(this.#client);
    const sides = [
      { ...caller, endpoint: await createEndpoint(this.#pipeline) },
      { ...callee, endpoint: await createEndpoint(this.#pipeline) },
    ] as const;
    for (const side of sides) {
      this.#register(side.page.name, side.endpoint);
      side.page.adopt(side.of, side.endpoint);
    }
    await invoke(sides[0].endpoint, 'connect', sides[1].endpoint);
    await invoke(sides[1].endpoint, 'connect', sides[0].endpoint);
    for (const side of sides) {
      const sdpAnswer = await invoke<string>(side.endpoint, 'processOffer', side.sdpOffer);
      await invoke(side.endpoint, 'gatherCandidates');
      side.page.send({ id: 'answer', of: side.of, sdpAnswer });
    }
  }

  /** Whoever hangs up ends the call. */
  async leave(): Promise<void> {
    const pipeline = this.#pipeline;
    this.#pipeline = null;
    this.#caller = null;
    if (pipeline !== null) await invoke(pipeline, 'release');
    this.#client?.close();
    this.#client = null;
  }

  async close(): Promise<void> {
    await this.leave();
  }
}
