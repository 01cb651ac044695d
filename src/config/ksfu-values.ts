/** The kinds of value that ksfu's environment variables have: each reads a trimmed text that is not empty. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { type PortRange, parsePortRange, portRangeExpected } from './port-range.ts';
import { valueOfText } from './text-value.ts';

/** Why a text is not a value of its kind. */
export class Unfit {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

export type ValueReader<T> = (text: string) => T | Unfit;

/** The longest time that anything here may take: a day. */
const longestSeconds = 86_400;

export function whole(min: number, max: number): ValueReader<number> {
  const expected =
    max === Number.MAX_SAFE_INTEGER
      ? `must be a whole number, ${min} or more`
      : `must be a whole number from ${min} to ${max}`;
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : new Unfit(expected);
  };
}

export const port = whole(0, 65_535);

/** A port, or 0 or `off` for none: null then. */
export function portOrOff(text: string): number | null | Unfit {
  if (/^(0+|off)$/i.test(text)) return null;
  const value = port(text);
  return value instanceof Unfit ? new Unfit('must be a whole number from 0 to 65535, or off') : value;
}

/** Seconds, decimals allowed, as whole milliseconds. */
export function seconds(text: string): number | Unfit {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  return value > 0 && value <= longestSeconds
    ? Math.max(1, Math.round(value * 1000))
    : new Unfit(`must be a number of seconds above 0, at most ${longestSeconds}`);
}

export function truth(text: string): boolean | Unfit {
  const value = valueOfText('switch', text);
  return typeof value === 'boolean' ? value : new Unfit('must be true or false (or 1, 0, yes, no, on, off)');
}

export function oneOf<const T extends readonly string[]>(...choices: T): ValueReader<T[number]> {
  return (text) =>
    choices.find((choice) => choice === text) ?? new Unfit(`must be one of ${choices.join(', ')}`);
}

export function text(value: string): string {
  return value;
}

export function portPair(pair: string): PortRange | Unfit {
  return parsePortRange(pair) ?? new Unfit(portRangeExpected);
}

/** A list with blanks dropped, each entry read by `read`. */
export function listOf<T>(read: ValueReader<T>): ValueReader<readonly T[]> {
  return (list) => {
    const values: T[] = [];
    for (const entry of list.split(',').map((part) => part.trim())) {
      if (entry === '') continue;
      const value = read(entry);
      if (value instanceof Unfit) return value;
      values.push(value);
    }
    return values;
  };
}

const host = String.raw`(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])`;
const stunUrl = new RegExp(`^(stuns?):(${host})(?::(\\d{1,5}))?$`, 'i');
const turnUrl = new RegExp(`^(turns?):(${host})(?::(\\d{1,5}))?(\\?transport=(?:udp|tcp))?$`, 'i');

export const stunServer: ValueReader<string> = serverUrl(
  stunUrl,
  'must be a list of stun: or stuns: URLs, such as stun:stun.example.org:3478, or none',
);

export const turnServer: ValueReader<string> = serverUrl(
  turnUrl,
  'must be a list of turn: or turns: URLs, such as turn:turn.example.org:3478?transport=udp',
);

/** The URL with its port written out. */
function serverUrl(form: RegExp, expected: string): ValueReader<string> {
  return (url) => {
    const match = form.exec(url);
    if (match === null) return new Unfit(expected);
    const scheme = match[1].toLowerCase();
    const number = Number(match[3] ?? (scheme.endsWith('s') ? 5349 : 3478));
    if (number < 1 || number > 65_535) return new Unfit(expected);
    return `${scheme}:${match[2].toLowerCase()}:${number}${match[4] ?? ''}`;
  };
}

/** Where a TURN server listens: an address, or host and port. */
export function turnAddress(address: string): string | Unfit {
  const expected = 'must be an address, or host:port';
  if (isIP(address) !== 0) return address;
  const match = new RegExp(`^${host}(?::(\\d{1,5}))?$`).exec(address);
  if (match === null || /^[\d.]+$/.test(address)) return new Unfit(expected);
  const number = Number(match[1] ?? 3478);
  return number >= 1 && number <= 65_535 ? address : new Unfit(expected);
}

/**
 * Addresses of a 1:1 NAT: `external/local` pairs, or one address of a family for all local ones of it. Pairs and a
 * lone address of one family contradict each other.
 */
export function natAddresses(list: string): readonly string[] | Unfit {
  const entries = listOf(text)(list) as readonly string[];
  const pairs = { 4: 0, 6: 0 };
  const lone = { 4: 0, 6: 0 };
  for (const entry of entries) {
    const [external, local = external, ...rest] = entry.split('/').map((part) => part.trim());
    const family = isIP(external);
    if (family === 0 || isIP(local) !== family || rest.length > 0)
      return new Unfit('must be a list of addresses, or of external/local pairs of one family');
    (entry.includes('/') ? pairs : lone)[family as 4 | 6]++;
  }
  for (const family of [4, 6] as const) {
    if (lone[family] > 1 || (lone[family] > 0 && pairs[family] > 0))
      return new Unfit(`may have one IPv${family} address for all local ones, or pairs, but not both`);
  }
  return entries.map((entry) => entry.replaceAll(' ', ''));
}

/** The name of a file that can be read and holds PEM. */
export function pemFile(name: string): string | Unfit {
  let content: string;
  try {
    content = readFileSync(name, 'latin1');
  } catch (error) {
    return new Unfit(`must be a file that can be read (${(error as NodeJS.ErrnoException).code})`);
  }
  return content.includes('-----BEGIN ') ? name : new Unfit('must be a PEM file');
}

/** Users of a TURN server: a file of `user=password` lines, or the same as a list. */
export function turnCredentials(value: string): readonly string[] | Unfit {
  let lines: readonly string[];
  try {
    lines = readFileSync(value, 'utf8').split(/\r?\n/);
  } catch {
    lines = value.split(',');
    if (!value.includes('=')) return new Unfit('must be a file that can be read, or user=password,…');
  }
  const users = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  return users.length > 0 && users.every((line) => /^[^=:\s]+[=:].+$/.test(line))
    ? users
    : new Unfit('must hold lines of user=password');
}
