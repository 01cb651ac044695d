/**
 * One packet of a publisher, given to all its receivers. A bug in what is one receiver's must not end the publisher,
 * nor keep the packet from the others. The loops are written twice so that a packet costs no more than without: what
 * is thrown leaves the inner one, and the outer goes on after whoever threw it.
 */
import type { RtpPacket } from '../rtp/rtp-packet.ts';
import type { Forwarder } from './forwarder.ts';

/** Gives a packet to every forwarder that unwraps RED, or to every one that does not; one that throws is stopped. */
export function handOnRed(packet: RtpPacket, forwarders: readonly Forwarder[], unwrapped: boolean): void {
  let next = 0;
  while (next < forwarders.length) {
    try {
      while (next < forwarders.length) {
        const forwarder = forwarders[next++];
        if (forwarder.unwrapsRed === unwrapped) forwarder.forward(packet);
      }
    } catch (error) {
      forwarders[next - 1].fail(error);
    }
  }
}

/** Tells every forwarder something that comes up less often than packets. */
export function tellForwarders(forwarders: readonly Forwarder[], tell: (forwarder: Forwarder) => void): void {
  for (const forwarder of forwarders) {
    try {
      tell(forwarder);
    } catch (error) {
      forwarder.fail(error);
    }
  }
}
