import type { Direction, Msid } from './session-description.ts';
import type { Transceiver } from './transceiver.ts';

/** What a remote offer changes of a transceiver before it is answered. */
export interface TransceiverSnapshot {
  readonly transceiver: Transceiver;
  readonly mid: string | null;
  readonly sectionMid: string | null;
  readonly direction: Direction;
  readonly remoteDirection: Direction | null;
  readonly remoteWouldSend: boolean;
  readonly remoteMsid: Msid | null;
}

export function snapshotTransceiver(transceiver: Transceiver): TransceiverSnapshot {
  const { mid, sectionMid, direction, remoteDirection, remoteWouldSend, remoteMsid } = transceiver;
  return { transceiver, mid, sectionMid, direction, remoteDirection, remoteWouldSend, remoteMsid };
}

export function restoreTransceiver({ transceiver, ...snapshot }: TransceiverSnapshot): void {
  Object.assign(transceiver, snapshot);
}
