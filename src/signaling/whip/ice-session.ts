/** What a PATCH does to a session: trickled candidates, or an ICE restart (RFC 9725 §4.3). */

import { ProtocolError } from '../../errors.ts';
import { compactUuid } from '../compact-uuid.ts';
import { formatSdpFragment, parseSdpFragment, type SdpFragment } from './sdp-fragment.ts';
import type { Session } from './session-table.ts';

/**
 * Applies a fragment. Credentials other than the session's ask for a restart, whichever If-Match they came with:
 * there is nothing else they could mean.
 * @returns the fragment to answer a restart with, or null when candidates were taken
 * @throws ProtocolError for a malformed fragment; nothing has changed then
 */
export function patchIceSession(session: Session, body: string): string | null {
  const fragment = parseSdpFragment(body);
  const restarts = asksForRestart(session, fragment);
  const { usernameFragment, password } = fragment;
  if (restarts && (usernameFragment === null || password === null)) {
    throw new ProtocolError('malformed-message', 'An ICE restart needs both a=ice-ufrag and a=ice-pwd.');
  }
  // First, as they may be malformed: a client that is refused goes on with the entity tag it has.
  for (const candidate of fragment.candidates) session.participant.addRemoteCandidate(candidate);
  if (!restarts || usernameFragment === null || password === null) return null;
  const local = session.participant.applyIceRestart({ usernameFragment, password });
  session.entityTag = compactUuid();
  const candidates = session.participant.localCandidates;
  return formatSdpFragment({
    ...local,
    candidates: candidates.map(({ candidate }) => candidate),
    mediaLine: fragment.mediaLine,
    mid: fragment.mid ?? candidates[0]?.sdpMid ?? '0',
  });
}

function asksForRestart(session: Session, fragment: SdpFragment): boolean {
  const current = session.participant.remoteIceCredentials;
  const { usernameFragment, password } = fragment;
  return (
    (usernameFragment !== null && usernameFragment !== current?.usernameFragment) ||
    (password !== null && password !== current?.password)
  );
}
