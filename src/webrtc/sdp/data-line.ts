/** The m-line of data channels: SCTP over DTLS (RFC 8841, RFC 9429 §5.2.1). */
import type { MediaSlot } from './media-slot.ts';
import type { MediaDescription } from './session-description.ts';

export const dataLineKind = 'application';
/** The protocol of lines we add. */
export const dataLineProtocol = 'UDP/DTLS/SCTP';
export const dataLineFormat = 'webrtc-datachannel';

/** What we say about our side. */
export interface DataLineCapability {
  readonly port: number;
  /** Longest message we take, in bytes. */
  readonly maxMessageSize: number;
}

/** What the remote said about its side. */
export interface DataLine {
  readonly port: number;
  /** Longest message it takes, in bytes; Infinity for any. */
  readonly maxMessageSize: number;
}

/** RFC 8841 §6.1: where a=max-message-size is missing. */
const defaultMaxMessageSize = 65_536;

/** null where the line is not one of data channels, or lacks the SCTP port. Port 0 says that SCTP is closed. */
export function readDataLine(line: MediaDescription): DataLine | null {
  const { kind, protocol, formats, sctpPort, maxMessageSize } = line;
  if (kind !== dataLineKind || !/^(?:UDP|TCP)\/DTLS\/SCTP$/.test(protocol)) return null;
  if (!formats.includes(dataLineFormat) || sctpPort === null || sctpPort === 0) return null;
  const size = maxMessageSize ?? defaultMaxMessageSize;
  return { port: sctpPort, maxMessageSize: size === 0 ? Number.POSITIVE_INFINITY : size };
}

/** Whether a slot is that of data channels, agreed or offered. */
export function isDataSlot({ kind, rejected }: MediaSlot): boolean {
  return kind === dataLineKind && !rejected;
}

/** The slot of a line in use; `data` is null until the remote has answered. */
export function dataSlot(
  line: Pick<MediaSlot, 'protocol' | 'mid' | 'sectionMid' | 'midStated' | 'formats' | 'data' | 'offerer'>,
): MediaSlot {
  return {
    ...line,
    ...{
      kind: dataLineKind,
      transceiver: null,
      rejected: false,
      codecs: [],
      extensions: [],
      encodings: [],
      rids: [],
    },
    ...{ statedDirection: 'inactive', direction: 'inactive', announcedMsid: null },
  };
}
