/**
 * Which pair a controlled lite agent sends to. RFC 8445 leaves it at "the nominated pair", and clients nominate in
 * three ways:
 *
 * - Chrome, to a lite agent, sets USE-CANDIDATE only in checks of the pair it has selected: the latest one counts.
 * - Firefox, to a lite agent, sets it in every check of every pair until it is connected ("aggressive", RFC 5245),
 *   then uses the pair of highest priority. Following the latest would end on the worst pair.
 * - Firefox's consent checks carry no USE-CANDIDATE at all, so when a NAT moves it to another port nothing is
 *   nominated any more; what the peer goes on checking is then the only sign of the pair it uses.
 */
import type { CandidatePair } from './candidate-pair.ts';

export type NominationReason =
  /** The first nomination of the session. */
  | 'nominated'
  /** A client that nominates one pair at a time has changed its choice. */
  | 're-nominated'
  /** A client that nominates all its pairs has one it likes better. */
  | 'higher-priority'
  /** The same local candidate of the client now comes from another address. */
  | 'address-changed'
  /** The pair selected so far is not checked any more, this one is. */
  | 'selected-silent';

/** RFC 7675 has consent checked at least every 6 s (5 s ± 20 %): a pair without checks for longer is not in use. */
const silentAfterMs = 7000;
/**
 * Enough to see that the selected pair was not the last one checked: longer than Chrome's interval (2.5 s), which
 * names its choice anyway, and shorter than Firefox's (4 – 6 s).
 */
const perhapsMovedAfterMs = 3000;

export interface CheckFacts {
  readonly now: number;
  /** The check carries USE-CANDIDATE. */
  readonly nominates: boolean;
  /** It is the pair's first check. */
  readonly isNewPair: boolean;
  /** So have all checks of this session. */
  readonly allChecksNominate: boolean;
}

/** Why `pair`, just checked, takes the place of `selected`; null where it does not. */
export function nominationReason(
  selected: CandidatePair | null,
  pair: CandidatePair,
  check: CheckFacts,
): NominationReason | null {
  if (pair === selected) return null;
  if (selected === null) return check.nominates ? 'nominated' : null;
  const silentMs = check.now - selected.lastCheckAt;
  if (silentMs > silentAfterMs) return 'selected-silent';
  const sameLocalCandidate =
    pair.socket === selected.socket && localPreference(pair.priority) === localPreference(selected.priority);
  if (check.isNewPair && sameLocalCandidate && (check.nominates || silentMs > perhapsMovedAfterMs)) {
    return 'address-changed';
  }
  if (!check.nominates) return null;
  if (!check.allChecksNominate) return 're-nominated';
  return pair.priority > selected.priority ? 'higher-priority' : null;
}

/**
 * What names the peer's local candidate in a PRIORITY: all but the type preference, since Firefox sends that of a
 * peer-reflexive candidate in its first checks and that of its own candidate in consent checks.
 */
function localPreference(priority: number): number {
  return priority & 0xffffff;
}
