import { packetChecksum } from './crc32c.ts';
import { chunkHeaderBytes, commonHeaderBytes, padded } from './sctp-format.ts';

/** Puts SCTP packets together in one buffer that is used again for the next. */
export class PacketWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #sourcePort: number;
  readonly #destinationPort: number;
  #end = 0;
  #chunkStart = 0;

  /** `maxBytes` is the largest packet, a multiple of four. */
  constructor(maxBytes: number, sourcePort: number, destinationPort: number) {
    this.#bytes = new Uint8Array(maxBytes);
    this.#view = new DataView(this.#bytes.buffer);
    this.#sourcePort = sourcePort;
    this.#destinationPort = destinationPort;
  }

  /** Bytes that still fit. */
  get room(): number {
    return this.#bytes.length - this.#end;
  }

  /** Whether the packet has no chunk yet. */
  get empty(): boolean {
    return this.#end <= commonHeaderBytes;
  }

  begin(verificationTag: number): void {
    this.#view.setUint16(0, this.#sourcePort);
    this.#view.setUint16(2, this.#destinationPort);
    this.#view.setUint32(4, verificationTag);
    this.#view.setUint32(8, 0);
    this.#end = commonHeaderBytes;
  }

  beginChunk(type: number, flags = 0): void {
    this.#chunkStart = this.#end;
    this.#bytes[this.#end] = type;
    this.#bytes[this.#end + 1] = flags;
    this.#end += chunkHeaderBytes;
  }

  /** Writes the chunk's length and pads it. */
  endChunk(): void {
    this.#view.setUint16(this.#chunkStart + 2, this.#end - this.#chunkStart);
    this.#pad();
  }

  uint16(value: number): void {
    this.#view.setUint16(this.#end, value);
    this.#end += 2;
  }

  uint32(value: number): void {
    this.#view.setUint32(this.#end, value);
    this.#end += 4;
  }

  bytes(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** A parameter with its padding, which the chunk's length counts only between parameters. */
  parameter(type: number, value: Uint8Array): void {
    this.#pad();
    this.uint16(type);
    this.uint16(4 + value.length);
    this.bytes(value);
  }

  /** The finished packet, valid until the next begin(). */
  finish(): Uint8Array {
    const packet = this.#bytes.subarray(0, this.#end);
    this.#view.setUint32(8, packetChecksum(packet), true);
    return packet;
  }

  #pad(): void {
    const end = padded(this.#end);
    this.#bytes.fill(0, this.#end, end);
    this.#end = end;
  }
}
