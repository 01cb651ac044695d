import type { MediaKind } from '../../media/rtp-parameters.ts';
import type { ClientStatistics } from './client-statistics.ts';

/** Where a video comes from: the owner says so. */
export type SourceType = 'media' | 'screen';

/** One entry of `tracks_available`; the last three are additions. */
export interface AvailableTrack {
  readonly id: string;
  readonly client_id: string;
  readonly source_type: SourceType;
  readonly kind: MediaKind;
  readonly is_simulcast: boolean;
  readonly client_name: string;
  readonly stream_id: string;
  readonly source: SourceType;
}

/** What a browser's addIceCandidate() takes, with the members the original sends instead. */
export interface CandidateMessage {
  readonly candidate: string;
  readonly sdpMid: string;
  readonly sdpMLineIndex: number;
  readonly usernameFragment: string;
  readonly foundation: string;
  readonly priority: number;
  readonly address: string;
  /** 1 is UDP, 2 TCP. */
  readonly protocol: number;
  readonly port: number;
  readonly type: string;
  readonly component: number;
  readonly relatedAddress: string;
  readonly relatedPort: number;
  readonly tcpType: string;
}

/** What Talksy clients are sent, by type. */
export interface ServerMessages {
  offer: { readonly type: 'offer'; readonly sdp: string };
  answer: { readonly type: 'answer'; readonly sdp: string };
  candidate: CandidateMessage;
  /** To the owner, by track id: what is this? */
  tracks_added: Readonly<Record<string, { readonly id: string }>>;
  /** To everyone else, by track id. */
  tracks_available: Readonly<Record<string, AvailableTrack>>;
  /** A boolean as a reply, `ok` for one that was refused before. */
  allow_renegotiation: boolean | 'ok';
  /** 1 stable, 0 unstable. */
  network_condition: 0 | 1;
  track_stats: ClientStatistics;
}

export function formatServerMessage<Type extends keyof ServerMessages>(
  type: Type,
  data: ServerMessages[Type],
): string {
  return JSON.stringify({ status: true, type, data });
}

/** The first frame of all, the only one without `status`. */
export function formatGreeting(clientId: string): string {
  return JSON.stringify({ type: 'clientid', data: clientId });
}

/** Only for offers that cannot be answered. */
export function formatError(text: string): string {
  return JSON.stringify({ status: false, type: 'error', data: text });
}
