/** INIT and INIT ACK (RFC 9260 §3.3.2, §3.3.3). */
import { type Chunk, parseParameters, readUint16, readUint32 } from './packet-reader.ts';
import type { PacketWriter } from './packet-writer.ts';
import { ChunkType, ParameterType } from './sctp-format.ts';

export interface InitChunk {
  readonly initiateTag: number;
  /** The window of the side that says it, in bytes. */
  readonly window: number;
  readonly outboundStreams: number;
  readonly inboundStreams: number;
  readonly initialTsn: number;
  /** Of INIT ACK. */
  readonly cookie: Uint8Array | null;
  /** FORWARD TSN is understood (RFC 3758). */
  readonly partialReliability: boolean;
  /** RE-CONFIG is understood (RFC 6525). */
  readonly reConfig: boolean;
}

const fixedBytes = 16;
/** RFC 9260 §3.3.2: a smaller window would stop every sender. */
const smallestWindow = 1500;
/** The types up to here are those of RFC 9260 itself: addresses, cookie, life-span, host name. */
const addressAndCookieTypes = 12;
/** The bit of a parameter's type that says to go on where it is unknown (RFC 9260 §3.2.1). */
const goOnWhereUnknown = 0x8000;

/** null where the chunk is malformed, or breaks the rules for its values. */
export function parseInit({ value }: Chunk): InitChunk | null {
  if (value.length < fixedBytes) return null;
  const parameters = parseParameters(value, fixedBytes);
  if (parameters === null) return null;
  let cookie: Uint8Array | null = null;
  let partialReliability = false;
  let reConfig = false;
  for (const parameter of parameters) {
    if (parameter.type === ParameterType.StateCookie) cookie = parameter.value;
    else if (parameter.type === ParameterType.ForwardTsnSupported) partialReliability = true;
    else if (parameter.type === ParameterType.SupportedExtensions) {
      reConfig ||= parameter.value.includes(ChunkType.ReConfig);
      partialReliability ||= parameter.value.includes(ChunkType.ForwardTsn);
    } else if (parameter.type > addressAndCookieTypes && (parameter.type & goOnWhereUnknown) === 0) break;
  }
  const chunk: InitChunk = {
    initiateTag: readUint32(value, 0),
    window: readUint32(value, 4),
    outboundStreams: readUint16(value, 8),
    inboundStreams: readUint16(value, 10),
    initialTsn: readUint32(value, 12),
    cookie,
    partialReliability,
    reConfig,
  };
  const lawful =
    chunk.initiateTag !== 0 &&
    chunk.window >= smallestWindow &&
    chunk.outboundStreams > 0 &&
    chunk.inboundStreams > 0;
  return lawful ? chunk : null;
}

const nothing = new Uint8Array(0);
const extensions = Uint8Array.of(ChunkType.ReConfig, ChunkType.ForwardTsn);

export function writeInit(
  writer: PacketWriter,
  type: number,
  chunk: Pick<
    InitChunk,
    'initiateTag' | 'window' | 'outboundStreams' | 'inboundStreams' | 'initialTsn' | 'cookie'
  >,
): void {
  writer.beginChunk(type);
  writer.uint32(chunk.initiateTag);
  writer.uint32(chunk.window);
  writer.uint16(chunk.outboundStreams);
  writer.uint16(chunk.inboundStreams);
  writer.uint32(chunk.initialTsn);
  if (chunk.cookie !== null) writer.parameter(ParameterType.StateCookie, chunk.cookie);
  writer.parameter(ParameterType.ForwardTsnSupported, nothing);
  writer.parameter(ParameterType.SupportedExtensions, extensions);
  writer.endChunk();
}
