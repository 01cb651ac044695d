/** The state of the page's link to its room, as a pure reduction: what happened → what to show and when to retry. */

export type LinkPhase =
  /** First attempt under way. */
  | 'connecting'
  | 'connected'
  /** Media is interrupted; the same connection may come back. */
  | 'unstable'
  /** Waiting for the moment of the next attempt. */
  | 'waiting'
  /** A further attempt under way. */
  | 'reconnecting'
  /** Over, and nothing is retried by itself. */
  | 'ended';

export type LinkReason =
  | 'server-unreachable'
  | 'server-closed'
  | 'no-answer'
  | 'negotiation-failed'
  | 'media-failed'
  | 'media-timeout'
  | 'refused'
  | 'kicked'
  | 'replaced'
  | 'left';

export interface LinkState {
  readonly phase: LinkPhase;
  /** Failed attempts since the last time it was connected. */
  readonly failures: number;
  /** Why it is not connected; null while it is, or has not failed yet. */
  readonly reason: LinkReason | null;
  /** What the server said about it, for `refused`. */
  readonly detail: string | null;
  /** Set in phase `waiting`. */
  readonly retryInMs: number | null;
}

export type LinkEvent =
  | { readonly type: 'attempt' }
  | { readonly type: 'connected' }
  | { readonly type: 'interrupted' }
  | { readonly type: 'failed'; readonly reason: LinkReason; readonly detail?: string }
  | { readonly type: 'leave' };

export const initialLink: LinkState = {
  phase: 'connecting',
  failures: 0,
  reason: null,
  detail: null,
  retryInMs: null,
};

/** First delay of the back-off: short, since most interruptions are. */
const firstRetryMs = 500;
/** Longest delay: a server that comes back is found within this time. */
const longestRetryMs = 15_000;
/** Reasons after which trying again would be wrong: someone decided it. */
const finalReasons: ReadonlySet<LinkReason> = new Set(['refused', 'kicked', 'replaced', 'left']);

/** @param jitter 0–1, so that a room full of pages does not come back in the same instant */
export function reduceLink(state: LinkState, event: LinkEvent, jitter = 0.5): LinkState {
  if (state.phase === 'ended' && event.type !== 'attempt') return state;
  switch (event.type) {
    case 'attempt':
      return {
        ...state,
        phase: state.failures === 0 && state.reason === null ? 'connecting' : 'reconnecting',
        retryInMs: null,
      };
    case 'connected':
      return { phase: 'connected', failures: 0, reason: null, detail: null, retryInMs: null };
    case 'interrupted':
      return state.phase === 'connected' ? { ...state, phase: 'unstable' } : state;
    case 'failed': {
      const final = finalReasons.has(event.reason);
      return {
        phase: final ? 'ended' : 'waiting',
        failures: state.failures + 1,
        reason: event.reason,
        detail: event.detail ?? null,
        retryInMs: final ? null : retryDelayMs(state.failures, jitter),
      };
    }
    case 'leave':
      return { phase: 'ended', failures: 0, reason: 'left', detail: null, retryInMs: null };
  }
}

/** Doubles from half a second to fifteen, then varies by ± 25 %. */
export function retryDelayMs(failures: number, jitter: number): number {
  const base = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(failures, 10));
  return Math.round(base * (0.75 + jitter / 2));
}

/** The close reason the server may put in the WebSocket's close frame, if it is one that must not be retried. */
export function finalCloseReason(closeReason: string): LinkReason | null {
  return closeReason === 'kicked' || closeReason === 'replaced' ? closeReason : null;
}

/** The sentence for people. */
export function describeLink(state: LinkState): string {
  switch (state.phase) {
    case 'connecting':
      return 'Connecting…';
    case 'connected':
      return 'Connected';
    case 'unstable':
      return 'The connection is interrupted. Waiting for it to come back…';
    case 'reconnecting':
      return 'Reconnecting…';
    case 'waiting':
    case 'ended':
      return state.detail ?? reasonSentence(state.reason);
  }
}

function reasonSentence(reason: LinkReason | null): string {
  switch (reason) {
    case 'server-unreachable':
      return 'The server cannot be reached.';
    case 'server-closed':
      return 'The server closed the connection.';
    case 'no-answer':
      return 'The server did not answer in time.';
    case 'negotiation-failed':
      return 'The browser and the server could not agree on the media.';
    case 'media-failed':
      return 'The media connection failed.';
    case 'media-timeout':
      return 'No media connection could be made. A firewall may be blocking UDP.';
    case 'refused':
      return 'The server refused to let you in.';
    case 'kicked':
      return 'You were removed from the room.';
    case 'replaced':
      return 'You joined this room again somewhere else.';
    case 'left':
    case null:
      return 'You left the room.';
  }
}
