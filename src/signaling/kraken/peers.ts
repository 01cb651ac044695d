/** Everyone who came by this dialect, and how the clients see those who came by another. */

import { type ErrorCode, ProtocolError, UserError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { RtpCodec } from '../../media/rtp-parameters.ts';
import type { Participant } from '../../rooms/participant.ts';
import type { Publication } from '../../rooms/publication.ts';
import type { Rooms } from '../../rooms/rooms.ts';
import { compactUuid } from '../compact-uuid.ts';
import { CallbackPolicy } from './callback-policy.ts';
import { streamIdOf } from './foreign-msid.ts';
import { decodeId, nameOf } from './identifier.ts';
import { errorCodes, type KrakenCode, KrakenError } from './kraken-error.ts';
import { KrakenPeer } from './kraken-peer.ts';
import { PeerTable } from './peer-table.ts';
import { postCallback } from './publication-callback.ts';
import { hasMedia } from './session-text.ts';
import { SilenceWatch } from './silence-watch.ts';

export interface PeersOptions {
  readonly rooms: Pick<Rooms, 'join' | 'rooms' | 'participantCount'>;
  readonly log: Logger;
  /** Which codecs the clients may use; the original has Opus alone. */
  readonly usesCodec: (codec: RtpCodec) => boolean;
  /** Without media for this long, a participant is closed. */
  readonly silenceMs: number;
  /** The only hosts of callbacks; none: every public one. */
  readonly callbackHosts: readonly string[];
  readonly callbackTimeoutMs: number;
}

export interface PublishCall {
  readonly rid: string;
  readonly uid: string;
  /** The offer. */
  readonly sdp: string;
  /** Most participants of the room, the caller included; Infinity for any number. */
  readonly limit: number;
  readonly callback: string | null;
}

export interface Published {
  readonly cid: string;
  readonly answer: string;
}

export type Peer = KrakenPeer<Participant>;

/** What a refused join means here; everything else is "cannot make a peer connection". */
const codeOfRefusal: Readonly<Partial<Record<ErrorCode, KrakenCode>>> = {
  'limit-participants': errorCodes.roomFull,
  'malformed-message': errorCodes.invalidParameters,
};

export class Peers {
  readonly #options: PeersOptions;
  readonly #table: PeerTable<Peer>;
  readonly #byParticipant = new WeakMap<Participant, Peer>();
  readonly #silence: SilenceWatch;
  readonly #callbacks: CallbackPolicy;

  constructor(options: PeersOptions, now: () => number) {
    this.#options = options;
    this.#table = new PeerTable(now);
    this.#silence = new SilenceWatch(options.silenceMs, now);
    this.#callbacks = new CallbackPolicy(options.callbackHosts);
  }

  /**
   * Makes a participant of the room, in place of an earlier one of the same id.
   * @throws KrakenError; nobody has been replaced then
   */
  publish({ rid, uid, sdp, limit, callback }: PublishCall): Published {
    const { rooms, log, usesCodec } = this.#options;
    const askCallback = callback === null ? null : this.#callbackTo(callback);
    const identity = { roomId: decodeId(rid), rid, uid, cid: compactUuid() };
    const takesVideo = hasMedia(sdp, 'video', 'any');
    let peer: Peer | undefined;
    let answer = '';
    try {
      const participant = rooms.join(
        {
          roomId: identity.roomId,
          participantId: uid,
          name: nameOf(uid),
          dialect: 'kraken',
          renegotiates: true,
          answersReceiveOnly: true,
          usesCodec,
          wants: ({ kind }) => kind === 'audio' || takesVideo,
          msidOf: (publication) => this.#msidOf(publication),
          holdsBack: () => peer!.holdsBack,
        },
        (newcomer) => {
          this.#checkFull(identity.roomId, uid, limit);
          answer = newcomer.answerOffer(sdp);
          if (!hasMedia(answer, 'audio', 'live') && !hasMedia(answer, 'video', 'live'))
            throw new KrakenError(
              errorCodes.setRemoteOffer,
              'The offer has no codec that this server takes.',
            );
          peer = new KrakenPeer(identity, newcomer, askCallback, log);
          this.#byParticipant.set(newcomer, peer);
        },
      );
      this.#open(this.#byParticipant.get(participant)!);
    } catch (error) {
      throw refusal(error);
    }
    return { cid: identity.cid, answer };
  }

  /** @throws KrakenError */
  lookup(rid: string, uid: string, cid: string): Participant {
    return this.#table.lookup(decodeId(rid), uid, cid).participant;
  }

  /**
   * What a client has to be offered; null when it knows all. An offer that stays unanswered is made again: the answer
   * was lost, as clients poll once they have answered.
   * @throws KrakenError
   */
  nextOffer(rid: string, uid: string, cid: string): string | null {
    const peer = this.#table.lookup(decodeId(rid), uid, cid);
    const { participant } = peer;
    if (participant.offerPending) return peer.offer;
    if (!participant.negotiationNeeded) return null;
    try {
      peer.offer = participant.createOffer();
    } catch (error) {
      if (error instanceof UserError) throw new KrakenError(errorCodes.createOffer, error.message);
      throw error;
    }
    return peer.offer;
  }

  /** Who is in a room: those of this dialect, and those of others who can be heard. */
  list(rid: string): { id: string; track: string }[] {
    const room = this.#options.rooms.rooms.get(decodeId(rid));
    return [...(room?.participants.values() ?? [])].flatMap((participant) => {
      const peer = this.#byParticipant.get(participant);
      if (peer !== undefined) return { id: peer.uid, track: peer.cid };
      const audible = [...participant.publications.values()].filter(
        ({ kind, announced }) => kind === 'audio' && announced,
      );
      return audible.map((publication) => ({ id: streamIdOf(participant), track: publication.id }));
    });
  }

  /** Of all dialects, as rooms are shared; closed are those of this one that are remembered. */
  info(): { active_peers: number; closed_peers: number; active_rooms: number; closed_rooms: number } {
    const { rooms } = this.#options;
    return {
      active_peers: rooms.participantCount,
      closed_peers: this.#table.closedCount,
      active_rooms: rooms.rooms.size,
      closed_rooms: this.#table.closedRoomCount,
    };
  }

  #open(peer: Peer): void {
    this.#table.add(peer);
    this.#silence.add(peer);
    peer.participant.once('closed', () => {
      this.#silence.delete(peer);
      this.#table.close(peer);
    });
  }

  #checkFull(roomId: string, uid: string, limit: number): void {
    let others = 0;
    for (const id of this.#options.rooms.rooms.get(roomId)?.participants.keys() ?? [])
      if (id !== uid) others++;
    if (others >= limit)
      throw new KrakenError(errorCodes.roomFull, `The room has ${others} other participants.`);
  }

  #callbackTo(callback: string) {
    if (!URL.canParse(callback))
      throw new KrakenError(errorCodes.invalidParameters, 'The callback is no URL.');
    const url = new URL(callback);
    const refused = this.#callbacks.refusal(url);
    if (refused !== null) throw new KrakenError(errorCodes.invalidParameters, refused);
    const timeoutMs = this.#options.callbackTimeoutMs;
    return (body: Parameters<typeof postCallback>[1], signal: AbortSignal) =>
      postCallback(url, body, { policy: this.#callbacks, timeoutMs, signal });
  }

  /** The clients read who it is from the stream id. */
  #msidOf({ participant, id, kind }: Publication): { streamId: string; trackId: string } {
    const peer = this.#byParticipant.get(participant);
    if (peer === undefined) return { streamId: streamIdOf(participant), trackId: id };
    return { streamId: peer.uid, trackId: kind === 'audio' ? peer.cid : `${peer.cid}-${kind}` };
  }
}

function refusal(error: unknown): unknown {
  if (error instanceof ProtocolError) return new KrakenError(errorCodes.setRemoteOffer, error.message);
  if (!(error instanceof UserError)) return error;
  return new KrakenError(codeOfRefusal[error.code] ?? errorCodes.cannotConnect, error.message);
}
