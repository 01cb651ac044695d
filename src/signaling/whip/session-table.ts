/** The HTTP resources of running WHIP and WHEP sessions. A resource exists exactly as long as its participant. */

import type { JoinOptions, Participant } from '../../rooms/participant.ts';
import { compactUuid } from '../compact-uuid.ts';

export type Role = 'whip' | 'whep';

/** What a session needs of its participant. */
export type SessionParticipant = Pick<
  Participant,
  | 'answerOffer'
  | 'addRemoteCandidate'
  | 'applyIceRestart'
  | 'localCandidates'
  | 'remoteIceCredentials'
  | 'closeReason'
  | 'leave'
> & { once(event: 'closed', listener: () => void): unknown };

/** What WHIP and WHEP need of Rooms. */
export interface JoinableRooms {
  join(options: JoinOptions, prepare: (newcomer: SessionParticipant) => void): SessionParticipant;
}

export interface Session {
  /** Unguessable: whoever knows it can end the session. */
  readonly id: string;
  readonly role: Role;
  readonly roomId: string;
  readonly participant: SessionParticipant;
  /** Names the ICE session; another one after each ICE restart (RFC 9725 §4.3.1). */
  entityTag: string;
}

export class SessionTable {
  /** Bounded by the limits on participants and connections. */
  readonly #sessions = new Map<string, Session>();

  get size(): number {
    return this.#sessions.size;
  }

  add(role: Role, roomId: string, participant: SessionParticipant): Session {
    const session: Session = { id: compactUuid(), role, roomId, participant, entityTag: compactUuid() };
    this.#sessions.set(session.id, session);
    participant.once('closed', () => this.#sessions.delete(session.id));
    return session;
  }

  get(role: Role, roomId: string, id: string): Session | null {
    const session = this.#sessions.get(id);
    return session !== undefined && session.role === role && session.roomId === roomId ? session : null;
  }
}
