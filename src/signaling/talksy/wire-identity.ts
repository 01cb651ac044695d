/**
 * What a publication is called towards Talksy clients. The page makes elements and CSS selectors of these ids, so only
 * letters, digits, `-` and `_` may be in them; the ids of Talksy's own publishers are such, and stay.
 */
import { createHash } from 'node:crypto';
import type { LocalMsid } from '../../webrtc/sdp/transceiver.ts';

const usable = /^[A-Za-z0-9_-]+$/;
/** Old Firefox writes braces around its ids. */
const braced = /^\{(.*)\}$/;
const digestCharacters = 8;
/** Keeps what a publisher of another dialect made up from filling attributes. */
const maxCharacters = 128;

export function wireIdentity({ streamId, trackId }: LocalMsid): LocalMsid {
  return { streamId: wireId(streamId), trackId: wireId(trackId) };
}

/** The same text for the same id, and others for others. */
export function wireId(id: string): string {
  const bare = braced.exec(id)?.[1] ?? id;
  if (usable.test(bare) && bare.length <= maxCharacters) return bare;
  const digest = createHash('sha256').update(id).digest('hex').slice(0, digestCharacters);
  const kept = bare.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, maxCharacters - digestCharacters - 1);
  return `${kept}-${digest}`;
}
