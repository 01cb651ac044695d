import type { RtpEncoding } from '../../media/rtp-parameters.ts';
import type { NegotiatedCodec } from './codec-negotiation.ts';
import type { DataLine } from './data-line.ts';
import { agree } from './direction.ts';
import type { NegotiatedExtension } from './header-extensions.ts';
import type { Direction } from './session-description.ts';
import type { LocalMsid, Transceiver } from './transceiver.ts';

/**
 * One m-line of the connection as the last exchange left it. A slot is never changed: an exchange replaces all
 * slots at once when it completes, which is what makes rolling back and failing harmless.
 */
export interface MediaSlot {
  readonly kind: string;
  readonly protocol: string;
  readonly mid: string;
  /** The mid of the m-line that it is written in: its own, but in Plan B, where tracks share one. */
  readonly sectionMid: string;
  /** Whether the remote knows the mid; very old clients do not write a=mid. */
  readonly midStated: boolean;
  /** The format list to repeat when the line is refused. */
  readonly formats: readonly string[];
  /** null for lines that are not audio or video. */
  readonly transceiver: Transceiver | null;
  /** Port 0 on one side: carries nothing, and either side may use the slot for a new line. */
  readonly rejected: boolean;
  /** The rest is empty when rejected. */
  readonly codecs: readonly NegotiatedCodec[];
  readonly extensions: readonly NegotiatedExtension[];
  readonly encodings: readonly RtpEncoding[];
  /** The RIDs we agreed to receive. */
  readonly rids: readonly string[];
  /** What our description said, and what came of it. */
  readonly statedDirection: Direction;
  readonly direction: Direction;
  readonly announcedMsid: LocalMsid | null;
  /** Of a line of data channels that both sides have agreed to. */
  readonly data: DataLine | null;
  readonly offerer: 'local' | 'remote';
}

/** The slot of a refused line. */
export function rejectedSlot(
  line: Pick<
    MediaSlot,
    'kind' | 'protocol' | 'mid' | 'sectionMid' | 'midStated' | 'formats' | 'transceiver' | 'offerer'
  >,
): MediaSlot {
  const { kind, protocol, mid, sectionMid, midStated, formats, transceiver, offerer } = line;
  return {
    kind,
    protocol,
    mid,
    sectionMid,
    midStated,
    formats,
    transceiver,
    offerer,
    rejected: true,
    codecs: [],
    extensions: [],
    encodings: [],
    rids: [],
    statedDirection: 'inactive',
    direction: 'inactive',
    announcedMsid: null,
    data: null,
  };
}

/** The slot whose line carries the transport: the first that lives (RFC 8843 §7). */
export function taggedSlot(slots: readonly MediaSlot[]): MediaSlot | undefined {
  return slots.find(({ rejected }) => !rejected);
}

/** Whether the remote should be offered something about this line (the W3C's "check if negotiation is needed"). */
export function slotNeedsNegotiation(slot: MediaSlot, tagged: boolean): boolean {
  const { transceiver } = slot;
  if (!transceiver || slot.rejected) return false;
  // The line that carries the transport is never taken back, only left inactive.
  if (transceiver.stopped) return !tagged || slot.direction !== 'inactive';
  const { direction, msid } = transceiver;
  const sending = slot.direction === 'sendrecv' || slot.direction === 'sendonly';
  if (sending && !sameMsid(msid, slot.announcedMsid)) return true;
  return directionNeedsNegotiation(slot, direction, transceiver.remoteDirection ?? 'inactive');
}

function directionNeedsNegotiation(slot: MediaSlot, wanted: Direction, remote: Direction): boolean {
  if (slot.offerer === 'local') return wanted !== slot.statedDirection && wanted !== slot.direction;
  return agree(wanted, remote) !== slot.direction;
}

function sameMsid(a: LocalMsid | null, b: LocalMsid | null): boolean {
  return a?.streamId === b?.streamId && a?.trackId === b?.trackId;
}
