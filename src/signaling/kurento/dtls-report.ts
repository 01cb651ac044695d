import type { Participant } from '../../rooms/participant.ts';
import type { DtlsState } from '../../webrtc/dtls/dtls-transport.ts';
import { type MediaObject, record } from './media-object.ts';

const states: Readonly<Record<DtlsState, string>> = {
  connecting: 'CONNECTING',
  connected: 'CONNECTED',
  closed: 'CLOSED',
  failed: 'FAILED',
};

/** BUNDLE and rtcp-mux leave one association. All are texts. */
const fieldsOf = (state: string) => ({ streamId: '1', componentId: '1', connectionId: 'default', state });

/** What a client is told of DTLS. */
export class DtlsReport {
  readonly #object: MediaObject;
  #state: string | null = null;

  constructor(object: MediaObject) {
    this.#object = object;
  }

  begin({ path }: Participant): void {
    this.#become('NEW');
    // A handshake begins when there is a way for it.
    path.on('selectedpathchange', () => {
      if (this.#state === 'NEW') this.#become('CONNECTING');
    });
    path.on('dtlsstatechange', (state) => this.#become(states[state]));
  }

  /** The connection is over, whoever ended it. */
  ended(): void {
    if (this.#state !== null && this.#state !== 'FAILED') this.#become('CLOSED');
  }

  get connections(): object[] {
    return this.#state === null ? [] : [record('DtlsConnection', fieldsOf(this.#state))];
  }

  #become(state: string): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#object.raise('DtlsConnectionStateChange', fieldsOf(state));
  }
}
