/**
 * One offer/answer exchange at a time. The page is the impolite side: while an offer of ours is out, an offer of the
 * server is ignored, because the server drops its own, answers ours and offers again afterwards. Everything that
 * touches the peer connection's descriptions goes through one queue, in the order it came.
 */

/** What negotiation does to the peer connection. */
export interface NegotiationPeer {
  /** Makes an offer, sets it as local description and returns its SDP. */
  createOffer(): Promise<string>;
  /** Sets the server's offer, answers it and returns the answer's SDP. */
  answerOffer(sdp: string): Promise<string>;
  acceptAnswer(sdp: string): Promise<void>;
  addCandidate(candidate: RTCIceCandidateInit): Promise<void>;
}

export interface NegotiationEvents {
  sendOffer(sdp: string): void;
  sendAnswer(sdp: string): void;
  /** An exchange is complete, whoever began it. */
  settled(): void;
  /** The connection can no longer be negotiated; nothing more is done until a new one replaces it. */
  failed(error: unknown): void;
}

export class Negotiation {
  readonly #peer: NegotiationPeer;
  readonly #events: NegotiationEvents;
  #tail: Promise<void> = Promise.resolve();
  #awaitingAnswer = false;
  #needed = false;
  #offerQueued = false;
  #closed = false;

  constructor(peer: NegotiationPeer, events: NegotiationEvents) {
    this.#peer = peer;
    this.#events = events;
  }

  /** An offer of ours is out. */
  get awaitingAnswer(): boolean {
    return this.#awaitingAnswer;
  }

  /** The connection wants an offer: made as soon as no exchange is under way; several wishes make one offer. */
  request(): void {
    this.#needed = true;
    if (this.#awaitingAnswer || this.#offerQueued) return;
    this.#offerQueued = true;
    this.#enqueue(async () => {
      this.#offerQueued = false;
      if (!this.#needed || this.#awaitingAnswer) return;
      this.#needed = false;
      // From here on a server offer is late, although it may be handled only after ours has been made.
      this.#awaitingAnswer = true;
      const sdp = await this.#peer.createOffer();
      if (!this.#closed) this.#events.sendOffer(sdp);
    });
  }

  /** @param applied called when the offer was taken, not when it was ignored */
  receiveOffer(sdp: string, applied?: () => void): void {
    this.#enqueue(async () => {
      if (this.#awaitingAnswer) return;
      const answer = await this.#peer.answerOffer(sdp);
      if (this.#closed) return;
      this.#events.sendAnswer(answer);
      applied?.();
      this.#events.settled();
    });
  }

  /** @param applied called when the answer was taken, not when it came too late */
  receiveAnswer(sdp: string, applied?: () => void): void {
    this.#enqueue(async () => {
      if (!this.#awaitingAnswer) return;
      await this.#peer.acceptAnswer(sdp);
      if (this.#closed) return;
      this.#awaitingAnswer = false;
      applied?.();
      this.#events.settled();
      if (this.#needed) this.request();
    });
  }

  /** A candidate of an ignored offer or a dropped generation is refused by the browser; that is no failure. */
  receiveCandidate(candidate: RTCIceCandidateInit): void {
    this.#enqueue(() => this.#peer.addCandidate(candidate).catch(() => {}));
  }

  /** Nothing is sent or reported any more. */
  close(): void {
    this.#closed = true;
  }

  /** Resolves when everything queued so far is done. */
  idle(): Promise<void> {
    return this.#tail;
  }

  #enqueue(task: () => Promise<void>): void {
    this.#tail = this.#tail.then(async () => {
      if (this.#closed) return;
      try {
        await task();
      } catch (error) {
        if (this.#closed) return;
        this.#closed = true;
        this.#events.failed(error);
      }
    });
  }
}
