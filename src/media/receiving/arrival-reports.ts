import { maxStatuses, writeTransportFeedback } from '../rtcp/transport-feedback.ts';
import { ArrivalLog } from './arrival-log.ts';

const written = { end: 0, next: 0 };

/**
 * Tells a sender how its packets arrived, each once:
 *
 *     while (reports.due()) end = reports.write(bytes, at, …);
 */
export class ArrivalReports {
  readonly log = new ArrivalLog();
  #count = 0;

  /** Whether there is something to tell. Passes over what did not arrive, without anything to refer its time to. */
  due(): boolean {
    const { log } = this;
    while (log.pending) {
      const to = this.#to;
      if (log.anyArrival(log.from, to)) return true;
      log.reported(to + 1);
    }
    return false;
  }

  /** Writes one feedback packet at `at`, when it is due. @returns its end */
  write(bytes: Uint8Array, at: number, senderSsrc: number, mediaSsrc: number): number {
    const { log } = this;
    const count = this.#count;
    this.#count = (count + 1) & 0xff;
    const { times, mask, from } = log;
    writeTransportFeedback(bytes, at, senderSsrc, mediaSsrc, count, times, mask, from, this.#to, written);
    log.reported(written.next);
    return written.end;
  }

  /** The last that one packet can tell of. */
  get #to(): number {
    return Math.min(this.log.highest, this.log.from + maxStatuses - 1);
  }
}
