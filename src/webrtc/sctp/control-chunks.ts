/** Chunks with little in them: causes of ABORT and ERROR, heartbeats, SHUTDOWN (RFC 9260 §3.3). */
import { type Chunk, parseParameters, readUint32 } from './packet-reader.ts';
import type { PacketWriter } from './packet-writer.ts';
import { ChunkType, type ErrorCause, ParameterType } from './sctp-format.ts';

const text = new TextDecoder();
const maxReasonCharacters = 120;

export type Cause = (typeof ErrorCause)[keyof typeof ErrorCause];

/** What an ABORT says, for the log. */
export function abortReason({ value }: Chunk): string {
  const causes = parseParameters(value, 0) ?? [];
  return causes
    .map(({ type, value: information }) => {
      const words = text.decode(information.subarray(0, maxReasonCharacters)).replace(/[^\x20-\x7e]/g, '');
      return words === '' ? `cause ${type}` : `cause ${type}: ${words}`;
    })
    .slice(0, 4)
    .join('; ');
}

export function writeAbort(writer: PacketWriter, cause: Cause, reason: string): void {
  writer.beginChunk(ChunkType.Abort);
  writer.parameter(cause, new TextEncoder().encode(reason.slice(0, maxReasonCharacters)));
  writer.endChunk();
}

/** An ERROR that reports one cause. */
export function writeError(writer: PacketWriter, cause: Cause, information: Uint8Array): void {
  writer.beginChunk(ChunkType.Error);
  writer.parameter(cause, information);
  writer.endChunk();
}

/** Our heartbeat carries one number, which comes back. */
export function writeHeartbeat(writer: PacketWriter, nonce: number): void {
  const information = new Uint8Array(4);
  new DataView(information.buffer).setUint32(0, nonce);
  writer.beginChunk(ChunkType.Heartbeat);
  writer.parameter(ParameterType.HeartbeatInfo, information);
  writer.endChunk();
}

/** The number of our heartbeat that came back, or null. */
export function heartbeatNonce({ value }: Chunk): number | null {
  const parameter = parseParameters(value, 0)?.[0];
  if (parameter?.type !== ParameterType.HeartbeatInfo || parameter.value.length !== 4) return null;
  return readUint32(parameter.value, 0);
}

/** A chunk with this value and no more. */
export function writeChunk(writer: PacketWriter, type: number, value: Uint8Array, flags = 0): void {
  writer.beginChunk(type, flags);
  writer.bytes(value);
  writer.endChunk();
}

export function writeShutdown(writer: PacketWriter, cumulativeTsn: number): void {
  writer.beginChunk(ChunkType.Shutdown);
  writer.uint32(cumulativeTsn);
  writer.endChunk();
}
