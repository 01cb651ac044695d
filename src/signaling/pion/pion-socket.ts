/**
 * One WebSocket of this dialect and the peers it has joined. Messages are handled one after another, each to its end,
 * so an offer right behind joinRoom finds its peer.
 *
 * A socket commands only the peers it joined itself. Broken JSON ends the socket, as in the original; anything
 * else that makes no sense is ignored.
 */
import { ProtocolError, UserError } from '../../errors.ts';
import { CloseCode, type SignalingSocket } from '../../http/signaling-socket.ts';
import type { Logger } from '../../log.ts';
import type { CloseReason } from '../../rooms/close-reason.ts';
import type { JoinOptions } from '../../rooms/participant.ts';
import { type ClientMessage, type Nonsense, parseClientMessage } from './client-message.ts';
import { MessageBudget } from './message-budget.ts';
import { type PeerParticipant, PionPeer, type PionTimings } from './pion-peer.ts';
import { formatServerMessage } from './server-message.ts';

/** What this dialect needs of Rooms. */
export interface JoinableRooms {
  join(options: JoinOptions): PeerParticipant;
}

export interface PionSocketOptions {
  readonly rooms: JoinableRooms;
  readonly log: Logger;
  readonly timings: PionTimings;
  readonly maxPeersPerSocket: number;
  /** Whether the client's address may join once more by now. */
  readonly mayJoin: () => boolean;
  readonly after: (delayMs: number, run: () => void) => () => void;
  /** Monotonic, in ms. */
  readonly now: () => number;
}

type Socket = Pick<SignalingSocket, 'send' | 'close' | 'onmessage' | 'onclose'>;
type Data<Event extends ClientMessage['event']> = Extract<ClientMessage, { event: Event }>['data'];

export class PionSocket {
  readonly #socket: Socket;
  readonly #options: PionSocketOptions;
  readonly #log: Logger;
  readonly #budget: MessageBudget;
  readonly #peers = new Map<string, PionPeer>();
  #joining = false;

  /** Takes the socket over: sets its handlers. */
  constructor(socket: Socket, options: PionSocketOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#log = options.log;
    this.#budget = new MessageBudget(options.now());
    socket.onmessage = (text) => this.#receive(text);
    socket.onclose = () => this.#closed();
  }

  #receive(text: string): void {
    let message: ClientMessage | Nonsense;
    try {
      message = parseClientMessage(text);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#end(error.message);
      return;
    }
    if (!this.#budget.spend(message.event, this.#options.now())) this.#end('Too many messages.');
    else if (message.event === null) this.#log.debug({ reason: message.reason }, 'message ignored');
    else this.#handle(message);
  }

  #handle(message: ClientMessage): void {
    const peer = this.#peerOf(message);
    try {
      if (message.event === 'joinRoom') this.#join(message.data);
      else if (peer === null)
        this.#log.debug({ event: message.event }, 'message for no peer of this socket ignored');
      else handlePeerMessage(peer, message);
    } catch (error) {
      if (error instanceof ProtocolError || error instanceof UserError) {
        this.#log.info({ event: message.event, code: error.code, reason: error.message }, 'message refused');
        peer?.sendError(error.code, error.message);
        return;
      }
      this.#log.error({ err: error, event: message.event }, 'bug in the Pion_SFU dialect');
      peer?.leave('internal-error');
    }
  }

  #join({ room_id, self_id, name, features }: Data<'joinRoom'>): void {
    const announced = features.includes('media');
    const key = keyOf(room_id, self_id);
    try {
      if (this.#peers.size >= this.#options.maxPeersPerSocket && !this.#peers.has(key)) {
        throw new UserError(
          'limit-participants',
          `A socket has ${this.#options.maxPeersPerSocket} peers at most.`,
        );
      }
      if (!this.#options.mayJoin())
        throw new UserError('limit-joins', 'Too many peers joined from your address. Try again later.');
      this.#joining = true;
      const participant = this.#options.rooms.join({
        roomId: room_id,
        participantId: self_id,
        ...(name === undefined ? {} : { name }),
        dialect: 'pion',
        renegotiates: true,
      });
      const { timings, after, log } = this.#options;
      const send = (text: string) => this.#socket.send(text);
      const peer = new PionPeer({
        participant,
        roomId: room_id,
        selfId: self_id,
        announced,
        stopsEncodings: features.includes('encodings'),
        timings,
        after,
        send,
        log,
      });
      this.#peers.set(key, peer);
      participant.on('closed', (reason) => this.#peerClosed(key, peer, reason));
    } catch (error) {
      if (announced && (error instanceof UserError || error instanceof ProtocolError)) {
        const { code, message } = error;
        this.#socket.send(formatServerMessage('error', { code, message, self_id, room_id }));
      }
      throw error;
    } finally {
      this.#joining = false;
    }
  }

  /**
   * The peer a message is for. An answer without ids is for the peer of this socket that waits for one; where
   * several do, for the one that joined first.
   */
  #peerOf({ event, data }: ClientMessage): PionPeer | null {
    const { room_id, self_id } = data;
    if (room_id !== null && self_id !== null) return this.#peers.get(keyOf(room_id, self_id)) ?? null;
    if (event !== 'answer') return null;
    for (const peer of this.#peers.values()) {
      if (!peer.awaitsAnswer) continue;
      if ((room_id ?? peer.roomId) === peer.roomId && (self_id ?? peer.selfId) === peer.selfId) return peer;
    }
    return null;
  }

  #peerClosed(key: string, peer: PionPeer, reason: CloseReason): void {
    if (this.#peers.get(key) === peer) this.#peers.delete(key);
    if (!peer.announced || reason === 'left' || this.#joining || this.#peers.size > 0) return;
    // The shipped client would not know what to make of it; one that announced itself is told why it was put out.
    this.#socket.close(CloseCode.Normal, reason);
  }

  #end(reason: string): void {
    this.#log.info({ reason }, 'socket closed for what it sent');
    this.#socket.close(CloseCode.PolicyViolation, reason);
  }

  #closed(): void {
    for (const peer of [...this.#peers.values()]) peer.leave('left');
  }
}

function handlePeerMessage(peer: PionPeer, message: ClientMessage): void {
  switch (message.event) {
    case 'leaveRoom':
      peer.leave('left');
      break;
    case 'offer':
      peer.receiveOffer(message.data.offer.sdp);
      break;
    case 'answer':
      peer.receiveAnswer(message.data.answer.sdp);
      break;
    case 'ice-candidate':
      peer.receiveCandidate(message.data.candidate.candidate);
      break;
    case 'mute':
      peer.setMuted(message.data.mid, message.data.muted);
      break;
    case 'shown':
      peer.setShown(message.data.sizes);
      break;
  }
}

function keyOf(roomId: string, selfId: string): string {
  return JSON.stringify([roomId, selfId]);
}
