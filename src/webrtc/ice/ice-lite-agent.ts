/**
 * An ICE-lite agent (RFC 8445 2.5): it only answers the checks of a full, controlling peer, learns the peer's
 * addresses from them and follows its nominations. No socket and no clock of its own.
 */
import { ProtocolError } from '../../errors.ts';
import type { SocketAddress } from '../../packet-io/packet-io.ts';
import { addPair, type CandidatePair, isSamePath } from './candidate-pair.ts';
import { type NominationReason, nominationReason } from './nomination.ts';
import { StunErrorCode, StunType, transactionIdBytes } from './stun-format.ts';
import { hasValidFingerprint, hasValidIntegrity, parseStun, type StunMessage } from './stun-message.ts';
import { splitUsername, type UsernameFragments } from './stun-routing.ts';
import { StunWriter } from './stun-writer.ts';

export interface IceCredentials {
  readonly usernameFragment: string;
  readonly password: string;
}

export type IceState = 'new' | 'checking' | 'connected' | 'disconnected' | 'failed' | 'closed';

/** Why the state is `failed`. */
export type IceFailure =
  /** No authenticated check came in time. */
  | 'no-checks'
  /** Checks came, but none nominated a pair in time. */
  | 'not-nominated'
  /** The peer was connected and stopped checking. */
  | 'checks-stopped';

/** What nextDeadline() waits for. */
export type IceDeadlineReason = 'connect' | 'nominate' | 'disconnect' | 'fail' | 'keepalive' | 'none';

export interface IceLiteAgentOptions {
  readonly local: IceCredentials;
  /**
   * Without a check for this long, the state becomes `disconnected`. Default 10 s: Chrome checks every 2.5 s and
   * Firefox every 4 to 6 s (RFC 7675 5.1), so a single lost check never shows.
   */
  readonly disconnectedTimeoutMs?: number;
  /** Without a check for this long, the state becomes `failed`. Default 30 s: consent has expired (RFC 7675 5.1). */
  readonly failedTimeoutMs?: number;
  /** How long a new or restarted session may take until a pair is nominated. Default 30 s, as browsers wait. */
  readonly connectTimeoutMs?: number;
  /**
   * An indication is sent on the selected pair so often, which keeps the bindings of NATs on the way open (RFC 8445
   * 11). Default: never, for the peer's own checks and our answers do the same.
   */
  readonly keepaliveMs?: number;
  /** For the transaction ids of these. */
  readonly randomUint32?: () => number;
  /** Where to count; default counters of the agent's own. */
  readonly counters?: IceCounters;
}

/** STUN messages by what became of them; agents may share one. */
export interface IceCounters {
  /** Valid checks, answered with success. */
  checks: number;
  /** Requests without valid credentials. */
  unauthenticated: number;
  /** Authenticated requests answered with an error. */
  refused: number;
  indications: number;
  malformed: number;
  /** Responses to requests nobody made, and methods other than Binding. */
  ignored: number;
}

export function createIceCounters(): IceCounters {
  return { checks: 0, unauthenticated: 0, refused: 0, indications: 0, malformed: 0, ignored: 0 };
}

const defaultDisconnectedTimeoutMs = 10_000;
const defaultFailedTimeoutMs = 30_000;
const defaultConnectTimeoutMs = 30_000;

/** One pair of credentials and what was learnt under it; an ICE restart begins another. */
interface IceSession {
  readonly local: IceCredentials;
  /** The bytes of the local password. */
  readonly key: Uint8Array;
  /** Null until the peer's description is known; its checks may come before. */
  remote: IceCredentials | null;
  readonly pairs: CandidatePair[];
  nominated: CandidatePair | null;
  allChecksNominate: boolean;
}

export class IceLiteAgent {
  /** The selected pair is another one: send there from now on. */
  onSelectedPair: (pair: CandidatePair) => void = () => {};
  /** An address has proved to be the peer's: take media and DTLS from it. */
  onValidatedPair: (pair: CandidatePair) => void = () => {};
  onStateChange: (state: IceState) => void = () => {};
  /** A message of our own is to be sent on the selected pair. */
  onSend: (pair: CandidatePair, datagram: Uint8Array) => void = () => {};

  /** Binding requests by what became of them, and other messages; all from the peer or somebody posing as it. */
  readonly counters: IceCounters;

