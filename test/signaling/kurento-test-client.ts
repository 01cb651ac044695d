/** A WebSocket that speaks Kurento's JSON-RPC frame by frame, and insists on the envelopes of its specification. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import WebSocket from 'ws';
import { until } from './headless-peer.ts';

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects there and fails if it is not.
export type Json = any;

export class RpcError extends Error {
  readonly code: number;
  readonly data: { type: string } | undefined;

  constructor({ code, message, data }: { code: number; message: string; data?: { type: string } }) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** For assert.rejects(): the server answers with this error, and this name of it where given. */
export function failsWith(code: number, type?: string): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof RpcError, String(error));
    assert.equal(error.code, code, error.message);
    if (type !== undefined) assert.equal(error.data?.type, type);
    return true;
  };
}

export class KurentoTestClient {
  readonly socket: WebSocket;
  /** Every answer, in order, whether or not somebody waits for it. */
  readonly answers: Json[] = [];
  /** The `params` of every event. */
  readonly events: Json[] = [];
  /** Answers and events in the order they came: "answer <id>" and "event <type>". */
  readonly order: string[] = [];
  readonly #waiting = new Map<unknown, (answer: Json) => void>();
  readonly #binary: boolean;
  sessionId: string | undefined;
  closed: { code: number; reason: string } | null = null;
  nextId = 0;

  private constructor(socket: WebSocket, binary: boolean) {
    this.socket = socket;
    this.#binary = binary;
    socket.on('message', (data, isBinary) => {
      assert.equal(isBinary, false, 'answers are text');
      this.#receive(JSON.parse(data.toString()));
    });
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
    socket.on('error', () => {});
  }

  static async open(url: string, { binary = false } = {}): Promise<KurentoTestClient> {
    const client = new KurentoTestClient(new WebSocket(url), binary);
    await once(client.socket, 'open');
    return client;
  }

  /** Sends a request and resolves with its `result`; an `error` is thrown. */
  async call(method: string, params?: Json, id: unknown = this.nextId++): Promise<Json> {
    const answered = new Promise<Json>((resolve) => this.#waiting.set(id, resolve));
    this.sendText(JSON.stringify({ id, method, params, jsonrpc: '2.0' }));
    const answer = await answered;
    if (answer.error !== undefined) throw new RpcError(answer.error);
    return answer.result;
  }

  async create(type: string, constructorParams?: Json, more: Json = {}): Promise<string> {
    return (await this.call('create', { type, constructorParams, properties: {}, ...more })).value;
  }

  async invoke(object: string, operation: string, operationParams?: Json): Promise<Json> {
    return (await this.call('invoke', { object, operation, operationParams })).value;
  }

  async subscribe(object: string, type: string): Promise<string> {
    return (await this.call('subscribe', { object, type })).value;
  }

  /** Data of the events of a type, under the envelope of Kurento 7. */
  eventsOf(type: string): Json[] {
    return this.events.flatMap((params) => (params.value.type === type ? [params.value.data] : []));
  }

  sendText(text: string): void {
    this.socket.send(this.#binary ? Buffer.from(text) : text);
  }

  /** Everything sent so far has been done, and its events have come. */
  async settled(): Promise<void> {
    await this.call('ping', undefined, `settled-${this.nextId++}`);
  }

  async close(): Promise<void> {
    this.socket.close();
    await until('the socket is closed', () => this.closed !== null);
  }

  #receive(message: Json): void {
    assert.equal(message.jsonrpc, '2.0');
    if (message.method !== undefined) {
      assert.deepEqual(Object.keys(message).sort(), ['jsonrpc', 'method', 'params']);
      assert.equal(message.method, 'onEvent');
      assert.deepEqual(Object.keys(message.params.value).sort(), ['data', 'object', 'type']);
      this.events.push(message.params);
      this.order.push(`event ${message.params.value.type}`);
      return;
    }
    assert.ok((message.result === undefined) !== (message.error === undefined), 'a result or an error');
    if (message.result !== undefined) {
      assert.equal(typeof message.result, 'object');
      assert.notEqual(message.result, null);
      this.sessionId = message.result.sessionId ?? this.sessionId;
    } else if (message.error.code >= 40_000) assert.equal(typeof message.error.data.type, 'string');
    this.answers.push(message);
    this.order.push(`answer ${message.id}`);
    this.#waiting.get(message.id)?.(message);
    this.#waiting.delete(message.id);
  }
}
