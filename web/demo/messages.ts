/** The Pion_SFU dialect as this page speaks it: objects towards the server, JSON text in `data` from it. */
import { isObject, parseJson, stringField } from '../shared/json-fields.ts';
import { type Directory, readDirectory } from './directory.ts';

export interface Identity {
  readonly roomId: string;
  readonly selfId: string;
}

export type ServerMessage =
  | { readonly type: 'offer' | 'answer'; readonly sdp: string; readonly directory: Directory | null }
  | { readonly type: 'candidate'; readonly candidate: RTCIceCandidateInit }
  | { readonly type: 'media'; readonly directory: Directory }
  /** Nobody has use for these encodings, by RID, of what we send on a line; for all others, somebody may. */
  | { readonly type: 'encodings'; readonly mid: string; readonly unused: readonly string[] }
  | { readonly type: 'error'; readonly code: string; readonly message: string };

/** The parts of an RTCIceCandidate that travel. */
export interface OutgoingCandidate {
  readonly candidate: string;
  readonly sdpMid: string | null;
  readonly sdpMLineIndex: number | null;
  readonly usernameFragment?: string | null;
}

/** Reads one frame of the server; null for anything this page has no use for. */
export function parseServerMessage(text: string): ServerMessage | null {
  const envelope = parseJson(text);
  if (!isObject(envelope)) return null;
  // The dialect says text; servers that put an object there are understood as well.
  const data = typeof envelope.data === 'string' ? parseJson(envelope.data) : envelope.data;
  if (!isObject(data)) return null;
  switch (envelope.event) {
    case 'offer':
    case 'answer': {
      const sdp = stringField(data, 'sdp');
      return sdp === null ? null : { type: envelope.event, sdp, directory: readDirectory(data) };
    }
    case 'candidate': {
      const candidate = stringField(data, 'candidate');
      if (candidate === null) return null;
      const sdpMLineIndex = typeof data.sdpMLineIndex === 'number' ? data.sdpMLineIndex : null;
      // An empty mid with an index is legal in this dialect and means "no mid".
      const sdpMid = stringField(data, 'sdpMid') || null;
      return {
        type: 'candidate',
        candidate: {
          candidate,
          sdpMid,
          sdpMLineIndex: sdpMid === null ? (sdpMLineIndex ?? 0) : sdpMLineIndex,
        },
      };
    }
    case 'media': {
      const directory = readDirectory(data);
      return directory === null ? null : { type: 'media', directory };
    }
    case 'encodings': {
      const mid = stringField(data, 'mid');
      if (mid === null || !Array.isArray(data.unused)) return null;
      const unused = data.unused.filter((rid) => typeof rid === 'string');
      return { type: 'encodings', mid, unused };
    }
    case 'error':
      return {
        type: 'error',
        code: stringField(data, 'code') ?? 'unknown',
        message: stringField(data, 'message') ?? 'The server reported an error.',
      };
    default:
      return null;
  }
}

export function joinRoom(identity: Identity, name: string): string {
  return encode('joinRoom', { ...ids(identity), name, features: ['media', 'encodings'] });
}

export function leaveRoom(identity: Identity): string {
  return encode('leaveRoom', ids(identity));
}

export function offer(identity: Identity, sdp: string): string {
  return encode('offer', { ...ids(identity), offer: { type: 'offer', sdp } });
}

export function answer(identity: Identity, sdp: string): string {
  return encode('answer', { ...ids(identity), answer: { type: 'answer', sdp } });
}

export function iceCandidate(identity: Identity, candidate: OutgoingCandidate): string {
  const { candidate: line, sdpMid, sdpMLineIndex, usernameFragment = null } = candidate;
  return encode('ice-candidate', {
    ...ids(identity),
    candidate: { candidate: line, sdpMid, sdpMLineIndex, usernameFragment },
  });
}

/** Additive: the others are shown that what we send on this line is muted. */
export function mute(identity: Identity, mid: string, muted: boolean): string {
  return encode('mute', { ...ids(identity), mid, muted });
}

/** How large a picture is shown, in physical pixels; 0 each for one that is not. */
export interface ShownSize {
  readonly mid: string;
  readonly width: number;
  readonly height: number;
}

/** Additive: all pictures received and how large they are shown, so that we are sent no more than that. */
export function shown(identity: Identity, sizes: readonly ShownSize[]): string {
  return encode('shown', { ...ids(identity), sizes });
}

function ids(identity: Identity): { room_id: string; self_id: string } {
  return { room_id: identity.roomId, self_id: identity.selfId };
}

function encode(event: string, data: object): string {
  return JSON.stringify({ event, data });
}
