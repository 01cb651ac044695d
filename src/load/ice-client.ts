/**
 * The client's end of ICE towards a server: one controlling agent with one pair. Checks the server's candidate until
 * it answers, nominates the pair, keeps consent fresh (RFC 7675), and answers the checks of servers that are not
 * lite. No socket and no clock of its own.
 */
import type { SocketAddress } from '../packet-io/packet-io.ts';
import { candidatePriority } from '../webrtc/ice/candidate.ts';
import type { IceCredentials } from '../webrtc/ice/ice-lite-agent.ts';
import { StunErrorCode, StunType } from '../webrtc/ice/stun-format.ts';
import { hasValidIntegrity, parseStun, type StunMessage } from '../webrtc/ice/stun-message.ts';
import { StunWriter } from '../webrtc/ice/stun-writer.ts';

export interface IceClientOptions {
  readonly local: IceCredentials;
  readonly remote: IceCredentials;
  /** The server's address; needed to answer checks of a server that is not lite. */
  readonly remoteAddress?: SocketAddress;
  /** For transaction ids and the tie-breaker. */
  readonly randomBytes: (length: number) => Uint8Array;
  /** Between consent checks. Default 2500 ms, as Chrome does. */
  readonly checkIntervalMs?: number;
  /** Which checks nominate the pair: all (default), those after a first answer (Chrome), or those before (Firefox). */
  readonly nominate?: 'every' | 'after-answer' | 'until-answer';
  /** PRIORITY to send; default: that of a peer-reflexive candidate (RFC 8445 7.1.1). */
  readonly priority?: number;
  /** Begin as controlled, which is wrong towards a lite agent: to provoke a role conflict. */
  readonly controlled?: boolean;
}

/** First retransmission of an unanswered check; doubled each time (RFC 8445 14.3 has 500 ms). */
const initialRetransmissionMs = 500;
const longestRetransmissionMs = 4000;
/** Without an answer for this long, consent has expired (RFC 7675 5.1). */
const consentTimeoutMs = 30_000;
/** Checks whose answers are still awaited; older ones are forgotten. */
const maxOutstanding = 16;

export class IceClient {
  state: 'checking' | 'connected' | 'failed' = 'checking';
  /** Our address as the server sees it, once it has answered. */
  mappedAddress: SocketAddress | null = null;
  /** Round trip of the latest answered check; NaN before. */
  roundTripMs = Number.NaN;
  controlling: boolean;
  readonly counters = { sent: 0, answered: 0, refused: 0, ignored: 0 };

  #local: IceCredentials;
  #remote: IceCredentials;
  readonly #options: IceClientOptions;
  readonly #tieBreaker: bigint;
  readonly #checkIntervalMs: number;
  /** Hex transaction id → when it was sent. */
  readonly #outstanding = new Map<string, number>();
  #lastAnswerAt = Number.NaN;
  #nextCheckAt = Number.NEGATIVE_INFINITY;
  #retransmissionMs = initialRetransmissionMs;

  constructor(options: IceClientOptions) {
    this.#options = options;
    this.#local = options.local;
    this.#remote = options.remote;
    this.#checkIntervalMs = options.checkIntervalMs ?? 2500;
    this.#tieBreaker = Buffer.from(options.randomBytes(8)).readBigUInt64BE();
    this.controlling = !options.controlled;
  }

  /** Whether the server has answered a check of ours, and goes on answering. */
  get connected(): boolean {
    return this.state === 'connected';
  }

  /** New credentials of both ends, after an ICE restart; handleTimeout() is due at once. */
  restart(local: IceCredentials, remote: IceCredentials): void {
    this.#local = local;
    this.#remote = remote;
    this.#outstanding.clear();
    this.#lastAnswerAt = Number.NaN;
    this.#checkAgain();
    this.state = 'checking';
  }

