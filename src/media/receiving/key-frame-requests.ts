import { writeFullIntraRequest, writePictureLoss } from '../rtcp/rtcp-writer.ts';
import { TimerName } from '../timer-table.ts';
import type { TransportLink } from '../transport-link.ts';

/** A request that no key frame answered is repeated while somebody waits: a PLI may get lost. */
const unansweredRetryMs = 1000;

/**
 * At least this long between requests for different encodings of a track, in ms: libwebrtc ignores one that comes
 * within 300 ms of the last, whichever encoding it is for.
 */
const encodingSpacingMs = 350;

/** When any encoding of a track was last asked for a key frame. */
export class KeyFrameSpacing {
  lastSentMs = Number.NEGATIVE_INFINITY;
}

/** Asks the publisher of one stream for key frames: many requests become one, and no two come close together. */
export class KeyFrameRequests {
  /** Requests sent. */
  sent = 0;

  readonly #link: TransportLink;
  readonly #spacing: KeyFrameSpacing;
  readonly #useFullIntraRequest: () => boolean;
  #lastSentMs = Number.NEGATIVE_INFINITY;
  #wanted = false;
  #unanswered = false;
  #command = 0;

  /** `spacing` is shared by the encodings of a track. */
  constructor(link: TransportLink, spacing: KeyFrameSpacing, useFullIntraRequest: () => boolean) {
    this.#link = link;
    this.#spacing = spacing;
    this.#useFullIntraRequest = useFullIntraRequest;
  }

  /** Asks for a key frame of `ssrc`, at once or as soon as the interval has passed. */
  request(ssrc: number): void {
    this.#wanted = true;
    const allowedMs = this.#allowedMs();
    if (this.#link.nowMs >= allowedMs) this.#send(ssrc);
    else this.#link.timers.schedule(TimerName.KeyFrame, allowedMs);
  }

  /** A key frame has come: whoever wanted one has it. */
  answered(): void {
    this.#wanted = false;
    this.#unanswered = false;
  }

  /** Sends what is due; `waiting` says whether anyone cannot go on without. */
  handleTimeout(ssrc: number, waiting: boolean): void {
    const dueMs = this.#dueMs();
    if (dueMs === Number.POSITIVE_INFINITY) return;
    if (dueMs > this.#link.nowMs) this.#link.timers.schedule(TimerName.KeyFrame, dueMs);
    else if (this.#wanted || waiting) this.#send(ssrc);
    else this.#unanswered = false;
  }

  #dueMs(): number {
    if (this.#wanted) return this.#allowedMs();
    if (!this.#unanswered) return Number.POSITIVE_INFINITY;
    return Math.max(this.#allowedMs(), this.#lastSentMs + unansweredRetryMs);
  }

  #allowedMs(): number {
    return Math.max(
      this.#lastSentMs + this.#link.options.keyFrameIntervalMs,
      this.#spacing.lastSentMs + encodingSpacingMs,
    );
  }

  #send(ssrc: number): void {
    const link = this.#link;
    this.#wanted = false;
    this.#unanswered = true;
    this.#lastSentMs = link.nowMs;
    this.#spacing.lastSentMs = link.nowMs;
    link.timers.schedule(TimerName.KeyFrame, link.nowMs + unansweredRetryMs);
    if (!link.sendEnabled) return;
    const at = link.beginRtcp();
    const counters = link.context.counters;
    let end: number;
    if (this.#useFullIntraRequest()) {
      this.#command = (this.#command + 1) & 0xff;
      end = writeFullIntraRequest(link.rtcpBytes, at, link.reporterSsrc, ssrc, this.#command);
      counters.firSent++;
    } else {
      end = writePictureLoss(link.rtcpBytes, at, link.reporterSsrc, ssrc);
      counters.pliSent++;
    }
    this.sent++;
    link.endRtcp(at, end);
  }
}
