/**
 * One WebSocket of this dialect. Its requests are done in the order they came, each to its end before the next; only
 * what merely takes its time (getUsedCpu) is answered later. Events that a request causes follow its answer, since a
 * client ignores those of objects it does not know yet.
 */
import { ProtocolError, UserError } from '../../errors.ts';
import type { FairShare } from '../../http/fair-share.ts';
import type { SignalingSocket } from '../../http/signaling-socket.ts';
import {
  formatError,
  formatResult,
  type Params,
  paramsOf,
  parseRequest,
  type RpcRequest,
} from './json-rpc.ts';
import { KurentoError } from './kurento-error.ts';
import { maxCallsAside, maxWaitingRequests, maxWaitingText } from './kurento-limits.ts';
import type { KurentoSession } from './kurento-session.ts';
import * as methods from './methods.ts';
import type { ObjectModel } from './object-model.ts';
import type { RpcCounts } from './rpc-counts.ts';
import { runTransaction } from './transaction.ts';

export interface KurentoConnectionOptions {
  readonly model: ObjectModel;
  readonly share: FairShare;
  readonly counts: RpcCounts;
}

type Socket = Pick<
  SignalingSocket,
  'send' | 'onmessage' | 'onclose' | 'pauseReading' | 'resumeReading' | 'request'
>;

/** What is to be done with an answer. */
interface Call {
  readonly request: RpcRequest;
  readonly text: string;
}

export class KurentoConnection implements methods.Caller {
  session: KurentoSession | null = null;
  readonly address: string;
  readonly #socket: Socket;
  readonly #options: KurentoConnectionOptions;
  /** What came while a transaction was under way, and is done in turns after it. */
  readonly #waiting: string[] = [];
  #waitingText = 0;
  #readingPaused = false;
  /** A transaction is under way. */
  #busy = false;
  /** The first of what waits will be done. */
  #hasTurn = false;
  #callsAside = 0;
  /** Of the request that is being done; null between requests. */
  #heldEvents: string[] | null = null;
  #closed = false;

  /** Takes the socket over: sets its handlers. */
  constructor(socket: Socket, options: KurentoConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.address = socket.request.remoteAddress;
    socket.onmessage = (text) => this.#receive(text);
    socket.onclose = () => {
      this.#closed = true;
      // What came before the end is still done.
      if (!this.#busy && this.#waiting.length === 0) this.#leaveSession();
    };
  }

  sendEvent(text: string): void {
    if (this.#heldEvents === null) this.#socket.send(text);
    else this.#heldEvents.push(text);
  }

  /** It is this client's turn already. */
  #receive(text: string): void {
    if (!this.#busy && this.#waiting.length === 0) {
      this.#do(text);
      return;
    }
    this.#waiting.push(text);
    this.#waitingText += text.length;
    if (this.#waiting.length > maxWaitingRequests || this.#waitingText > maxWaitingText) {
      this.#readingPaused = true;
      this.#socket.pauseReading();
    }
  }

  #do(text: string): void {
    this.#heldEvents = [];
    const later = this.#handle(text);
    if (later === null) {
      this.#finish();
      return;
    }
    this.#busy = true;
    later.finally(() => {
      this.#busy = false;
      this.#finish();
      this.#doWaiting();
    });
  }

  /** Does what waits, until that is nothing or has to wait again. */
  #doWaiting(): void {
    if (this.#busy || this.#hasTurn || this.#waiting.length === 0) return;
    this.#hasTurn = true;
    const { share, model } = this.#options;
    const next = (): void => {
      const text = this.#waiting.shift() ?? '';
      this.#waitingText -= text.length;
      this.#resumeReading();
      this.#do(text);
    };
    share
      .run(next, this)
      .catch((error: unknown) => model.log.error({ err: error }, 'bug: a Kurento request ended unexpectedly'))
      .finally(() => {
        this.#hasTurn = false;
        this.#doWaiting();
      });
  }

