import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * Stands between a client and a port. When it is cut, its connections break, and new ones get no answer until it is
 * mended, as where packets are lost. They are not refused: an attempt that fails ends the process of a stock client,
 * as reconnect-core below it emits an error that nobody listens to.
 */
export class CutProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  readonly #waiting = new Set<Socket>();
  #isCut = false;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.#target = target;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (near) => {
      if (this.#isCut) this.#waiting.add(near);
      else this.#pass(near);
    });
  }

  static async open(target: number): Promise<CutProxy> {
    const server = createServer({ pauseOnConnect: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new CutProxy(server, target);
  }

  /** Attempts to connect that get no answer. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** As when a network goes: no closing handshake of the WebSocket. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
    for (const near of this.#waiting) this.#pass(near);
    this.#waiting.clear();
  }

  async close(): Promise<void> {
    this.cut();
    for (const near of this.#waiting) near.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #pass(near: Socket): void {
    const far = connect(this.#target, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}