  readonly #disconnectedTimeoutMs: number;
  readonly #failedTimeoutMs: number;
  readonly #connectTimeoutMs: number;
  readonly #keepaliveMs: number;
  readonly #randomUint32: () => number;
  #keepaliveAt = Number.POSITIVE_INFINITY;
  #state: IceState = 'new';
  #failure: IceFailure | null = null;
  #selected: CandidatePair | null = null;
  #selectedReason: NominationReason | null = null;
  #session: IceSession;
  /** After a restart, the session before it, until the first check of the new one. */
  #previous: IceSession | null = null;
  #lastCheckAt = Number.NEGATIVE_INFINITY;
  /** Until when a session without checks is not given up; null until the clock has been seen. */
  #patienceUntil: number | null = Number.NEGATIVE_INFINITY;
  /** Until when a restarted session that is being checked has to nominate a pair. */
  #nominateBy = Number.POSITIVE_INFINITY;

  constructor(options: IceLiteAgentOptions) {
    this.#disconnectedTimeoutMs = options.disconnectedTimeoutMs ?? defaultDisconnectedTimeoutMs;
    this.#failedTimeoutMs = options.failedTimeoutMs ?? defaultFailedTimeoutMs;
    this.#connectTimeoutMs = options.connectTimeoutMs ?? defaultConnectTimeoutMs;
    this.#keepaliveMs = options.keepaliveMs || Number.POSITIVE_INFINITY;
    this.#randomUint32 = options.randomUint32 ?? (() => 0);
    this.counters = options.counters ?? createIceCounters();
    this.#session = newSession(options.local);
  }

  get state(): IceState {
    return this.#state;
  }

  /** Set while the state is `failed`. */
  get failure(): IceFailure | null {
    return this.#failure;
  }

  /** Where to send; after a restart still the old pair until the new session has one. */
  get selected(): CandidatePair | null {
    return this.#selected;
  }

  get selectedReason(): NominationReason | null {
    return this.#selectedReason;
  }

  /** The credentials to put into descriptions. */
  get local(): IceCredentials {
    return this.#session.local;
  }

  /** Every local user name fragment that checks may be addressed to. */
  get localUsernameFragments(): string[] {
    const sessions = this.#previous === null ? [this.#session] : [this.#session, this.#previous];
    return sessions.map((session) => session.local.usernameFragment);
  }

  /** Pairs known in the session in force. */
  get pairs(): readonly CandidatePair[] {
    return this.#session.pairs;
  }

