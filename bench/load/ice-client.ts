/**
 * The client's end of ICE towards a lite server: one controlling agent with one pair. Checks a known remote
 * candidate until it answers, nominates it, and keeps consent fresh (RFC 7675). No socket and no clock of its own.
 */
import type { SocketAddress } from '../../src/packet-io/packet-io.ts';
import { candidatePriority } from '../../src/webrtc/ice/candidate.ts';
import type { IceCredentials } from '../../src/webrtc/ice/ice-lite-agent.ts';
import { StunErrorCode, StunType } from '../../src/webrtc/ice/stun-format.ts';
import { hasValidIntegrity, parseStun } from '../../src/webrtc/ice/stun-message.ts';
import { StunWriter } from '../../src/webrtc/ice/stun-writer.ts';

export interface IceControllingProbeOptions {
  readonly local: IceCredentials;
  readonly remote: IceCredentials;
  /** Uniform 32-bit integers, for transaction ids and the tie-breaker. */
  readonly randomUint32: () => number;
  /** Between consent checks. Default 2500 ms, as Chrome does. */
  readonly checkIntervalMs?: number;
  /** `every` check nominates (as Firefox does while connecting), or only those after a first answer (as Chrome). */
  readonly nominate?: 'every' | 'after-answer';
  /** PRIORITY to send; default: that of a peer-reflexive candidate. */
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

export class IceControllingProbe {
  state: 'checking' | 'connected' | 'failed' = 'checking';
  /** Our address as the server sees it, once it has answered. */
  mappedAddress: SocketAddress | null = null;
  /** Round trip of the latest answered check; NaN before. */
  roundTripMs = Number.NaN;
  controlling: boolean;
  readonly counters = { sent: 0, answered: 0, refused: 0, ignored: 0 };

  #local: IceCredentials;
  #remote: IceCredentials;
  readonly #options: IceControllingProbeOptions;
  readonly #tieBreaker: bigint;
  readonly #checkIntervalMs: number;
  /** Hex transaction id → when it was sent. */
  readonly #outstanding = new Map<string, number>();
  #startedAt = Number.NaN;
  #lastAnswerAt = Number.NaN;
  #nextCheckAt = Number.NEGATIVE_INFINITY;
  #retransmissionMs = initialRetransmissionMs;
  #pending: Uint8Array | null = null;

  constructor(options: IceControllingProbeOptions) {
    this.#options = options;
    this.#local = options.local;
    this.#remote = options.remote;
    this.#checkIntervalMs = options.checkIntervalMs ?? 2500;
    this.#tieBreaker = (BigInt(options.randomUint32()) << 32n) | BigInt(options.randomUint32());
    this.controlling = !options.controlled;
  }

  /** New credentials of both ends, after an ICE restart; checks begin anew at once. */
  restart(local: IceCredentials, remote: IceCredentials): void {
    this.#local = local;
    this.#remote = remote;
    this.#outstanding.clear();
    this.#startedAt = Number.NaN;
    this.#checkAgain();
    this.state = 'checking';
  }

  /** The next datagram to send to the server, or null. */
  takeDatagram(): Uint8Array | null {
    const datagram = this.#pending;
    this.#pending = null;
    return datagram;
  }

  /** Takes a STUN message from the server; everything but an authentic answer is ignored. */
  handleStun(now: number, datagram: Uint8Array): void {
    const message = parseStun(datagram);
    const id = message === null ? '' : hexOf(message.transactionId);
    const sentAt = this.#outstanding.get(id);
    if (
      message === null ||
      sentAt === undefined ||
      !hasValidIntegrity(datagram, message, this.#remote.password)
    ) {
      this.counters.ignored++;
      return;
    }
    this.#outstanding.delete(id);
    if (message.type === StunType.BindingSuccess) this.#answered(now, sentAt, message.xorMappedAddress);
    else {
      this.counters.refused++;
      if (message.errorCode !== StunErrorCode.RoleConflict) return;
      // RFC 8445 7.2.5.1: change the role and check again.
      this.controlling = !this.controlling;
      this.#checkAgain();
    }
  }

  /** When handleTimeout() is next due, in ms; -Infinity before the first check, Infinity after failure. */
  nextDeadline(): number {
    return this.state === 'failed' ? Number.POSITIVE_INFINITY : this.#nextCheckAt;
  }

  /** Sends the check that is due: drain takeDatagram() afterwards. */
  handleTimeout(now: number): void {
    if (now < this.nextDeadline()) return;
    if (Number.isNaN(this.#startedAt)) {
      this.#startedAt = now;
      this.#lastAnswerAt = now;
    }
    if (now - this.#lastAnswerAt >= consentTimeoutMs) {
      this.state = 'failed';
      return;
    }
    // An answer moves this to the next consent check.
    this.#nextCheckAt = now + this.#retransmissionMs;
    this.#retransmissionMs = Math.min(2 * this.#retransmissionMs, longestRetransmissionMs);
    this.#pending = this.#check(now);
  }

  #answered(now: number, sentAt: number, mappedAddress: SocketAddress | null): void {
    this.counters.answered++;
    this.mappedAddress = mappedAddress;
    this.roundTripMs = now - sentAt;
    this.#lastAnswerAt = now;
    this.#outstanding.clear();
    if (this.state === 'checking' && this.#options.nominate === 'after-answer') this.#checkAgain();
    else this.#nextCheckAt = now + this.#checkIntervalMs;
    this.#retransmissionMs = initialRetransmissionMs;
    this.state = 'connected';
  }

  #checkAgain(): void {
    this.#nextCheckAt = Number.NEGATIVE_INFINITY;
    this.#retransmissionMs = initialRetransmissionMs;
  }

  #check(now: number): Uint8Array {
    const transactionId = new Uint8Array(12);
    const view = new DataView(transactionId.buffer);
    for (let offset = 0; offset < 12; offset += 4) view.setUint32(offset, this.#options.randomUint32());
    if (this.#outstanding.size >= maxOutstanding)
      this.#outstanding.delete(this.#outstanding.keys().next().value!);
    this.#outstanding.set(hexOf(transactionId), now);
    this.counters.sent++;
    const writer = new StunWriter(StunType.BindingRequest, transactionId)
      .username(`${this.#remote.usernameFragment}:${this.#local.usernameFragment}`)
      .priority(this.#options.priority ?? candidatePriority('prflx'));
    if (this.controlling) writer.iceControlling(this.#tieBreaker);
    else writer.iceControlled(this.#tieBreaker);
    const nominates = this.#options.nominate !== 'after-answer' || this.state === 'connected';
    if (this.controlling && nominates) writer.useCandidate();
    return writer.messageIntegrity(this.#remote.password).fingerprint().finish();
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