  /**
   * Takes a STUN message from the server and returns what to send there now, or null: the answer to a check of its
   * own, or our next check. What is not authentic is ignored.
   */
  handleStun(now: number, datagram: Uint8Array): Uint8Array | null {
    const message = parseStun(datagram);
    if (message?.type === StunType.BindingRequest) return this.#answer(datagram, message);
    const id = message === null ? '' : hexOf(message.transactionId);
    const sentAt = this.#outstanding.get(id);
    if (
      message === null ||
      sentAt === undefined ||
      !hasValidIntegrity(datagram, message, this.#remote.password)
    ) {
      this.counters.ignored++;
      return null;
    }
    this.#outstanding.delete(id);
    if (message.type === StunType.BindingSuccess) this.#answered(now, sentAt, message.xorMappedAddress);
    else {
      this.counters.refused++;
      // RFC 8445 7.2.5.1: change the role and check again.
      if (message.errorCode === StunErrorCode.RoleConflict) {
        this.controlling = !this.controlling;
        this.#checkAgain();
      }
    }
    return this.#nextCheckAt <= now ? this.handleTimeout(now) : null;
  }

  /** When handleTimeout() is next due, in ms; -Infinity before the first check, Infinity after failure. */
  nextDeadline(): number {
    return this.state === 'failed' ? Number.POSITIVE_INFINITY : this.#nextCheckAt;
  }

  /** The check to send, where one is due; else null. */
  handleTimeout(now: number): Uint8Array | null {
    if (now < this.nextDeadline()) return null;
    if (Number.isNaN(this.#lastAnswerAt)) this.#lastAnswerAt = now;
    if (now - this.#lastAnswerAt >= consentTimeoutMs) {
      this.state = 'failed';
      return null;
    }
    // An answer moves this to the next consent check.
    this.#nextCheckAt = now + this.#retransmissionMs;
    this.#retransmissionMs = Math.min(2 * this.#retransmissionMs, longestRetransmissionMs);
    return this.#check(now);
  }

  #answered(now: number, sentAt: number, mappedAddress: SocketAddress | null): void {
    this.counters.answered++;
    this.mappedAddress = mappedAddress;
    this.roundTripMs = now - sentAt;
    this.#lastAnswerAt = now;
    this.#outstanding.clear();
    this.#retransmissionMs = initialRetransmissionMs;
    if (this.state === 'checking' && this.#options.nominate === 'after-answer') this.#checkAgain();
    else this.#nextCheckAt = now + this.#checkIntervalMs;
    this.state = 'connected';
  }

  #checkAgain(): void {
    this.#nextCheckAt = Number.NEGATIVE_INFINITY;
    this.#retransmissionMs = initialRetransmissionMs;
  }

  #check(now: number): Uint8Array {
    const transactionId = this.#options.randomBytes(12);
    if (this.#outstanding.size >= maxOutstanding)
      this.#outstanding.delete(this.#outstanding.keys().next().value!);
    this.#outstanding.set(hexOf(transactionId), now);
    this.counters.sent++;
    const writer = new StunWriter(StunType.BindingRequest, transactionId)
      .username(`${this.#remote.usernameFragment}:${this.#local.usernameFragment}`)
      .priority(this.#options.priority ?? candidatePriority('prflx'));
    if (this.controlling) writer.iceControlling(this.#tieBreaker);
    else writer.iceControlled(this.#tieBreaker);
    if (this.controlling && this.#nominates()) writer.useCandidate();
    return writer.messageIntegrity(this.#remote.password).fingerprint().finish();
  }

  #nominates(): boolean {
    const mode = this.#options.nominate ?? 'every';
    return mode === 'every' || (mode === 'after-answer') === this.connected;
  }

  /** Answers a check of a server that is not lite. */
  #answer(datagram: Uint8Array, request: StunMessage): Uint8Array | null {
    const name = `${this.#local.usernameFragment}:${this.#remote.usernameFragment}`;
    const from = this.#options.remoteAddress;
    if (
      from === undefined ||
      request.username !== name ||
      !hasValidIntegrity(datagram, request, this.#local.password)
    ) {
      this.counters.ignored++;
      return null;
    }
    return new StunWriter(StunType.BindingSuccess, request.transactionId)
      .xorMappedAddress(from)
      .messageIntegrity(this.#local.password)
      .fingerprint()
      .finish();
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