  /**
   * The peer's credentials of the session in force; begins to wait for checks. Repeating them changes nothing.
   * Ask nextDeadline() afterwards: the wait begins when handleTimeout() or a check tells the time.
   * @throws ProtocolError unsupported-sdp where the peer is lite too: nobody would send checks (RFC 8445 6.1.1)
   */
  setRemote(remote: IceCredentials & { readonly iceLite?: boolean }): void {
    if (remote.iceLite) {
      throw new ProtocolError('unsupported-sdp', 'Both ends are ICE-lite: neither would check connectivity.');
    }
    this.#session.remote = { usernameFragment: remote.usernameFragment, password: remote.password };
    if (this.#state !== 'new') return;
    this.#patienceUntil = null;
    this.#setState('checking');
  }

  /**
   * Begins an ICE restart (RFC 8445 9). The old credentials are answered and media goes on over the old pair until
   * the peer checks with the new ones. Call setRemote() when its new credentials are known.
   */
  restart(local: IceCredentials, now: number): void {
    if (this.#state === 'closed') return;
    // A second restart before the first was taken up: the peer still checks with the older credentials.
    if (this.#previous === null && this.#lastCheckAt !== Number.NEGATIVE_INFINITY)
      this.#previous = this.#session;
    this.#session = newSession(local);
    this.#patienceUntil = now + this.#connectTimeoutMs;
    this.#nominateBy = Number.POSITIVE_INFINITY;
    if (this.#state === 'failed') this.#setState('checking');
  }

  /**
   * Takes a STUN message that came to `socket` from `from`. Returns the response to send back there, or null.
   * Never throws for what the message holds, and changes nothing unless it is authenticated.
   */
  handleStun(now: number, datagram: Uint8Array, socket: number, from: SocketAddress): Uint8Array | null {
    if (this.#state === 'closed' || this.#state === 'failed') return null;
    const message = parseStun(datagram);
    if (message === null || (message.fingerprintOffset >= 0 && !hasValidFingerprint(datagram, message))) {
      this.counters.malformed++;
      return null;
    }
    if (message.type !== StunType.BindingRequest) {
      // Indications keep a NAT binding open and are not answered (RFC 8445 11); responses are to nothing we sent.
      if (message.type === StunType.BindingIndication) this.counters.indications++;
      else this.counters.ignored++;
      return null;
    }
    const session = this.#authenticate(datagram, message);
    if (typeof session === 'number') {
      this.counters.unauthenticated++;
      return errorResponse(message, session).fingerprint().finish();
    }
    return this.#refusal(message, session) ?? this.#acceptCheck(now, message, session, socket, from);
  }

  /** Engine time in ms at which handleTimeout() is next due, or Infinity. */
  nextDeadline(): number {
    switch (this.#state) {
      case 'checking':
        // Due at once: what is missing is the time.
        return this.#patienceUntil ?? Number.NEGATIVE_INFINITY;
      case 'connected':
        return Math.min(this.#disconnectAt(), this.#nominateBy, this.#keepaliveAt);
      case 'disconnected':
        return Math.min(this.#failAt(), this.#nominateBy, this.#keepaliveAt);
      default:
        return Number.POSITIVE_INFINITY;
    }
  }

  /** What nextDeadline() is for. */
  get deadlineReason(): IceDeadlineReason {
    if (this.#state === 'checking') return 'connect';
    if (this.#state !== 'connected' && this.#state !== 'disconnected') return 'none';
    const next = this.nextDeadline();
    if (next === this.#nominateBy) return 'nominate';
    if (next === this.#keepaliveAt) return 'keepalive';
    return this.#state === 'connected' ? 'disconnect' : 'fail';
  }

  handleTimeout(now: number): void {
    if (this.#patienceUntil === null) this.#patienceUntil = now + this.#connectTimeoutMs;
    if (this.nextDeadline() > now) return;
    if (this.#state === 'checking') {
      this.#fail(this.#session.pairs.length === 0 ? 'no-checks' : 'not-nominated');
    } else if (now >= this.#nominateBy) this.#fail('not-nominated');
    else {
      if (now >= this.#keepaliveAt) this.#sendKeepalive(now);
      if (this.#state === 'connected' && now >= this.#disconnectAt()) this.#setState('disconnected');
      if (this.#state === 'disconnected' && now >= this.#failAt()) this.#fail('checks-stopped');
    }
  }

  /** Answers nothing any more. */
  close(): void {
    this.#setState('closed');
  }

  #disconnectAt(): number {
    return this.#lastCheckAt + this.#disconnectedTimeoutMs;
  }

  /** Without credentials, and never answered (RFC 8445 11). */
  #sendKeepalive(now: number): void {
    this.#keepaliveAt = now + this.#keepaliveMs;
    if (this.#selected === null) return;
    const transactionId = new Uint8Array(transactionIdBytes);
    const view = new DataView(transactionId.buffer);
    for (let at = 0; at < transactionIdBytes; at += 4) view.setUint32(at, this.#randomUint32());
    const indication = new StunWriter(StunType.BindingIndication, transactionId).fingerprint().finish();
    this.onSend(this.#selected, indication);
  }

  /** A restart asked for while disconnected is given its time. */
  #failAt(): number {
    return Math.max(
      this.#lastCheckAt + this.#failedTimeoutMs,
      this.#patienceUntil ?? Number.NEGATIVE_INFINITY,
    );
  }

  /** The session a request belongs to, or the error code that says why it belongs to none (RFC 8489 9.1.3). */
  #authenticate(datagram: Uint8Array, message: StunMessage): IceSession | 400 | 401 {
    if (message.username === null || message.integrityOffset < 0) return StunErrorCode.BadRequest;
    const name = splitUsername(message.username);
    if (name === null) return StunErrorCode.Unauthenticated;
    const session = isNamed(this.#session, name)
      ? this.#session
      : this.#previous !== null && isNamed(this.#previous, name)
        ? this.#previous
        : null;
    if (session === null || !hasValidIntegrity(datagram, message, session.key)) {
      return StunErrorCode.Unauthenticated;
    }
    return session;
  }

  /** The response to an authentic request that cannot be granted; null where it can. */
  #refusal(message: StunMessage, session: IceSession): Uint8Array | null {
    let response: StunWriter | null = null;
    if (message.notUnderstood.length > 0) {
      response = errorResponse(message, StunErrorCode.UnknownAttribute).unknownAttributes(
        message.notUnderstood,
      );
    } else if (message.iceControlled !== null) {
      // RFC 8445 6.1.1: a lite agent is controlled whatever the tie-breakers say; on 487 the peer changes its role.
      response = errorResponse(message, StunErrorCode.RoleConflict);
    }
    if (response === null) return null;
    this.counters.refused++;
    return response.messageIntegrity(session.key).fingerprint().finish();
  }

  #acceptCheck(
    now: number,
    message: StunMessage,
    session: IceSession,
    socket: number,
    from: SocketAddress,
  ): Uint8Array {
    this.counters.checks++;
    this.#lastCheckAt = now;
    if (this.#patienceUntil === null) this.#patienceUntil = now + this.#connectTimeoutMs;
    if (session === this.#session && this.#previous !== null) {
      this.#previous = null;
      this.#nominateBy = now + this.#connectTimeoutMs;
    }
    this.#learn(now, message, session, socket, from);
    if (this.#state === 'new') {
      // The peer has our description already and we not yet its own.
      this.#patienceUntil = now + this.#connectTimeoutMs;
      this.#setState('checking');
    }
    if (this.#selected !== null) {
      // There is a path: from now on it is the checks that are waited for.
      if (session === this.#session) this.#patienceUntil = Number.NEGATIVE_INFINITY;
      if (this.#state === 'checking' || this.#state === 'disconnected') this.#setState('connected');
    }
    return new StunWriter(StunType.BindingSuccess, message.transactionId)
      .xorMappedAddress(from)
      .messageIntegrity(session.key)
      .fingerprint()
      .finish();
  }

  /** Takes from an authentic check which pairs there are and which one is selected. */
  #learn(now: number, message: StunMessage, session: IceSession, socket: number, from: SocketAddress): void {
    let pair = session.pairs.find((known) => isSamePath(known, socket, from));
    const isNewPair = pair === undefined;
    if (pair === undefined) {
      pair = { socket, remote: from, priority: 0, lastCheckAt: now };
      addPair(session.pairs, pair, session.nominated);
      this.onValidatedPair(pair);
    }
    pair.lastCheckAt = now;
    pair.priority = message.priority ?? 0;
    if (!message.useCandidate) session.allChecksNominate = false;
    const reason = nominationReason(session.nominated, pair, {
      now,
      nominates: message.useCandidate,
      isNewPair,
      allChecksNominate: session.allChecksNominate,
    });
    if (reason === null) return;
    session.nominated = pair;
    this.#select(pair, reason);
    if (this.#keepaliveAt === Number.POSITIVE_INFINITY) this.#keepaliveAt = now + this.#keepaliveMs;
    if (session === this.#session) this.#nominateBy = Number.POSITIVE_INFINITY;
  }

  #select(pair: CandidatePair, reason: NominationReason): void {
    const before = this.#selected;
    this.#selected = pair;
    this.#selectedReason = reason;
    if (before === null || !isSamePath(before, pair.socket, pair.remote)) this.onSelectedPair(pair);
  }

  #fail(failure: IceFailure): void {
    this.#failure = failure;
    this.#setState('failed');
  }

  #setState(state: IceState): void {
    if (state === this.#state || this.#state === 'closed') return;
    this.#state = state;
    if (state !== 'failed') this.#failure = null;
    this.onStateChange(state);
  }
}

/** Whether a request with this USERNAME belongs to a session. */
function isNamed({ local, remote }: IceSession, name: UsernameFragments): boolean {
  return (
    local.usernameFragment === name.local && (remote === null || remote.usernameFragment === name.remote)
  );
}

function newSession(local: IceCredentials): IceSession {
  return {
    local,
    key: Buffer.from(local.password),
    remote: null,
    pairs: [],
    nominated: null,
    allChecksNominate: true,
  };
}

const errorReasons: Record<number, string> = {
  [StunErrorCode.BadRequest]: 'Bad Request',
  [StunErrorCode.Unauthenticated]: 'Unauthenticated',
  [StunErrorCode.UnknownAttribute]: 'Unknown Attribute',
  [StunErrorCode.RoleConflict]: 'Role Conflict',
};

function errorResponse(request: StunMessage, code: number): StunWriter {
  return new StunWriter(StunType.BindingError, request.transactionId).errorCode(code, errorReasons[code]);
}
