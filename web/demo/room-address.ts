/** Room and name in the page's address, and the link to invite others. Pure. */

export interface RoomAddress {
  readonly room: string;
  readonly name: string;
}

/** Longest room id and name the page lets people type; the server's own limit may be larger. */
export const longestId = 64;

export function readRoomAddress(search: string): RoomAddress {
  const parameters = new URLSearchParams(search);
  const read = (key: string) => (parameters.get(key) ?? '').trim().slice(0, longestId);
  return { room: read('room'), name: read('name') };
}

/** The address of a room without anything personal. */
export function inviteLink(pageUrl: string, room: string): string {
  const url = new URL(pageUrl);
  url.hash = '';
  url.search = new URLSearchParams({ room }).toString();
  return url.href;
}

/** The signaling address on the host the page came from. */
export function signalingUrl(pageUrl: string): string {
  const url = new URL('/ws', pageUrl);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

/** A room name that is easy to say aloud. @param random returns 0 ≤ x < 1 */
export function suggestRoom(random: () => number): string {
  const pick = (words: readonly string[]) => words[Math.floor(random() * words.length)]!;
  return `${pick(adjectives)}-${pick(nouns)}-${Math.floor(random() * 90) + 10}`;
}

/** Ten letters and digits, as clients of this dialect choose their ids. */
export function makeSelfId(random: () => number): string {
  let id = '';
  while (id.length < 10) id += alphabet[Math.floor(random() * alphabet.length)];
  return id;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const adjectives = [
  'amber',
  'brisk',
  'calm',
  'coral',
  'gentle',
  'lunar',
  'mellow',
  'quiet',
  'sunny',
  'vivid',
];
const nouns = ['atlas', 'bridge', 'cedar', 'delta', 'harbor', 'island', 'meadow', 'orbit', 'river', 'summit'];
