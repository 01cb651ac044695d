/**
 * Who may offer when. A state machine without timers: it is told what happens and the time, says when it wants to be
 * called again, and its answers say what to send.
 *
 *            client asks (true)                      client asks (false, remembered)
 *     IDLE ─────────────────────► CLIENT TURN         SERVER TURN ◄─┐
 *      │ ◄──── its offer is answered, refused,          ▲   │       │ collected
 *      │       or does not come in time                 │   │ answer│
 *      └──────── a change, collected for a moment ──────┘   └──────► IDLE, or CLIENT TURN with "ok" where
 *                                                                    the client was refused before
 *
 * The client offers first: before that is answered and the connection is up, changes wait. A client's offer in the
 * server's turn takes precedence: the server's is void, and made again. There is never more than one "ok" for one
 * refusal, nor a server's offer while a client's turn is due: the shipped page loses its wish then.
 */

export interface NegotiationTimings {
  /** How long changes are collected before an offer. */
  readonly collectMs: number;
  /** How long a client that was allowed to offer may take; the original waits for ever. */
  readonly clientTurnMs: number;
  /** How long an offer of the server may stay unanswered. */
  readonly answerTimeoutMs: number;
}

export type NegotiationState = 'idle' | 'client-turn' | 'server-turn';

/** What is due: an offer to the client, or the end of it for not answering. */
export type NegotiationStep = 'offer' | 'give-up';

const never = Number.POSITIVE_INFINITY;

export class Negotiation {
  state: NegotiationState = 'idle';
  /** When handleTimeout() is wanted, on the clock of the `nowMs` given; Infinity for not at all. */
  deadlineMs = never;

  readonly #timings: NegotiationTimings;
  #connected = false;
  #answered = false;
  #needed = false;
  #refused = false;

  constructor(timings: NegotiationTimings) {
    this.#timings = timings;
  }

  /** The connection has come up for the first time. */
  connected(nowMs: number): void {
    this.#connected = true;
    this.#consider(nowMs);
  }

  /** The client has to be offered something. */
  changed(nowMs: number): void {
    this.#needed = true;
    this.#consider(nowMs);
  }

  /** The client asks whether it may offer. @returns what to reply */
  asked(nowMs: number): boolean {
    if (this.state === 'server-turn') {
      this.#refused = true;
      return false;
    }
    this.#enter('client-turn', nowMs + this.#timings.clientTurnMs);
    return true;
  }

  /** The client's offer has been answered; one of ours that was out is void. */
  offerAnswered(nowMs: number): void {
    this.#answered = true;
    // It has had its turn.
    this.#refused = false;
    if (this.state === 'server-turn') this.#needed = true;
    this.#enter('idle', never);
    this.#consider(nowMs);
  }

  /** The client's offer could not be used. One of ours that is out still stands. */
  offerRefused(nowMs: number): void {
    if (this.state === 'server-turn') return;
    this.#enter('idle', never);
    this.#consider(nowMs);
  }

  /** The client's answer to our offer has been accepted. @returns whether to tell it `ok` */
  answerAccepted(nowMs: number): boolean {
    if (this.state !== 'server-turn') return false;
    if (this.#refused) {
      this.#refused = false;
      this.#enter('client-turn', nowMs + this.#timings.clientTurnMs);
      return true;
    }
    this.#enter('idle', never);
    this.#consider(nowMs);
    return false;
  }

  /** There was nothing to offer after all. */
  offerWithdrawn(nowMs: number): void {
    this.#enter('idle', never);
    this.#consider(nowMs);
  }

  /** @returns what is to be done now, if anything is */
  handleTimeout(nowMs: number): NegotiationStep | null {
    if (nowMs < this.deadlineMs) return null;
    switch (this.state) {
      case 'idle':
        this.#needed = false;
        this.#enter('server-turn', nowMs + this.#timings.answerTimeoutMs);
        return 'offer';
      case 'client-turn':
        this.#enter('idle', never);
        this.#consider(nowMs);
        return null;
      case 'server-turn':
        this.deadlineMs = never;
        return 'give-up';
    }
  }

  #enter(state: NegotiationState, deadlineMs: number): void {
    this.state = state;
    this.deadlineMs = deadlineMs;
  }

  /** Starts to collect, where a round is due and may begin. */
  #consider(nowMs: number): void {
    if (this.state !== 'idle' || this.deadlineMs !== never) return;
    if (this.#needed && this.#connected && this.#answered) this.deadlineMs = nowMs + this.#timings.collectMs;
  }
}
