/** Numbers of the SCTP wire format (RFC 9260 §3) and of the extensions spoken here. */

/** Source port, destination port, verification tag, checksum. */
export const commonHeaderBytes = 12;
export const chunkHeaderBytes = 4;
/** Chunk header, TSN, stream, stream sequence number, payload protocol identifier. */
export const dataHeaderBytes = 16;

export const ChunkType = {
  Data: 0,
  Init: 1,
  InitAck: 2,
  Sack: 3,
  Heartbeat: 4,
  HeartbeatAck: 5,
  Abort: 6,
  Shutdown: 7,
  ShutdownAck: 8,
  Error: 9,
  CookieEcho: 10,
  CookieAck: 11,
  ShutdownComplete: 14,
  /** RFC 6525 */
  ReConfig: 130,
  /** RFC 3758 */
  ForwardTsn: 192,
} as const;

/** Flags of DATA; the last is that of RFC 7053. */
export const DataFlag = { End: 1, Begin: 2, Unordered: 4, Immediate: 8 } as const;

/** Of ABORT and SHUTDOWN COMPLETE: the tag is the receiver's own, reflected. */
export const reflectedTagFlag = 1;

export const ParameterType = {
  HeartbeatInfo: 1,
  StateCookie: 7,
  UnrecognizedParameter: 8,
  /** RFC 6525 §4 */
  OutgoingReset: 13,
  IncomingReset: 14,
  TsnReset: 15,
  ReConfigResponse: 16,
  AddOutgoing: 17,
  AddIncoming: 18,
  /** RFC 5061 §4.2.7 */
  SupportedExtensions: 0x8008,
  ForwardTsnSupported: 0xc000,
} as const;

/** Error causes (RFC 9260 §3.3.10) that are sent here. */
export const ErrorCause = {
  OutOfResource: 4,
  UnrecognizedChunk: 6,
  UserAbort: 12,
  ProtocolViolation: 13,
} as const;

/** Results of a re-configuration request (RFC 6525 §4.4). */
export const ReConfigResult = {
  NothingToDo: 0,
  Performed: 1,
  Denied: 2,
  WrongStream: 3,
  BadSequenceNumber: 5,
  InProgress: 6,
} as const;

/** Chunks and parameters are padded to four bytes. */
export function padded(bytes: number): number {
  return (bytes + 3) & ~3;
}
