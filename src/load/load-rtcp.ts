/** The little RTCP a load client speaks: receiver reports out, key frame requests in (RFC 3550, RFC 4585). */
import { PacketKind } from '../packet-io/layout.ts';
import type { SendQueue } from '../packet-io/send-queue.ts';
import type { LoadSubscriber } from './load-subscriber.ts';

const receiverReport = 201;
const payloadFeedback = 206;
const pictureLossIndication = 1;
const fullIntraRequest = 4;
/** Header, our SSRC and one report block. */
const reportBytes = 32;

/** Queues an RR about what a subscriber receives, as a player sends one a second. */
export function queueReceiverReport(queue: SendQueue, subscriber: LoadSubscriber): void {
  if (subscriber.ssrc === 0) return;
  const at = queue.begin();
  const bytes = queue.prefixes;
  bytes.fill(0, at, at + reportBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, reportBytes);
  view.setUint8(0, 0x81);
  view.setUint8(1, receiverReport);
  view.setUint16(2, reportBytes / 4 - 1);
  view.setUint32(4, 1);
  view.setUint32(8, subscriber.ssrc);
  view.setUint32(16, subscriber.highestSequenceNumber);
  queue.commit(PacketKind.Rtcp, subscriber.transport, reportBytes, 0, 0);
}

/** Whether a compound RTCP packet asks for a key frame. */
export function readsKeyFrameRequest(view: DataView, offset: number, length: number): boolean {
  const end = offset + length;
  for (let at = offset; at + 4 <= end; at += 4 * (view.getUint16(at + 2) + 1)) {
    const format = view.getUint8(at) & 0x1f;
    const isFeedback = view.getUint8(at + 1) === payloadFeedback;
    if (isFeedback && (format === pictureLossIndication || format === fullIntraRequest)) return true;
  }
  return false;
}
