/** IP addresses as text and as bytes, without node:net, because the protocol machines do no I/O. */

/**
 * The 4 or 16 bytes of an IP address, or null where the text is none. An IPv6 zone (`%eth0`) is accepted and
 * left out: it means nothing to anybody but the host that wrote it.
 */
export function parseIpAddress(text: string): Uint8Array | null {
  if (!text.includes(':')) return parseIpv4(text);
  const zone = text.indexOf('%');
  return parseIpv6(zone < 0 ? text : text.slice(0, zone));
}

/** The address in its canonical form (IPv6 as RFC 5952 wants it). `bytes` holds 4 or 16 bytes. */
export function formatIpAddress(bytes: Uint8Array): string {
  return bytes.length === 4 ? bytes.join('.') : formatIpv6(bytes);
}

/** The IPv4 address inside an IPv4-mapped IPv6 one (::ffff:a.b.c.d), which dual-stack sockets report; else `bytes`. */
export function unmapIpv4(bytes: Uint8Array): Uint8Array {
  if (bytes.length !== 16 || bytes[10] !== 0xff || bytes[11] !== 0xff) return bytes;
  for (let index = 0; index < 10; index++) if (bytes[index] !== 0) return bytes;
  return bytes.subarray(12);
}

function parseIpv4(text: string): Uint8Array | null {
  const bytes = new Uint8Array(4);
  let at = 0;
  for (let index = 0; index < 4; index++) {
    if (index > 0 && text[at++] !== '.') return null;
    const start = at;
    let value = 0;
    while (at < text.length && at - start < 3) {
      const digit = text.charCodeAt(at) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      at++;
    }
    // No leading zeros: elsewhere they stand for octal numbers.
    if (at === start || value > 255 || (text[start] === '0' && at - start > 1)) return null;
    bytes[index] = value;
  }
  return at === text.length ? bytes : null;
}

function parseIpv6(text: string): Uint8Array | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0], halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1], true) : [];
  if (head === null || tail === null) return null;
  const missing = 16 - head.length - tail.length;
  // "::" stands for at least one group (RFC 4291 2.2).
  if (halves.length === 1 ? missing !== 0 : missing < 2) return null;
  const bytes = new Uint8Array(16);
  bytes.set(head);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

/** The bytes of colon-separated groups; the last may be a dotted IPv4 address where `mayEndInIpv4`. */
function parseGroups(text: string, mayEndInIpv4: boolean): number[] | null {
  if (text === '') return [];
  const groups = text.split(':');
  if (groups.length > 8) return null;
  const bytes: number[] = [];
  for (let index = 0; index < groups.length; index++) {
    const group = groups[index];
    if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
      continue;
    }
    if (!mayEndInIpv4 || index !== groups.length - 1) return null;
    const ipv4 = parseIpv4(group);
    if (ipv4 === null) return null;
    bytes.push(...ipv4);
  }
  return bytes.length > 16 ? null : bytes;
}

function formatIpv6(bytes: Uint8Array): string {
  const groups: number[] = [];
  for (let index = 0; index < 16; index += 2) groups.push((bytes[index] << 8) | bytes[index + 1]);
  const { start, length } = longestZeroRun(groups);
  const text = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  // RFC 5952 4.2.2: a single zero group is not shortened.
  return length < 2 ? text(0, 8) : `${text(0, start)}::${text(start + length, 8)}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (end < groups.length && groups[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
    if (end > start) start = end;
  }
  return best;
}
