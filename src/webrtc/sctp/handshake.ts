/** Who answers what while an association is set up, also when both sides begin at once (RFC 9260 §5). */
import type { InitChunk } from './init-chunk.ts';
import type { StateCookie } from './state-cookie.ts';

/** Longer than any set-up takes (RFC 9260 §16 suggests 60 s). */
const cookieLifetimeMs = 60_000;

/** Our end of an association to be. */
export interface LocalEnd {
  readonly tag: number;
  readonly initialTsn: number;
}

/** What the peer said about itself in INIT, INIT ACK or, by way of the cookie, COOKIE ECHO. */
export interface RemoteEnd {
  readonly tag: number;
  readonly initialTsn: number;
  readonly window: number;
  readonly outboundStreams: number;
  readonly inboundStreams: number;
  readonly partialReliability: boolean;
  readonly reConfig: boolean;
}

export function remoteOfInit(init: InitChunk): RemoteEnd {
  const { initialTsn, window, outboundStreams, inboundStreams, partialReliability, reConfig } = init;
  const tag = init.initiateTag;
  return { tag, initialTsn, window, outboundStreams, inboundStreams, partialReliability, reConfig };
}

export function remoteOfCookie(cookie: StateCookie): RemoteEnd {
  return {
    tag: cookie.remoteTag,
    initialTsn: cookie.remoteTsn,
    window: cookie.remoteWindow,
    outboundStreams: cookie.remoteOutboundStreams,
    inboundStreams: cookie.remoteInboundStreams,
    partialReliability: cookie.partialReliability,
    reConfig: cookie.reConfig,
  };
}

/** The cookie that answers an INIT; `tied` are the tags of an association that exists (RFC 9260 §5.2.2). */
export function cookieFor(
  now: number,
  init: InitChunk,
  local: LocalEnd,
  tied: { readonly local: number; readonly remote: number },
): StateCookie {
  return {
    localTag: local.tag,
    localTsn: local.initialTsn,
    remoteTag: init.initiateTag,
    remoteTsn: init.initialTsn,
    remoteWindow: init.window,
    remoteOutboundStreams: init.outboundStreams,
    remoteInboundStreams: init.inboundStreams,
    partialReliability: init.partialReliability,
    reConfig: init.reConfig,
    localTieTag: tied.local,
    remoteTieTag: tied.remote,
    madeAt: now,
  };
}

/**
 * What a returned cookie means for an association with these tags, 0 where there is none yet (RFC 9260 §5.2.4,
 * table 12): `restart` is its case A, `establish` B, D and the plain case, `discard` C and what is stale.
 */
export function judgeCookie(
  now: number,
  cookie: StateCookie,
  localTag: number,
  remoteTag: number,
): 'establish' | 'restart' | 'discard' {
  const same = cookie.remoteTag === remoteTag;
  // One that belongs to the running association is taken at any age: it is only answered.
  if (cookie.localTag === localTag && same) return 'establish';
  if (now - cookie.madeAt > cookieLifetimeMs) return 'discard';
  if (localTag === 0 || cookie.localTag === localTag) return 'establish';
  const tied = cookie.localTieTag === localTag && cookie.remoteTieTag === remoteTag;
  return tied && !same && remoteTag !== 0 ? 'restart' : 'discard';
}
