/**
 * One WebSocket connection as a dialect sees it: text in, text out, bounded both ways. A client that does not
 * read, and one that does not answer pings, is closed.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { WebSocket } from 'ws';

export interface SignalingRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The client's IP address, as a trusted proxy reports it if there is one. */
  readonly remoteAddress: string;
  /** Whether the client came by TLS, as a trusted proxy reports it if there is one. */
  readonly secure: boolean;
}

/** Close codes of RFC 6455 §7.4.1 and its registry that this server sends. */
export const CloseCode = {
  Normal: 1000,
  GoingAway: 1001,
  ProtocolError: 1002,
  PolicyViolation: 1008,
  InternalError: 1011,
  TryAgainLater: 1013,
} as const;

/** RFC 6455 §5.5: a control frame carries at most 125 bytes, two of which are the close code. */
const longestReasonBytes = 123;

export class SignalingSocket {
  readonly request: SignalingRequest;
  /** One complete text message; binary messages are taken as UTF-8 text. */
  onmessage: (text: string) => void = () => {};
  /** The connection is gone, whoever closed it; called exactly once. Nothing is delivered after it. */
  onclose: (code: number, reason: string) => void = () => {};

  readonly #ws: WebSocket;
  readonly #maxBufferedBytes: number;
  readonly #bug: (error: unknown) => void;
  #closing = false;
  /** Whether what came before is still to be worked on, and whether the dialect wants no more for now. */
  #held = false;
  #paused = false;

  /**
   * @param maxBufferedBytes most bytes waiting for a client that does not read; it is closed beyond
   * @param bug told what a handler threw; the connection is closed with 1011
   */
  constructor(
    ws: WebSocket,
    request: SignalingRequest,
    maxBufferedBytes: number,
    bug: (error: unknown) => void,
  ) {
    this.#ws = ws;
    this.request = request;
    this.#maxBufferedBytes = maxBufferedBytes;
    this.#bug = bug;
  }

  get open(): boolean {
    return !this.#closing && this.#ws.readyState === this.#ws.OPEN;
  }

  /** Sends one text message; does nothing on a closed connection. */
  send(text: string): void {
    if (!this.open) return;
    if (this.#ws.bufferedAmount + text.length > this.#maxBufferedBytes) {
      this.close(CloseCode.PolicyViolation, 'The client does not read what it is sent.');
      return;
    }
    this.#ws.send(text);
  }

  /** Takes no more from the client until resumeReading(), but for what has arrived already. */
  pauseReading(): void {
    this.#paused = this.open;
    this.#readOrNot();
  }

  resumeReading(): void {
    this.#paused = false;
    this.#readOrNot();
  }

  /** Called by the server: nothing is read while what came before waits for its turn. */
  holdReading(held: boolean): void {
    this.#held = held;
    this.#readOrNot();
  }

  /** Sends a close frame. `onclose` follows when the client answered it, or when it did not in time. */
  close(code: number = CloseCode.Normal, reason = ''): void {
    if (this.#closing) return;
    this.#closing = true;
    // The client's answer is waited for.
    this.resumeReading();
    this.#ws.close(code, truncateUtf8(reason, longestReasonBytes));
  }

  /** Called by the server for each message. */
  deliver(text: string): void {
    if (this.#closing) return;
    try {
      this.onmessage(text);
    } catch (error) {
      this.#bug(error);
      this.close(CloseCode.InternalError, 'Internal error.');
    }
  }

  /** Called by the server once the connection is gone. */
  deliverClose(code: number, reason: string): void {
    this.#closing = true;
    try {
      this.onclose(code, reason);
    } catch (error) {
      this.#bug(error);
    }
  }

  #readOrNot(): void {
    if (this.#held || this.#paused) this.#ws.pause();
    else this.#ws.resume();
  }
}

function truncateUtf8(text: string, maxBytes: number): string {
  let shortened = text.slice(0, maxBytes);
  while (Buffer.byteLength(shortened) > maxBytes) shortened = shortened.slice(0, -1);
  return shortened;
}
