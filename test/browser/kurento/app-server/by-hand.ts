/**
 * No app server's logic: the test makes the endpoint, under the page's name, and says what is done with it. Only
 * candidates are passed on. A page's connection gets its endpoint when the test attaches it.
 */
import type { MediaObject } from 'kurento-client';
import type { Demo } from './demo.ts';
import type { PageLink } from './page-link.ts';

export class ByHand implements Demo {
  readonly #pages = new Map<string, PageLink>();

  join(page: PageLink): void {
    this.#pages.set(page.name, page);
  }

  attach(page: string, endpoint: MediaObject): void {
    const link = this.#pages.get(page);
    if (link === undefined) throw new Error(`there is no page ${page}`);
    link.adopt(page, endpoint);
  }

  offer(): Promise<void> {
    return Promise.reject(new Error('the test answers offers itself'));
  }

  leave(page: PageLink): Promise<void> {
    this.#pages.delete(page.name);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#pages.clear();
    return Promise.resolve();
  }
}
