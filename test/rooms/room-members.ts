/** Members of rooms with real connections, who answer what they are offered. */
import type { CloseReason, JoinOptions, Participant, Room, Rooms, Subscription } from '../../src/index.ts';
import { type HeadlessNetwork, type HeadlessPeer, until } from '../signaling/headless-peer.ts';

type Kind = 'audio' | 'video';

export interface Member {
  readonly participant: Participant;
  readonly peer: HeadlessPeer;
  readonly closed: CloseReason[];
}

export interface MemberOptions {
  /** Whether the peer goes on to DTLS once ICE is connected. Default true. */
  readonly handshakes?: boolean;
  readonly join?: Pick<JoinOptions, 'wants' | 'msidOf' | 'holdsBack'>;
  /** Of its video. Default 1. */
  readonly encodings?: number;
}

export class RoomMembers {
  readonly #rooms: Rooms;
  readonly #network: HeadlessNetwork;
  #roomCount = 0;

  constructor(rooms: Rooms, network: HeadlessNetwork) {
    this.#rooms = rooms;
    this.#network = network;
  }

  newRoomId(): string {
    return `room-${++this.#roomCount}`;
  }

  /** Joins as a client that answers offers at once. */
  join(
    roomId: string,
    participantId: string,
    kinds: readonly Kind[] = [],
    { handshakes = true, join = {}, encodings = 1 }: MemberOptions = {},
  ): Member {
    const participant = this.#rooms.join({
      roomId,
      participantId,
      dialect: 'test',
      renegotiates: true,
      ...join,
    });
    const peer = this.#network.createPeer();
    peer.handshakes = handshakes;
    peer.encodings = encodings;
    const closed: CloseReason[] = [];
    participant.on('closed', (reason) => closed.push(reason));
    participant.on('negotiationneeded', () => {
      if (participant.offerPending) return;
      queueMicrotask(() => {
        if (participant.negotiationNeeded && participant.closeReason === null) {
          participant.acceptAnswer(peer.answerOffer(participant.createOffer()));
        }
      });
    });
    for (const kind of kinds) peer.addTrack(kind, `${participantId}-stream`, `${participantId}-${kind}`);
    if (kinds.length === 0) peer.addReceiver('audio');
    peer.acceptAnswer(participant.answerOffer(peer.createOffer()));
    return { participant, peer, closed };
  }

  /** Two members of a room of their own who receive each other. */
  async connectedPair(
    kinds: readonly Kind[] = ['audio'],
  ): Promise<{ readonly a: Member; readonly b: Member; readonly room: Room }> {
    const roomId = this.newRoomId();
    const a = this.join(roomId, 'a', kinds);
    const b = this.join(roomId, 'b', kinds);
    const isLive = (member: Member) =>
      subscriptionsOf(member).length === kinds.length &&
      subscriptionsOf(member).every(({ state }) => state === 'live');
    await until('both receive each other', () => isLive(a) && isLive(b));
    return { a, b, room: a.participant.room };
  }
}

export function subscriptionsOf(member: Member): Subscription[] {
  return [...member.participant.subscriptions.values()];
}

export function leaveAll(...members: readonly Member[]): void {
  for (const { participant, peer } of members) {
    participant.leave('left');
    peer.close();
  }
}
