/** A WebSocket that speaks the Talksy dialect, frame by frame, and insists on the envelopes of its specification. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import WebSocket from 'ws';
import { until } from './headless-peer.ts';

export interface TalksyMessage {
  readonly status?: boolean;
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects there and fails if it is not.
  readonly data: any;
}

export class TalksyTestClient {
  readonly socket: WebSocket;
  /** Every message so far, statistics included. */
  readonly all: TalksyMessage[] = [];
  readonly #unread: TalksyMessage[] = [];
  onMessage: (message: TalksyMessage) => void = () => {};
  closed: { code: number; reason: string } | null = null;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data, isBinary) => {
      assert.equal(isBinary, false, 'the dialect has text frames only');
      const message = JSON.parse(data.toString()) as TalksyMessage;
      assert.equal(message.status, message.type === 'clientid' ? undefined : message.type !== 'error');
      this.all.push(message);
      this.#unread.push(message);
      this.onMessage(message);
    });
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
    socket.on('error', () => {});
  }

  static async open(url: string, options: WebSocket.ClientOptions = {}): Promise<TalksyTestClient> {
    const client = new TalksyTestClient(new WebSocket(url, options));
    await once(client.socket, 'open');
    return client;
  }

  /** As the page writes it: an empty first parameter. */
  static openRoom(origin: string, room: string): Promise<TalksyTestClient> {
    return TalksyTestClient.open(`${origin}/ws?&room_id=${encodeURIComponent(room)}`);
  }

  send(type: string, data?: unknown): void {
    this.sendText(JSON.stringify({ type, data }));
  }

  sendText(text: string): void {
    this.socket.send(text);
  }

  /** The next unread message of this type; others before it are passed over. */
  async next(type: string, ms?: number): Promise<TalksyMessage['data']> {
    await until(`message ${type}`, () => this.#unread.some((message) => message.type === type), ms);
    const index = this.#unread.findIndex((message) => message.type === type);
    return this.#unread.splice(0, index + 1)[index].data;
  }

  /** Types of all messages, without the statistics that come each second. */
  get types(): string[] {
    return this.all.map(({ type }) => type).filter((type) => type !== 'track_stats');
  }

  of(type: string): TalksyMessage['data'][] {
    return this.all.filter((message) => message.type === type).map(({ data }) => data);
  }

  get id(): string {
    assert.equal(this.all[0]?.type, 'clientid');
    return this.all[0].data;
  }

  /** Whether the server has handled everything sent so far: a ping comes back behind it. */
  async settled(): Promise<void> {
    let answered = false;
    this.socket.once('pong', () => {
      answered = true;
    });
    this.socket.ping();
    await until('the server answers a ping', () => answered || this.closed !== null);
  }

  close(): void {
    this.socket.close();
  }
}
