import type { MediaKind, ReceiveParameters, SendParameters } from '../../media/rtp-parameters.ts';
import { receives, sends } from './direction.ts';
import { maxMsidLength } from './sdp-limits.ts';
import type { Direction, Msid } from './session-description.ts';

/** Why a transceiver carries nothing any more. */
export type StopReason =
  /** stop() was called here. */
  | 'stopped'
  /** The remote took its line back (port 0 in its offer). */
  | 'remote-stopped'
  /** The remote refused the line we offered (port 0 in its answer). */
  | 'remote-rejected'
  | 'no-common-codec'
  /** The remote's line is not in the BUNDLE group that is used. */
  | 'not-bundled'
  | 'rtcp-mux-missing'
  /** The m-line's protocol is not a profile of RTP. */
  | 'protocol-not-supported'
  /** The remote's offer that brought it was rolled back. */
  | 'rolled-back'
  | 'closed';

export interface LocalMsid {
  readonly streamId: string;
  readonly trackId: string;
}

/**
 * One m-line that carries audio or video: what we want of it and what was agreed. Callers set `direction` and
 * `msid` and call stop(); the other fields are written by the Negotiator.
 */
export class Transceiver {
  readonly kind: MediaKind;
  /** null until the line is first in a description. */
  mid: string | null = null;
  /** The mid of the m-line that has it: `mid`, but for the further tracks of an m-line of Plan B. */
  sectionMid: string | null = null;
  /** Our direction as last agreed; null before the first agreement and when stopped. */
  currentDirection: Direction | null = null;
  /** The remote's direction in its last description, as the remote sees it; null before there is one. */
  remoteDirection: Direction | null = null;
  /** Whether the remote said it sends when last it was free to: in an offer, or an answer to one that let it. */
  remoteWouldSend = false;
  stopReason: StopReason | null = null;
  /** What the remote announces; null while it sends nothing, or announces nothing. */
  remoteMsid: Msid | null = null;
  /** How to receive what the remote sends; another object whenever something in it changed. */
  receive: ReceiveParameters | null = null;
  /** How to send to the remote; another object whenever something in it changed. */
  send: SendParameters | null = null;
  /** Allocated when first needed and kept; -1 before. */
  ssrc = -1;
  rtxSsrc = -1;
  /** The most the remote is told to send on the line (b=AS), in kbit/s; null for saying nothing. */
  maxReceiveKbps: number | null = null;
  /** Added to the announced track id where another line announces the same; see distinguishMsids(). */
  trackIdSuffix = '';
  #direction: Direction;
  #msid: LocalMsid | null = null;

  constructor(kind: MediaKind, direction: Direction) {
    this.kind = kind;
    this.#direction = direction;
  }

  /** What we want. A change takes effect with the next answer or offer of ours. */
  get direction(): Direction {
    return this.#direction;
  }

  set direction(direction: Direction) {
    if (!this.stopped) this.#direction = direction;
  }

  /** What we announce when sending. Characters a=msid cannot carry become "_". */
  get msid(): LocalMsid | null {
    return this.#msid;
  }

  set msid(msid: LocalMsid | null) {
    this.trackIdSuffix = '';
    this.#msid = msid && { streamId: msidToken(msid.streamId), trackId: msidToken(msid.trackId) };
  }

  get stopped(): boolean {
    return this.stopReason !== null;
  }

  /** Whether it is of an m-line of Plan B that has another track before: it cannot be refused alone. */
  get isFurtherTrack(): boolean {
    return this.sectionMid !== null && this.sectionMid !== this.mid;
  }

  /** Whether the remote is ready to receive on this line. */
  get remoteReceives(): boolean {
    return !this.stopped && this.remoteDirection !== null && receives(this.remoteDirection);
  }

  /** Whether the remote says it sends on this line. */
  get remoteSends(): boolean {
    return !this.stopped && this.remoteDirection !== null && sends(this.remoteDirection);
  }

  /** Ends the line for good: media at once, the line itself with the next answer or offer. */
  stop(): void {
    this.end('stopped');
  }

  /**
   * What is sent next is another source (RFC 3550), with sequence numbers of its own: it gets SSRCs no packet has
   * gone out under. Only while nothing is sent.
   */
  renewSource(): void {
    this.ssrc = -1;
    this.rtxSsrc = -1;
  }

  /** Used by the Negotiator; the first reason stays. */
  end(reason: StopReason): void {
    if (this.stopped) return;
    this.#direction = 'inactive';
    this.stopReason = reason;
    this.currentDirection = null;
    this.receive = null;
    this.send = null;
  }
}

/** RFC 8830: a token of RFC 8866 §9. */
function msidToken(text: string): string {
  return text.slice(0, maxMsidLength).replace(/[^!#-'*+\-.0-9A-Z^-~]/g, '_') || '_';
}
