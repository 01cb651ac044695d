/** Offers and answers of one client: what the state machine decides is done to its participant and said on its socket. */
import { ProtocolError, UserError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { Participant } from '../../rooms/participant.ts';
import { candidateMessage } from './candidate-message.ts';
import type { NamedTimers } from './named-timers.ts';
import { Negotiation } from './negotiation.ts';
import { formatError, formatServerMessage, type ServerMessages } from './server-message.ts';
import type { TalksyTimings, Time } from './timings.ts';

/** What negotiation needs of a participant. */
export type NegotiatingParticipant = Pick<
  Participant,
  | 'negotiationNeeded'
  | 'answerOffer'
  | 'createOffer'
  | 'acceptAnswer'
  | 'addRemoteCandidate'
  | 'localCandidates'
  | 'localIceCredentials'
>;

export interface ClientNegotiationOptions {
  readonly time: Time;
  readonly timings: TalksyTimings;
  readonly timers: NamedTimers;
  readonly log: Logger;
  /** Makes the client a participant, who answers its first offer. @throws ProtocolError, UserError */
  readonly join: (sdp: string) => { readonly participant: NegotiatingParticipant; readonly answer: string };
  readonly send: (text: string) => void;
  /** The client does not answer. */
  readonly giveUp: () => void;
}

const timerName = 'negotiation';

export class ClientNegotiation {
  readonly #options: ClientNegotiationOptions;
  readonly #machine: Negotiation;
  #participant: NegotiatingParticipant | null = null;

  constructor(options: ClientNegotiationOptions) {
    this.#options = options;
    this.#machine = new Negotiation(options.timings);
  }

  connected(): void {
    this.#machine.connected(this.#now);
    this.#rearm();
  }

  /** The participant has something to offer. */
  changed(): void {
    this.#machine.changed(this.#now);
    this.#rearm();
  }

  asked(): void {
    this.#send('allow_renegotiation', this.#machine.asked(this.#now));
    this.#rearm();
  }

  receiveOffer(sdp: string): void {
    const { log, send } = this.#options;
    try {
      if (this.#participant === null) this.#joinWith(sdp);
      else this.#send('answer', { type: 'answer', sdp: this.#participant.answerOffer(sdp) });
      this.#machine.offerAnswered(this.#now);
    } catch (error) {
      if (!(error instanceof ProtocolError || error instanceof UserError)) throw error;
      log.info({ code: error.code, reason: error.message }, 'offer refused');
      send(formatError(error.message));
      this.#machine.offerRefused(this.#now);
    }
    this.#rearm();
  }

  /** Ignored where none is waited for: a late one, to an offer that the client's own made void. */
  receiveAnswer(sdp: string): void {
    if (this.#participant === null || this.#machine.state !== 'server-turn') return;
    try {
      this.#participant.acceptAnswer(sdp);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#options.log.info({ reason: error.message }, 'answer refused');
      return;
    }
    if (this.#machine.answerAccepted(this.#now)) this.#send('allow_renegotiation', 'ok');
    this.#rearm();
  }

  /** The server is ICE-lite, so a candidate is looked at and left; before the first offer, not even that. */
  receiveCandidate(candidate: string): void {
    try {
      this.#participant?.addRemoteCandidate(candidate);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#options.log.debug({ reason: error.message }, 'candidate ignored');
    }
  }

  #joinWith(sdp: string): void {
    const { participant, answer } = this.#options.join(sdp);
    this.#participant = participant;
    this.#send('answer', { type: 'answer', sdp: answer });
    // Behind the answer: a browser refuses candidates before it. They belong to all lines, so once is enough.
    const { usernameFragment } = participant.localIceCredentials;
    for (const candidate of participant.localCandidates)
      this.#send('candidate', candidateMessage(candidate, usernameFragment));
  }

  /** Sets the one timer to what the machine waits for. */
  #rearm(): void {
    const { timers } = this.#options;
    const { deadlineMs } = this.#machine;
    if (deadlineMs === Number.POSITIVE_INFINITY) timers.cancel(timerName);
    else timers.schedule(timerName, Math.max(0, deadlineMs - this.#now), () => this.#timeout());
  }

  #timeout(): void {
    const step = this.#machine.handleTimeout(this.#now);
    if (step === 'give-up') this.#options.giveUp();
    else if (step === 'offer') this.#offer();
    this.#rearm();
  }

  #offer(): void {
    if (this.#participant?.negotiationNeeded === true)
      this.#send('offer', { type: 'offer', sdp: this.#participant.createOffer() });
    else this.#machine.offerWithdrawn(this.#now);
  }

  get #now(): number {
    return this.#options.time.now();
  }

  #send<Type extends keyof ServerMessages>(type: Type, data: ServerMessages[Type]): void {
    this.#options.send(formatServerMessage(type, data));
  }
}
