import type { RoomDirectory } from './room-directory.ts';

/** What Pion_SFU clients are sent. */
export interface ServerMessages {
  offer: RoomDirectory & { type: 'offer'; sdp: string; self_id: string; room_id: string };
  answer: RoomDirectory & { type: 'answer'; sdp: string };
  /** `ice-candidate` from the client, but `candidate` to it. */
  candidate: { candidate: string; sdpMid: string; sdpMLineIndex: number; usernameFragment: null };
  /** Additive: only for clients that announced the feature `media`. */
  media: RoomDirectory & { self_id: string; room_id: string };
  /** Additive: only for clients that announced the feature `encodings`. Empty where all are of use. */
  encodings: { mid: string; unused: readonly string[]; self_id: string; room_id: string };
  /** Additive, as `media`. */
  error: { code: string; message: string; self_id: string; room_id: string };
}

/** Encodes `data` twice: the shipped client calls JSON.parse on it. */
export function formatServerMessage<Event extends keyof ServerMessages>(
  event: Event,
  data: ServerMessages[Event],
): string {
  return JSON.stringify({ event, data: JSON.stringify(data) });
}
