/**
 * What participants of other dialects are called towards the clients, which take a stream id apart:
 * `<id>:<base64 of the name>`, escaped.
 */
import type { Participant } from '../../rooms/participant.ts';
import { escapeText } from './identifier.ts';

/** The longest the SDP writer takes; the browsers take more. */
const maxStreamIdLength = 256;
const maxShownIdLength = 128;
/** kraken.fm's own limit for a nickname. */
const maxNameCharacters = 32;

export function streamIdOf({ id, name, key }: Pick<Participant, 'id' | 'name' | 'key'>): string {
  // The colon separates, so one within the id is escaped once more.
  const plainId = id.replaceAll('%', '%25').replaceAll(':', '%3A');
  const shownId = escapeText(plainId).length <= maxShownIdLength ? plainId : `participant-${key}`;
  const characters = [...name].slice(0, maxNameCharacters);
  let streamId = '';
  do {
    streamId = escapeText(`${shownId}:${Buffer.from(characters.join('')).toString('base64')}`);
  } while (streamId.length > maxStreamIdLength && characters.pop() !== undefined);
  return streamId;
}