  #resumeReading(): void {
    if (!this.#readingPaused) return;
    if (this.#waiting.length > maxWaitingRequests / 2 || this.#waitingText > maxWaitingText / 2) return;
    this.#readingPaused = false;
    this.#socket.resumeReading();
  }

  /** Sends the events of a request that is done. */
  #finish(): void {
    const events = this.#heldEvents ?? [];
    this.#heldEvents = null;
    for (const event of events) this.#socket.send(event);
    if (this.#closed && this.#waiting.length === 0) this.#leaveSession();
  }

  #leaveSession(): void {
    this.session?.unbind(this.#options.model.nowMs());
  }

  /** Does a request and answers it. @returns what the next one has to wait for; null for nothing */
  #handle(text: string): Promise<void> | null {
    let request: RpcRequest;
    try {
      request = parseRequest(text);
    } catch (error) {
      this.#options.counts.count('unreadable', this.#errorOf(error).code);
      this.#socket.send(formatError(null, this.#errorOf(error)));
      return null;
    }
    const call: Call = { request, text };
    try {
      const params = paramsOf(request);
      const again = this.#earlierAnswer(call, params);
      if (again !== null) {
        this.#socket.send(again);
        return null;
      }
      const { method } = request;
      if (method === 'transaction') return this.#transact(call, params);
      const result = this.#run(method, params);
      if (!(result instanceof Promise)) this.#answer(call, result);
      else this.#answerLater(call, result);
    } catch (error) {
      this.#refuse(call, error);
    }
    return null;
  }

  #earlierAnswer({ request: { id, method }, text }: Call, params: Params): string | null {
    if (id === null || method === 'ping' || method === 'connect') return null;
    const session = methods.presentSession(this.#options.model, this, params);
    const answer = session?.responses.find(id, text, this.#options.model.nowMs()) ?? null;
    if (answer !== null) session?.bind(this, this.#options.model.nowMs());
    return answer;
  }

  #run(method: string, params: Params): object | Promise<object> {
    const { model } = this.#options;
    switch (method) {
      case 'ping':
        return methods.ping(this);
      case 'connect':
        return methods.connect(model, this, params);
      case 'keepAlive':
        return methods.keepAlive(model, this, params);
      case 'closeSession':
        return methods.closeSession(model, this, params);
      default: {
        methods.assertCallable(method, params);
        const session = methods.sessionOf(model, this, params);
        const result = methods.runOnSession(model, session, method, params);
        return result instanceof Promise
          ? result.then((later) => methods.withSession(later, session))
          : methods.withSession(result, session);
      }
    }
  }

  async #transact(call: Call, params: Params): Promise<void> {
    const { model, share } = this.#options;
    try {
      if (params === undefined) throw new KurentoError(-32602, "'params' is required");
      const session = methods.sessionOf(model, this, params);
      const errorOf = (error: unknown) => this.#errorOf(error);
      const result = await runTransaction({ model, session, share, client: this, errorOf }, params);
      this.#answer(call, methods.withSession(result, session));
    } catch (error) {
      this.#refuse(call, error);
    }
  }

  #answerLater(call: Call, result: Promise<object>): void {
    if (this.#callsAside >= maxCallsAside) {
      result.catch(() => {});
      throw new KurentoError(40009, 'Too many calls are under way');
    }
    this.#callsAside++;
    result
      .then(
        (value) => this.#answer(call, value),
        (error) => this.#refuse(call, error),
      )
      .finally(() => this.#callsAside--);
  }

  #answer({ request: { id, method }, text }: Call, result: object): void {
    this.#options.counts.count(method, null);
    if (id === null) return;
    const answer = formatResult(id, result);
    if (method !== 'ping' && method !== 'connect') this.#remember(id, text, answer);
    this.#socket.send(answer);
  }

  #refuse({ request: { id, method }, text }: Call, reason: unknown): void {
    const error = this.#errorOf(reason);
    this.#options.counts.count(method, error.code);
    if (id === null) return;
    const answer = formatError(id, error);
    if (error.code !== 40007) this.#remember(id, text, answer);
    this.#socket.send(answer);
  }

  #remember(id: string | number, text: string, answer: string): void {
    this.session?.responses.add(id, text, answer, this.#options.model.nowMs());
  }

  /** What a client is told of an error. What is none of the known ones is a bug, which ends but this request. */
  #errorOf(error: unknown): KurentoError {
    if (error instanceof KurentoError) return error;
    if (error instanceof UserError || error instanceof ProtocolError) {
      const limited = error.code.startsWith('limit-') || error.code === 'shutting-down';
      return new KurentoError(limited ? 40009 : 40003, error.message);
    }
    this.#options.model.log.error({ err: error }, 'bug: a Kurento request ended in an unexpected error');
    return new KurentoError(40003, 'Unexpected error');
  }
}
