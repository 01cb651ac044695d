import type { MediaObject } from 'kurento-client';
import type { PageLink } from './page-link.ts';

/** Names an object for the test, which may then look into it. */
export type Register = (label: string, object: MediaObject) => void;

/** One of the app servers of Kurento's tutorials. */
export interface Demo {
  /** A page has come. */
  join?(page: PageLink): void;
  /** @returns when the page has its answer; what is thrown is told to the page */
  offer(page: PageLink, of: string, role: string, sdpOffer: string): Promise<void>;
  /** The page has stopped or is gone. */
  leave(page: PageLink): Promise<void>;
  /** Ends everything, for the next test. */
  close(): Promise<void>;
}
