/** A WebSocket that speaks the Pion_SFU dialect, frame by frame, and insists on how the server encodes. */
import { once } from 'node:events';
import WebSocket from 'ws';
import { until } from './headless-peer.ts';
import { decode } from './pion-fakes.ts';

export interface ServerMessage {
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects there and fails if it is not.
  readonly data: Record<string, any>;
}

export class PionTestClient {
  readonly socket: WebSocket;
  /** Every message so far. */
  readonly all: ServerMessage[] = [];
  readonly #unread: ServerMessage[] = [];
  onMessage: (message: ServerMessage) => void = () => {};
  closed: { code: number; reason: string } | null = null;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data, isBinary) => {
      if (isBinary) throw new Error('The dialect has text frames only.');
      const message = decode(data.toString());
      this.all.push(message);
      this.#unread.push(message);
      this.onMessage(message);
    });
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
    socket.on('error', () => {});
  }

  static async open(url: string, options: WebSocket.ClientOptions = {}): Promise<PionTestClient> {
    const client = new PionTestClient(new WebSocket(url, options));
    await once(client.socket, 'open');
    return client;
  }

  send(event: string, data: unknown): void {
    this.socket.send(JSON.stringify({ event, data }));
  }

  join(roomId: string, selfId: string, more: object = {}): void {
    this.send('joinRoom', { room_id: roomId, self_id: selfId, ...more });
  }

  offer(roomId: string, selfId: string, sdp: string): void {
    this.send('offer', { room_id: roomId, self_id: selfId, offer: { type: 'offer', sdp } });
  }

  /** The next unread message of this event; others before it are passed over. */
  async next(event: string, ms?: number): Promise<ServerMessage['data']> {
    await until(`event ${event}`, () => this.#unread.some((message) => message.event === event), ms);
    const index = this.#unread.findIndex((message) => message.event === event);
    return this.#unread.splice(0, index + 1)[index].data;
  }

  /** Whether the server has handled everything sent so far: a ping comes back behind it. */
  async settled(): Promise<void> {
    let answered = false;
    this.socket.once('pong', () => {
      answered = true;
    });
    this.socket.ping();
    await until('the server answers a ping', () => answered);
  }

  close(): void {
    this.socket.close();
  }
}
