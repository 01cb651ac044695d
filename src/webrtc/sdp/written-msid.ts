import { sends } from './direction.ts';
import type { Msid } from './session-description.ts';
import type { Transceiver } from './transceiver.ts';

/** The msid a line is announced with; one without a stream where the caller chose none. */
export function writtenMsid({ msid, trackIdSuffix, kind, mid, ssrc }: Transceiver): Msid {
  if (msid === null) return { streamId: null, trackId: `${kind}-${mid ?? ssrc}` };
  return { streamId: msid.streamId, trackId: msid.trackId + trackIdSuffix };
}

/**
 * Sees to it that no two lines announce the same stream and track, which Chromium refuses as a whole: msids
 * come from other clients, and some of them hard-code theirs. The line that was there first keeps its name.
 */
export function distinguishMsids(transceivers: readonly Transceiver[]): void {
  const seen = new Set<string>();
  const named = transceivers.filter(({ msid, direction }) => msid !== null && sends(direction));
  const isNew = ({ currentDirection }: Transceiver) => (currentDirection === null ? 1 : 0);
  for (const transceiver of [...named].sort((a, b) => isNew(a) - isNew(b))) {
    if (seen.has(key(transceiver))) transceiver.trackIdSuffix = `-${transceiver.ssrc}`;
    seen.add(key(transceiver));
  }
}

function key(transceiver: Transceiver): string {
  const { streamId, trackId } = writtenMsid(transceiver);
  return `${streamId} ${trackId}`;
}
