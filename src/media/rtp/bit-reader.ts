/** Reads bit fields, most significant bit first. Past the end it gives zeros and remembers that in `failed`. */
export class BitReader {
  /** In bits from the start of the field given to start(). */
  position = 0;
  failed = false;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #length = 0;

  start(bytes: Uint8Array, at: number, length: number): void {
    this.#bytes = bytes;
    this.#at = at;
    this.#length = length * 8;
    this.position = 0;
    this.failed = false;
  }

  /** Up to 32 bits; a signed integer where all 32 are read. */
  read(bits: number): number {
    if (this.position + bits > this.#length) {
      this.failed = true;
      return 0;
    }
    let value = 0;
    for (let left = bits; left > 0; ) {
      const inByte = this.position & 7;
      const taken = Math.min(8 - inByte, left);
      const byte = this.#bytes[this.#at + (this.position >>> 3)];
      value = (value << taken) | ((byte >>> (8 - inByte - taken)) & ((1 << taken) - 1));
      this.position += taken;
      left -= taken;
    }
    return value;
  }

  flag(): boolean {
    return this.read(1) !== 0;
  }

  /** ns(n) of the AV1 specification §4.10.7: a value below `values`, the smaller ones a bit shorter. */
  readNonSymmetric(values: number): number {
    let width = 0;
    for (let rest = values; rest !== 0; rest >>>= 1) width++;
    const shorter = (1 << width) - values;
    const value = this.read(width - 1);
    if (value < shorter) return value;
    return (value << 1) - shorter + this.read(1);
  }

  skip(bits: number): void {
    if (this.position + bits > this.#length) this.failed = true;
    else this.position += bits;
  }
}

/** Writes bit fields where a BitReader would read them. The bytes written to are set, not ored. */
export class BitWriter {
  /** In bits from the start given to start(). */
  position = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;

  start(bytes: Uint8Array, at: number): void {
    this.#bytes = bytes;
    this.#at = at;
    this.position = 0;
  }

  write(value: number, bits: number): void {
    for (let left = bits; left > 0; ) {
      const inByte = this.position & 7;
      const taken = Math.min(8 - inByte, left);
      const at = this.#at + (this.position >>> 3);
      const part = (value >>> (left - taken)) & ((1 << taken) - 1);
      const shifted = part << (8 - inByte - taken);
      this.#bytes[at] = inByte === 0 ? shifted : this.#bytes[at] | shifted;
      this.position += taken;
      left -= taken;
    }
  }

  /** Bytes begun. */
  get length(): number {
    return (this.position + 7) >>> 3;
  }
}
