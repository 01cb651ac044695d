/** One kept connection that posts without waiting for the answers before (RFC 9112 §9.3.2), and reads them in order. */
import { connect, type Socket } from 'node:net';

export interface PipelinedAnswer {
  readonly status: number;
  readonly body: string;
}

const endOfHead = '\r\n\r\n';

export class PipelinedConnection {
  readonly #socket: Socket;
  readonly #waiting: ((answer: PipelinedAnswer | null) => void)[] = [];
  #received = Buffer.alloc(0);
  #closed = false;

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (data) => this.#receive(data));
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      this.#closed = true;
      for (const tell of this.#waiting.splice(0)) tell(null);
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  get outstanding(): number {
    return this.#waiting.length;
  }

  /** @param told of the answer; of null when the connection is closed before it */
  post(
    path: string,
    contentType: string,
    body: string,
    told: (answer: PipelinedAnswer | null) => void,
  ): void {
    if (this.#closed) {
      told(null);
      return;
    }
    this.#waiting.push(told);
    this.#socket.write(
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: ${contentType}\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  }

  close(): void {
    this.#socket.resetAndDestroy();
  }

  #receive(data: Buffer): void {
    this.#received = Buffer.concat([this.#received, data]);
    for (;;) {
      const headEnd = this.#received.indexOf(endOfHead);
      if (headEnd < 0) return;
      const head = this.#received.toString('latin1', 0, headEnd);
      const [, length] = /^content-length: (\d+)/im.exec(head) ?? [];
      if (length === undefined) throw new Error(`an answer without a length:\n${head}`);
      const bodyStart = headEnd + endOfHead.length;
      const bodyEnd = bodyStart + Number(length);
      if (this.#received.length < bodyEnd) return;
      const answer = {
        status: Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 '.length + 3)),
        body: this.#received.toString('utf8', bodyStart, bodyEnd),
      };
      this.#received = this.#received.subarray(bodyEnd);
      this.#waiting.shift()?.(answer);
    }
  }
}
