/** One WebSocket to the server: frames in, parsed messages out. Knows nothing of media. */
import { parseServerMessage, type ServerMessage } from './messages.ts';

export interface SignalingEvents {
  opened(): void;
  message(message: ServerMessage): void;
  /** Once, whether it ever opened or not. `reason` is what the server put in the close frame. */
  closed(wasOpen: boolean, reason: string): void;
}

/** Longer than any handshake that is going to succeed; browsers alone wait for minutes. */
const openTimeoutMs = 8000;

export class SignalingClient {
  readonly #socket: WebSocket;
  readonly #events: SignalingEvents;
  readonly #openTimer: number;
  #wasOpen = false;
  #closed = false;

  constructor(url: string, events: SignalingEvents) {
    this.#events = events;
    this.#socket = new WebSocket(url);
    this.#openTimer = window.setTimeout(() => this.#finish(''), openTimeoutMs);
    this.#socket.addEventListener('open', () => {
      if (this.#closed) return;
      window.clearTimeout(this.#openTimer);
      this.#wasOpen = true;
      events.opened();
    });
    this.#socket.addEventListener('message', ({ data }) => {
      if (this.#closed || typeof data !== 'string') return;
      const message = parseServerMessage(data);
      if (message !== null) events.message(message);
    });
    this.#socket.addEventListener('close', ({ reason }) => this.#finish(reason));
  }

  /** What cannot be sent any more is dropped: the close event tells the rest. */
  send(text: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  /** Closes without a further event. */
  close(): void {
    this.#closed = true;
    window.clearTimeout(this.#openTimer);
    this.#socket.close();
  }

  #finish(reason: string): void {
    if (this.#closed) return;
    this.close();
    this.#events.closed(this.#wasOpen, reason);
  }
}
