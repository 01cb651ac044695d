/** Writes the few ASN.1 types that a certificate consists of, in DER (X.690). */

const Tag = {
  Boolean: 0x01,
  Integer: 0x02,
  BitString: 0x03,
  OctetString: 0x04,
  ObjectIdentifier: 0x06,
  Utf8String: 0x0c,
  UtcTime: 0x17,
  GeneralizedTime: 0x18,
  Sequence: 0x30,
  Set: 0x31,
} as const;

const contextClass = 0x80;
const constructed = 0x20;

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return element(Tag.Sequence, Buffer.concat(parts));
}

export function set(...parts: readonly Uint8Array[]): Buffer {
  return element(Tag.Set, Buffer.concat(parts));
}

export function truth(value: boolean): Buffer {
  return element(Tag.Boolean, Buffer.of(value ? 0xff : 0));
}

/** A number that is not negative, big-endian. */
export function unsignedInteger(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const digits = Buffer.from(bytes.subarray(start));
  return element(Tag.Integer, digits[0] >= 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits);
}

/** Of whole bytes. */
export function bitString(bytes: Uint8Array): Buffer {
  return element(Tag.BitString, Buffer.concat([Buffer.of(0), bytes]));
}

export function octetString(bytes: Uint8Array): Buffer {
  return element(Tag.OctetString, Buffer.from(bytes));
}

/** As in `2.5.29.17`. */
export function objectIdentifier(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split('.').map(Number);
  return element(
    Tag.ObjectIdentifier,
    Buffer.from([first * 40 + second, ...rest].flatMap((number) => base128(number))),
  );
}

export function utf8String(text: string): Buffer {
  return element(Tag.Utf8String, Buffer.from(text));
}

/** RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from then on; whole seconds. */
export function time(date: Date): Buffer {
  const digits = `${date.toISOString().replaceAll(/[-:T]|\.\d+/g, '')}`;
  return date.getUTCFullYear() < 2050
    ? element(Tag.UtcTime, Buffer.from(digits.slice(2)))
    : element(Tag.GeneralizedTime, Buffer.from(digits));
}

/** `[number] EXPLICIT`: the content is an element itself. */
export function explicit(number: number, content: Uint8Array): Buffer {
  return element(contextClass | constructed | number, Buffer.from(content));
}

/** `[number] IMPLICIT` of a primitive type: the content in place of what the type would hold. */
export function implicit(number: number, content: Uint8Array): Buffer {
  return element(contextClass | number, Buffer.from(content));
}

function element(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  if (length > 0xffff) throw new RangeError('Nothing in a certificate is that long.');
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function base128(number: number): number[] {
  const bytes = [number & 0x7f];
  for (let rest = number >> 7; rest > 0; rest >>= 7) bytes.unshift(0x80 | (rest & 0x7f));
  return bytes;
}
