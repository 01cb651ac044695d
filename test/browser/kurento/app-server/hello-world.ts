/** What a page sends comes back to it: media, and what it says on data channels if its role is "data". */
import type { KurentoClient, MediaObject } from 'kurento-client';
import type { Demo, Register } from './demo.ts';
import { createEndpoint, createPipeline, invoke, openClient } from './invoke.ts';
import type { PageLink } from './page-link.ts';

export class HelloWorld implements Demo {
  readonly #url: string;
  readonly #register: Register;
  readonly #pipelines = new Map<PageLink, MediaObject>();
  #client: KurentoClient | null = null;

  constructor(url: string, register: Register) {
    this.#url = url;
    this.#register = register;
  }

  async offer(page: PageLink, of: string, role: string, sdpOffer: string): Promise<void> {
    this.#client ??= await openClient(this.#url);
    const pipeline = await createPipeline(this.#client);
    this.#pipelines.set(page, pipeline);
    this.#register(`pipeline of ${page.name}`, pipeline);
    const endpoint = await createEndpoint(pipeline, role === 'data' ? { useDataChannels: true } : {});
    this.#register(page.name, endpoint);
    page.adopt(of, endpoint);
    await invoke(endpoint, 'connect', endpoint);
    const answer = invoke<string>(endpoint, 'processOffer', sdpOffer);
    const gathering = invoke(endpoint, 'gatherCandidates');
    page.send({ id: 'answer', of, sdpAnswer: await answer });
    await gathering;
  }

  async leave(page: PageLink): Promise<void> {
    const pipeline = this.#pipelines.get(page);
    this.#pipelines.delete(page);
    if (pipeline !== undefined) await invoke(pipeline, 'release');
  }

  async close(): Promise<void> {
    for (const page of [...this.#pipelines.keys()]) await this.leave(page);
    this.#client?.close();
    this.#client = null;
  }
}
