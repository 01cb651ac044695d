/** One presenter, any number of viewers. When everybody has gone, so has the client: the next presenter gets a new one. */
import type { KurentoClient, MediaObject } from 'kurento-client';
import type { Demo, Register } from './demo.ts';
import { createEndpoint, createPipeline, invoke, openClient } from './invoke.ts';
import type { PageLink } from './page-link.ts';

interface Presenter {
  readonly page: PageLink;
  readonly of: string;
  readonly pipeline: MediaObject;
  readonly endpoint: MediaObject;
}

interface Viewer {
  readonly of: string;
  readonly endpoint: MediaObject;
}

export class OneToMany implements Demo {
  readonly #url: string;
  readonly #register: Register;
  #client: KurentoClient | null = null;
  #presenter: Presenter | null = null;
  readonly #viewers = new Map<PageLink, Viewer>();

  constructor(url: string, register: Register) {
    this.#url = url;
    this.#register = register;
  }

  async offer(page: PageLink, of: string, role: string, sdpOffer: string): Promise<void> {
    if (role === 'presenter') await this.#present(page, of, sdpOffer);
    else await this.#view(page, of, sdpOffer);
  }

  async leave(page: PageLink): Promise<void> {
    const viewer = this.#viewers.get(page);
    if (this.#presenter?.page === page) {
      const { pipeline } = this.#presenter;
      for (const [watching, { of }] of this.#viewers) {
        watching.send({ id: 'stopped', of });
        watching.forget(of);
      }
      page.forget(this.#presenter.of);
      this.#viewers.clear();
      this.#presenter = null;
      await invoke(pipeline, 'release');
    } else if (viewer !== undefined) {
      this.#viewers.delete(page);
      page.forget(viewer.of);
      await invoke(viewer.endpoint, 'release');
    }
    if (this.#presenter === null && this.#viewers.size === 0) {
      this.#client?.close();
      this.#client = null;
    }
  }

  async close(): Promise<void> {
    if (this.#presenter !== null) await this.leave(this.#presenter.page);
  }

  async #present(page: PageLink, of: string, sdpOffer: string): Promise<void> {
    if (this.#presenter !== null) throw new Error('another user is presenting');
    this.#client ??= await openClient(this.#url);
    const pipeline = await createPipeline(this.#client);
    const endpoint = await createEndpoint(pipeline);
    this.#presenter = { page, of, pipeline, endpoint };
    this.#register('pipeline', pipeline);
    this.#register(page.name, endpoint);
    page.adopt(of, endpoint);
    const answer = invoke<string>(endpoint, 'processOffer', sdpOffer);
    const gathering = invoke(endpoint, 'gatherCandidates');
    page.send({ id: 'answer', of, sdpAnswer: await answer });
    await gathering;
  }

  async #view(page: PageLink, of: string, sdpOffer: string): Promise<void> {
    if (this.#presenter === null) throw new Error('there is no presenter');
    const presenter = this.#presenter;
    const endpoint = await createEndpoint(presenter.pipeline);
    this.#viewers.set(page, { of, endpoint });
    this.#register(page.name, endpoint);
    page.adopt(of, endpoint);
    const sdpAnswer = await invoke<string>(endpoint, 'processOffer', sdpOffer);
    await invoke(presenter.endpoint, 'connect', endpoint);
    page.send({ id: 'answer', of, sdpAnswer });
    await invoke(endpoint, 'gatherCandidates');
  }
}
