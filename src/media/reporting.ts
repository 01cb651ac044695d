import type { Forwarder } from './forwarding/forwarder.ts';
import type { InboundStream } from './receiving/inbound-stream.ts';
import type { StreamDemux } from './receiving/stream-demux.ts';
import { maxReportBlocks } from './rtcp/rtcp-format.ts';
import type { ReportBlock } from './rtcp/rtcp-parser.ts';
import {
  addReportBlock,
  writeGoodbye,
  writeReceiverReport,
  writeSourceDescription,
} from './rtcp/rtcp-writer.ts';
import { rtcpRoom, type TransportLink } from './transport-link.ts';

/** Bytes an SR with its SDES may take: 28, and 12 + a CNAME of at most 255. */
const senderReportRoom = 300;
const receiverReportRoom = 8 + maxReportBlocks * 24;

const block: ReportBlock = {
  ssrc: 0,
  fractionLost: 0,
  cumulativeLost: 0,
  highestSequence: 0,
  jitter: 0,
  lastReport: 0,
  delaySinceLastReport: 0,
};

/** Sends the sender reports that are due and receiver reports on what was heard, in compounds (RFC 3550 §6.1). */
export function sendReports(
  link: TransportLink,
  demux: StreamDemux,
  forwarders: readonly Forwarder[],
  cname: string,
): void {
  const heard = streamsHeard(demux);
  for (let i = 0; i < heard.length; i += maxReportBlocks) {
    sendReceiverReport(link, heard.slice(i, i + maxReportBlocks), cname);
  }
  sendSenderReports(link, forwarders);
}

/** Says that these senders are gone. */
export function sendGoodbyes(link: TransportLink, forwarders: readonly Forwarder[]): void {
  for (const forwarder of forwarders) {
    if (!forwarder.hasSent) continue;
    const at = link.beginRtcp();
    const bytes = link.rtcpBytes;
    // A compound starts with a report and has a CNAME.
    let end = writeReceiverReport(bytes, at, forwarder.ssrc);
    end = writeSourceDescription(bytes, end, forwarder.ssrc, forwarder.parameters.cname);
    link.endRtcp(at, writeGoodbye(bytes, end, forwarder.ssrc));
  }
}

function streamsHeard(demux: StreamDemux): InboundStream[] {
  return demux.tracks.flatMap(({ encodings }) =>
    encodings.flatMap(({ stream }) => (stream?.heardSinceReport ? [stream] : [])),
  );
}

function sendReceiverReport(link: TransportLink, streams: readonly InboundStream[], cname: string): void {
  const at = link.beginRtcp();
  const bytes = link.rtcpBytes;
  let end = writeReceiverReport(bytes, at, link.reporterSsrc);
  for (const stream of streams) {
    stream.fillReportBlock(block);
    end = addReportBlock(bytes, at, end, block);
  }
  if (end - at <= receiverReportRoom) end = writeSourceDescription(bytes, end, link.reporterSsrc, cname);
  link.endRtcp(at, end);
}

function sendSenderReports(link: TransportLink, forwarders: readonly Forwarder[]): void {
  let at = link.beginRtcp();
  let end = at;
  for (const forwarder of forwarders) {
    if (end - at + senderReportRoom > rtcpRoom) {
      link.endRtcp(at, end);
      at = link.beginRtcp();
      end = at;
    }
    const reportEnd = forwarder.writeSenderReport(link.rtcpBytes, end);
    if (reportEnd > end) {
      end = writeSourceDescription(link.rtcpBytes, reportEnd, forwarder.ssrc, forwarder.parameters.cname);
    }
  }
  link.endRtcp(at, end);
}
