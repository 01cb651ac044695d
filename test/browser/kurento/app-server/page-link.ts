import type { MediaObject } from 'kurento-client';
import type { WebSocket } from 'ws';
import { iceCandidate, invoke } from './invoke.ts';
import type { ToPage } from './page-messages.ts';

/** One page's WebSocket, and the endpoints that stand for its connections. */
export class PageLink {
  /** Who the page says it is. */
  readonly name: string;
  readonly #socket: WebSocket;
  readonly #endpoints = new Map<string, MediaObject>();
  /** Candidates of connections that have no endpoint yet: pages send them as they come. */
  readonly #waiting = new Map<string, object[]>();

  constructor(name: string, socket: WebSocket) {
    this.name = name;
    this.#socket = socket;
  }

  send(message: ToPage): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  addCandidate(of: string, candidate: object): void {
    const endpoint = this.#endpoints.get(of);
    if (endpoint !== undefined) {
      void invoke(endpoint, 'addIceCandidate', iceCandidate(candidate));
      return;
    }
    const waiting = this.#waiting.get(of);
    if (waiting === undefined) this.#waiting.set(of, [candidate]);
    else waiting.push(candidate);
  }

  /** From now on this endpoint stands for one of the page's connections: candidates go both ways. */
  adopt(of: string, endpoint: MediaObject): void {
    this.#endpoints.set(of, endpoint);
    for (const candidate of this.#waiting.get(of) ?? []) {
      void invoke(endpoint, 'addIceCandidate', iceCandidate(candidate));
    }
    this.#waiting.delete(of);
    endpoint.on('IceCandidateFound', ({ candidate }) => {
      this.send({ id: 'candidate', of, candidate: iceCandidate(candidate as object) as object });
    });
  }

  /** The endpoint of a connection is no more. */
  forget(of: string): void {
    this.#endpoints.delete(of);
    this.#waiting.delete(of);
  }
}
