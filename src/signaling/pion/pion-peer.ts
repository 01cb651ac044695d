/**
 * One peer of one socket, and the policy by which offers go back and forth:
 *
 * - Nothing is sent before the client's first offer, and no offer of ours before that was answered and the
 *   connection came up.
 * - Changes are collected for a moment, and one offer of ours is out at most. If it stays unanswered the peer ends.
 * - A client offer that crosses ours wins, unless the client turns out to have taken its own back: browsers do so by
 *   themselves when the shipped client gives them our offer. Its answer to our offer, which it sends right
 *   behind its own, tells. So a crossing offer is held for a moment before ours is dropped for it.
 *
 * Who closes whom: the socket makes its peers leave; a participant that ends by itself ends its peer, and leaves the
 * socket open.
 */
import { ProtocolError, UserError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { CloseReason } from '../../rooms/close-reason.ts';
import { type DemandedPublication, EncodingNews } from './encoding-news.ts';
import { lostLines } from './lost-lines.ts';
import {
  type DirectorySource,
  type DirectorySubscription,
  type RoomDirectory,
  readRoomDirectory,
} from './room-directory.ts';
import { formatServerMessage, type ServerMessages } from './server-message.ts';
import { type ShownSize, ShownSizes, type SizedSubscription } from './shown-sizes.ts';

/** What a peer needs of its participant. */
export interface PeerParticipant extends DirectorySource {
  readonly subscriptions: { values(): Iterable<DirectorySubscription & SizedSubscription> };
  readonly closeReason: CloseReason | null;
  readonly connectionState: string;
  readonly offerPending: boolean;
  readonly negotiationNeeded: boolean;
  readonly localCandidates: readonly { candidate: string; sdpMid: string; sdpMLineIndex: number }[];
  readonly room: DirectorySource['room'] & {
    on(event: RoomChange, listener: () => void): unknown;
    off(event: RoomChange, listener: () => void): unknown;
  };
  answerOffer(sdp: string): string;
  createOffer(): string;
  acceptAnswer(sdp: string): void;
  addRemoteCandidate(candidate: string): void;
  expectMedia(kind: 'audio' | 'video'): void;
  setMuted(mid: string, muted: boolean): void;
  leave(reason: CloseReason): void;
  on(
    event: 'negotiationneeded' | 'connectionstatechange' | 'subscriptionchanged',
    listener: () => void,
  ): unknown;
  on(event: 'closed', listener: (reason: CloseReason) => void): unknown;
  on(event: 'subscriptionchanged', listener: (subscription: SizedSubscription) => void): unknown;
  on(
    event: 'encodingdemandchanged' | 'publicationadded',
    listener: (publication: DemandedPublication) => void,
  ): unknown;
}

type RoomChange = (typeof roomChanges)[number];

export interface PionTimings {
  /** How long changes are collected before an offer. */
  readonly collectMs: number;
  /** How long a crossing offer waits for the answer that says it was taken back. */
  readonly glareMs: number;
  /** How long an offer of ours may stay unanswered. */
  readonly answerTimeoutMs: number;
}

export const defaultTimings: PionTimings = {
  collectMs: 100,
  // A round trip and a browser's renegotiation under load. Costs time only where a client ignores our offer.
  glareMs: 2000,
  answerTimeoutMs: 30_000,
};

export interface PionPeerOptions {
  readonly participant: PeerParticipant;
  readonly roomId: string;
  readonly selfId: string;
  /**
   * The client announced the feature `media`: it is told who is there, it ignores an offer of ours that
   * crosses its own, and it is told errors.
   */
  readonly announced: boolean;
  /** The client announced the feature `encodings`: it is told which of its encodings nobody has use for. */
  readonly stopsEncodings: boolean;
  readonly timings: PionTimings;
  /** Calls `run` once after `delayMs`; returns what cancels it. */
  readonly after: (delayMs: number, run: () => void) => () => void;
  readonly send: (text: string) => void;
  readonly log: Logger;
}

const roomChanges = [
  'participantjoined',
  'participantleft',
  'publicationadded',
  'publicationremoved',
  'publicationchanged',
] as const;

export class PionPeer {
  readonly roomId: string;
  readonly selfId: string;
  readonly announced: boolean;

  readonly #participant: PeerParticipant;
  readonly #options: PionPeerOptions;
  #answered = false;
  #everConnected = false;
  /** A client offer that crossed ours. */
  #heldOffer: string | null = null;
  /** The client's latest description that was agreed. */
  #agreed: string | null = null;
  /** Lines the client lost with an offer it took back. */
  #lost: ('audio' | 'video')[] = [];
  #lastDirectory = '';
  #cancelCollecting: (() => void) | null = null;
  #cancelGlare: (() => void) | null = null;
  #cancelAnswerTimeout: (() => void) | null = null;
  readonly #onChange = () => this.#changed();
  readonly #shown: ShownSizes;

  constructor(options: PionPeerOptions) {
    this.roomId = options.roomId;
    this.selfId = options.selfId;
    this.announced = options.announced;
    this.#options = options;
    const { participant } = options;
    this.#participant = participant;
    participant.on('negotiationneeded', this.#onChange);
    participant.on('connectionstatechange', () => this.#connectionStateChanged());
    participant.on('closed', () => this.#stop());
    this.#shown = new ShownSizes(participant.subscriptions);
    participant.on('subscriptionchanged', (subscription) => this.#shown.apply(subscription));
    if (options.stopsEncodings) this.#tellUnusedEncodings();
    if (!options.announced) return;
    participant.on('subscriptionchanged', this.#onChange);
    for (const change of roomChanges) participant.room.on(change, this.#onChange);
  }

  /** An offer of ours is out. */
  get awaitsAnswer(): boolean {
    return this.#participant.offerPending;
  }

  /** @throws ProtocolError for an unusable SDP; the session goes on as it was */
  receiveOffer(sdp: string): void {
    const crossed = this.#participant.offerPending && this.#heldOffer === null;
    if (crossed && !this.announced) {
      this.#heldOffer = sdp;
      this.#cancelGlare = this.#options.after(this.#options.timings.glareMs, () => this.#answerHeldOffer());
      return;
    }
    // A second offer behind a held one: this client has not taken ours, and will not.
    this.#dropHeldOffer();
    this.#answer(sdp);
  }

  /** A late answer, to an offer that was dropped, is ignored. @throws ProtocolError for an unusable SDP */
  receiveAnswer(sdp: string): void {
    if (!this.#participant.offerPending) {
      this.#options.log.debug(this.#fields(), 'answer without an offer ignored');
      return;
    }
    this.#participant.acceptAnswer(sdp);
    this.#cancelAnswerTimeout?.();
    this.#cancelAnswerTimeout = null;
    const lost = this.#dropHeldOffer();
    if (lost !== null) this.#lost = lostLines(lost, this.#agreed);
    this.#agreed = sdp;
    this.#changed();
  }

  /** @throws ProtocolError `malformed-candidate` */
  receiveCandidate(candidate: string): void {
    this.#participant.addRemoteCandidate(candidate);
  }

  setMuted(mid: string, muted: boolean): void {
    this.#participant.setMuted(mid, muted);
  }

  /** How large the client shows what it receives. */
  setShown(sizes: readonly ShownSize[]): void {
    this.#shown.set(sizes);
  }

  leave(reason: CloseReason): void {
    this.#participant.leave(reason);
  }

  /** Only clients that announced themselves know this message. */
  sendError(code: string, message: string): void {
    if (!this.announced) return;
    this.#send('error', { code, message, self_id: this.selfId, room_id: this.roomId });
  }

  #answer(sdp: string): void {
    let answer: string;
    try {
      answer = this.#participant.answerOffer(sdp);
    } finally {
      if (!this.#participant.offerPending) {
        this.#cancelAnswerTimeout?.();
        this.#cancelAnswerTimeout = null;
      }
      this.#changed();
    }
    this.#agreed = sdp;
    this.#lost = [];
    this.#send('answer', { type: 'answer', sdp: answer, ...this.#directory() });
    if (!this.#answered) {
      // Behind the answer: a browser refuses candidates before it. They belong to all lines, so once is enough.
      for (const candidate of this.#participant.localCandidates) {
        this.#send('candidate', { ...candidate, usernameFragment: null });
      }
    }
    this.#answered = true;
    this.#changed();
  }

  #answerHeldOffer(): void {
    const offer = this.#dropHeldOffer();
    if (offer === null) return;
    try {
      this.#answer(offer);
    } catch (error) {
      this.#failed(error, 'crossing offer');
    }
  }

  #dropHeldOffer(): string | null {
    const offer = this.#heldOffer;
    this.#heldOffer = null;
    this.#cancelGlare?.();
    this.#cancelGlare = null;
    return offer;
  }

  /** Something the client has to know may have changed. */
  #changed(): void {
    if (!this.#answered || this.#cancelCollecting !== null || this.#participant.closeReason !== null) return;
    this.#cancelCollecting = this.#options.after(this.#options.timings.collectMs, () => {
      this.#cancelCollecting = null;
      try {
        if (this.#mayOffer()) this.#offer();
        this.#announce();
      } catch (error) {
        this.#failed(error, 'offer');
      }
    });
  }

  #mayOffer(): boolean {
    const { offerPending, negotiationNeeded } = this.#participant;
    return this.#everConnected && !offerPending && (negotiationNeeded || this.#lost.length > 0);
  }

  #offer(): void {
    for (const kind of this.#lost.splice(0)) this.#participant.expectMedia(kind);
    if (!this.#participant.negotiationNeeded) return;
    const sdp = this.#participant.createOffer();
    this.#cancelAnswerTimeout = this.#options.after(this.#options.timings.answerTimeoutMs, () => {
      this.#options.log.info(this.#fields(), 'offer stayed unanswered');
      this.#participant.leave('timeout');
    });
    this.#send('offer', {
      type: 'offer',
      sdp,
      self_id: this.selfId,
      room_id: this.roomId,
      ...this.#directory(),
    });
  }

  /** Tells what no offer or answer has told. */
  #announce(): void {
    if (!this.announced) return;
    const previous = this.#lastDirectory;
    const directory = this.#directory();
    if (this.#lastDirectory === previous) return;
    this.#send('media', { ...directory, self_id: this.selfId, room_id: this.roomId });
  }

  #tellUnusedEncodings(): void {
    const { selfId: self_id, roomId: room_id } = this;
    const news = new EncodingNews((mid, unused) =>
      this.#send('encodings', { mid, unused, self_id, room_id }),
    );
    this.#participant.on('encodingdemandchanged', (publication) => news.update(publication));
    this.#participant.on('publicationadded', (publication) => news.update(publication));
  }

  #directory(): RoomDirectory {
    const directory = readRoomDirectory(this.#participant);
    if (this.announced) this.#lastDirectory = JSON.stringify(directory);
    return directory;
  }

  #connectionStateChanged(): void {
    if (this.#participant.connectionState !== 'connected') return;
    this.#everConnected = true;
    this.#changed();
  }

  /** What went wrong in a timer; errors while a message is handled go to the socket. */
  #failed(error: unknown, what: string): void {
    if (error instanceof UserError || error instanceof ProtocolError) {
      this.#options.log.info({ ...this.#fields(), reason: error.message }, `${what} failed`);
      return;
    }
    this.#options.log.error({ ...this.#fields(), err: error }, `bug: ${what} failed`);
    this.#participant.leave('internal-error');
  }

  #stop(): void {
    this.#cancelCollecting?.();
    this.#cancelAnswerTimeout?.();
    this.#dropHeldOffer();
    for (const change of roomChanges) this.#participant.room.off(change, this.#onChange);
  }

  #send<Event extends keyof ServerMessages>(event: Event, data: ServerMessages[Event]): void {
    this.#options.send(formatServerMessage(event, data));
  }

  #fields(): object {
    return { room: this.roomId, participant: this.selfId };
  }
}
