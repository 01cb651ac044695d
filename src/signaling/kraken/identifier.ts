/**
 * Room and participant ids: text in the form of Go's url.QueryEscape, of which the server's own names are made by
 * decoding. `kraken.fm` makes participant ids of `<uuid>:<base64 of the nickname>`.
 */
import { errorCodes, KrakenError } from './kraken-error.ts';

const maxIdBytes = 256;
/**
 * Each byte in its one canonical spelling: letters, digits and -_.~ as themselves, a space as +, every other byte as
 * %HH in upper case, which therefore is none of the former.
 */
const canonicalId =
  /^(?:[A-Za-z0-9\-_.~+]|%(?!2D|2E|5F|7E|20|3[0-9]|4[1-9A-F]|5[0-9A]|6[1-9A-F]|7[0-9A])[0-9A-F]{2})+$/;

/** @throws KrakenError */
export function checkId(what: string, id: string): void {
  if (id.length > maxIdBytes || !canonicalId.test(id)) {
    throw new KrakenError(
      errorCodes.invalidParameters,
      `A ${what} has 1 to ${maxIdBytes} bytes, escaped as in a URL query.`,
    );
  }
}

/** What an id says, for the names that all dialects share; the id itself where it is no UTF-8. */
export function decodeId(id: string): string {
  try {
    return decodeURIComponent(id.replaceAll('+', ' '));
  } catch {
    return id;
  }
}

/** The nickname that the web clients put into a participant id; else what the id says. */
export function nameOf(uid: string): string {
  const decoded = decodeId(uid);
  const encoded = decoded.slice(decoded.indexOf(':') + 1);
  if (encoded === decoded || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return decoded;
  try {
    const name = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(encoded, 'base64'));
    return name.trim() === '' ? decoded : name;
  } catch {
    return decoded;
  }
}

/** Every byte that is not a letter, digit or one of -_.~ as %HH: reads the same with and without + for a space. */
export function escapeText(text: string): string {
  return Buffer.from(text)
    .toString('latin1')
    .replace(
      /[^A-Za-z0-9\-_.~]/g,
      (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    );
}
