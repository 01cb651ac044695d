/**
 * What a browser does for congestion control: it tells the server when each packet of a connection arrived
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01).
 */
import { ArrivalReports } from '../media/receiving/arrival-reports.ts';
import { oneByteProfile } from '../media/rtp/rtp-packet.ts';
import { PacketKind } from '../packet-io/layout.ts';
import type { SendQueue } from '../packet-io/send-queue.ts';
import type { LoadSubscriber } from './load-subscriber.ts';

/** How often a browser tells of some megabit a second. */
export const feedbackIntervalMs = 50;
/** The id of the extension in offers of load clients. */
export const transportSequenceId = 3;

const ownSsrc = 1;
const fixedHeaderBytes = 12;

export class LoadFeedback {
  readonly #reports = new ArrivalReports();
  readonly #arrivals = new Float64Array(1);

  /** Takes note of an RTP packet at `offset` of `arena`, if it carries a transport-wide sequence number. */
  received(arena: DataView, offset: number, arrivalMicros: number): void {
    const sequenceNumber = readTransportSequence(arena, offset);
    if (sequenceNumber < 0) return;
    this.#arrivals[0] = arrivalMicros;
    this.#reports.log.record(sequenceNumber, this.#arrivals, 0);
  }

  /** Queues what there is to tell since the last time. */
  queue(queue: SendQueue, subscriber: LoadSubscriber): void {
    const reports = this.#reports;
    while (reports.due()) {
      const at = queue.begin();
      const end = reports.write(queue.prefixes, at, ownSsrc, subscriber.ssrc);
      queue.commit(PacketKind.Rtcp, subscriber.transport, end - at, 0, 0);
    }
  }
}

/** The transport-wide sequence number of a packet with one-byte extensions (RFC 8285 §4.2); -1 where it has none. */
export function readTransportSequence(arena: DataView, offset: number): number {
  const first = arena.getUint8(offset);
  if ((first & 0x10) === 0) return -1;
  let at = offset + fixedHeaderBytes + 4 * (first & 0x0f);
  if (arena.getUint16(at) !== oneByteProfile) return -1;
  const end = at + 4 + 4 * arena.getUint16(at + 2);
  for (at += 4; at < end; ) {
    const head = arena.getUint8(at++);
    // Padding has no length.
    if (head === 0) continue;
    if (head >>> 4 === transportSequenceId) return arena.getUint16(at);
    at += (head & 0x0f) + 1;
  }
  return -1;
}
