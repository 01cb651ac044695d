import type { MediaKind } from '../../media/rtp-parameters.ts';
import { receives, sends } from './direction.ts';
import { announcedMsid } from './media-parameters.ts';
import type { MediaSlot } from './media-slot.ts';
import type { PlannedLine, RemoteOfferPlan } from './remote-offer.ts';
import type { MediaDescription } from './session-description.ts';
import { Transceiver } from './transceiver.ts';
import { snapshotTransceiver, type TransceiverSnapshot } from './transceiver-snapshot.ts';

/** A line of a remote offer with the transceiver that serves it. */
export interface OfferedLine extends PlannedLine {
  readonly transceiver: Transceiver | null;
}

/** Carries a planned remote offer into the transceivers, making those it lacks. Cannot fail. */
export function takeOfferedLines(plan: RemoteOfferPlan): {
  readonly lines: readonly OfferedLine[];
  /** What the transceivers that were there already looked like before. */
  readonly undo: readonly TransceiverSnapshot[];
} {
  const undo: TransceiverSnapshot[] = [];
  const lines = plan.lines.map((line): OfferedLine => {
    const kept = keptTransceiver(line);
    if (kept) undo.push(snapshotTransceiver(kept));
    const sendsAnew = line.rejection === null && sends(line.remote.direction) && !kept?.remoteWouldSend;
    // A line we stopped but have not taken back yet, on which the remote now begins to send, begins anew.
    const transceiver = kept && !(kept.stopped && sendsAnew) ? kept : newTransceiver(line);
    if (transceiver) takeOfferedLine(transceiver, line, sendsAnew);
    const { remote, mid, continues, previous, rejection, codecs, data } = line;
    return { remote, mid, continues, previous, rejection, codecs, data, transceiver };
  });
  return { lines, undo };
}

/** Carries a remote answer into the transceivers of its slots. Cannot fail. */
export function takeAnsweredLines(slots: readonly MediaSlot[], media: readonly MediaDescription[]): void {
  slots.forEach(({ transceiver, rejected, statedDirection }, index) => {
    if (transceiver === null) return;
    const line = media[index];
    transceiver.remoteDirection = rejected ? 'inactive' : line.direction;
    transceiver.remoteMsid = rejected ? null : announcedMsid(line);
    // Where we did not offer to receive, the answer could not say that the remote would send.
    if (receives(statedDirection)) transceiver.remoteWouldSend = sends(line.direction);
    if (rejected) transceiver.end('remote-rejected');
  });
}

/** The transceiver a line goes on with: that of the line in use, or of the line that stays refused. */
function keptTransceiver({ remote, continues, previous }: PlannedLine): Transceiver | null {
  if (continues) return continues.transceiver;
  return remote.port === 0 && !remote.bundleOnly ? (previous?.transceiver ?? null) : null;
}

function newTransceiver({ remote, rejection, data }: PlannedLine): Transceiver | null {
  if (rejection === 'kind-not-supported' || rejection === 'remote-stopped' || data !== null) return null;
  const transceiver = new Transceiver(remote.kind as MediaKind, 'inactive');
  if (rejection !== null) transceiver.end(rejection);
  return transceiver;
}

function takeOfferedLine(
  transceiver: Transceiver,
  { remote, mid, rejection }: PlannedLine,
  sendsAnew: boolean,
): void {
  const direction = rejection === null ? remote.direction : 'inactive';
  transceiver.mid = mid;
  transceiver.sectionMid = remote.sectionMid ?? mid;
  transceiver.remoteDirection = direction;
  transceiver.remoteWouldSend = sends(direction);
  transceiver.remoteMsid = rejection === null ? announcedMsid(remote) : null;
  if (!sendsAnew) return;
  if (transceiver.direction === 'inactive') transceiver.direction = 'recvonly';
  if (transceiver.direction === 'sendonly') transceiver.direction = 'sendrecv';
}
