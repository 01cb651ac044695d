/** Stand-ins for the room and the clock, for the unit tests of this folder. */
import { EventEmitter } from 'node:events';
import { ProtocolError, UserError } from '../../src/errors.ts';
import type { LayerPreference } from '../../src/media/layers/layer-policy.ts';
import type { CloseReason } from '../../src/rooms/close-reason.ts';
import type { JoinOptions } from '../../src/rooms/participant.ts';
import type { PeerParticipant } from '../../src/signaling/pion/pion-peer.ts';

/** Runs what is due when told to; nothing else moves it. */
export class ManualClock {
  nowMs = 0;
  #timers: { atMs: number; run: () => void }[] = [];

  readonly now = (): number => this.nowMs;

  readonly after = (delayMs: number, run: () => void): (() => void) => {
    const timer = { atMs: this.nowMs + delayMs, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  get pending(): number {
    return this.#timers.length;
  }

  advance(ms: number): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      const next = this.#timers.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.nowMs = next.atMs;
      next.run();
    }
    this.nowMs = endMs;
  }
}

export class FakeRoom extends EventEmitter {
  readonly participants = new Map<string, FakeParticipant>();
}

/** Notes what it is asked. */
export class FakeSubscription {
  readonly line: { transceiver: { mid: string | null } } | null;
  readonly publication: FakePublication;
  state = 'live';
  preference: LayerPreference = {};
  pauseReason: string | null = null;
  readonly calls: string[] = [];

  constructor(line: FakeSubscription['line'], publication: FakePublication) {
    this.line = line;
    this.publication = publication;
  }

  setPreference(preference: LayerPreference): void {
    this.preference = preference;
    this.calls.push(`${preference.width ?? '-'}x${preference.height ?? '-'}`);
  }

  pause(reason: string): void {
    this.pauseReason = reason;
    this.calls.push(`pause ${reason}`);
  }

  resume(): void {
    this.pauseReason = null;
    this.calls.push('resume');
  }

  /** The calls since the last time. */
  take(): string[] {
    return this.calls.splice(0);
  }
}

interface FakePublication {
  readonly id: string;
  readonly kind: 'audio' | 'video';
  readonly muted: boolean;
  readonly participant: { readonly id: string };
}

/** Keeps the rules of a Participant that the dialect relies on, and notes what it is asked. */
export class FakeParticipant extends EventEmitter implements PeerParticipant {
  readonly id: string;
  readonly name: string;
  readonly dialect = 'pion';
  readonly room: FakeRoom;
  readonly localCandidates = [
    { candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host', sdpMid: '0', sdpMLineIndex: 0 },
  ];
  readonly subscriptions = new Map<string, FakeSubscription>();
  readonly calls: string[] = [];
  closeReason: CloseReason | null = null;
  connectionState = 'new';
  offerPending = false;
  wantsNegotiation = false;
  bug: Error | null = null;

  constructor(id: string, room: FakeRoom, name = id) {
    super();
    this.id = id;
    this.room = room;
    this.name = name;
  }

  get negotiationNeeded(): boolean {
    return this.wantsNegotiation && !this.offerPending;
  }

  answerOffer(sdp: string): string {
    if (this.bug !== null) throw this.bug;
    if (sdp.startsWith('malformed')) throw new ProtocolError('malformed-sdp', 'Malformed.');
    this.offerPending = false;
    this.calls.push(`answer ${sdp}`);
    return `answer to ${sdp}`;
  }

  createOffer(): string {
    if (this.offerPending) throw new UserError('invalid-state', 'An offer is out.');
    this.offerPending = true;
    this.wantsNegotiation = false;
    this.calls.push('offer');
    return `offer ${this.calls.filter((call) => call === 'offer').length}`;
  }

  acceptAnswer(sdp: string): void {
    if (sdp.startsWith('malformed')) throw new ProtocolError('malformed-sdp', 'Malformed.');
    this.offerPending = false;
    this.calls.push(`accept ${sdp}`);
  }

  addRemoteCandidate(candidate: string): void {
    if (candidate === 'malformed') throw new ProtocolError('malformed-candidate', 'Malformed.');
    this.calls.push(`candidate ${candidate}`);
  }

  expectMedia(kind: 'audio' | 'video'): void {
    this.wantsNegotiation = true;
    this.calls.push(`expect ${kind}`);
  }

  setMuted(mid: string, muted: boolean): void {
    this.calls.push(`mute ${mid} ${muted}`);
  }

  leave(reason: CloseReason): void {
    if (this.closeReason !== null) return;
    this.closeReason = reason;
    if (this.room.participants.get(this.id) === this) this.room.participants.delete(this.id);
    this.emit('closed', reason);
  }

  /** What the room does when something is to be offered. */
  needNegotiation(): void {
    this.wantsNegotiation = true;
    if (this.negotiationNeeded) this.emit('negotiationneeded');
  }

  connect(): void {
    this.connectionState = 'connected';
    this.emit('connectionstatechange', 'connected');
  }
}

export class FakeRooms {
  readonly rooms = new Map<string, FakeRoom>();
  readonly joined: { options: JoinOptions; participant: FakeParticipant }[] = [];
  refusal: Error | null = null;

  join(options: JoinOptions): FakeParticipant {
    if (this.refusal !== null) throw this.refusal;
    const room = this.rooms.get(options.roomId) ?? new FakeRoom();
    this.rooms.set(options.roomId, room);
    const participant = new FakeParticipant(options.participantId, room, options.name);
    room.participants.get(options.participantId)?.leave('replaced');
    room.participants.set(options.participantId, participant);
    this.joined.push({ options, participant });
    return participant;
  }
}

/** Reads what was sent, and insists on the encoding: text in `data`, JSON inside it. */
export function decode(text: string): { event: string; data: Record<string, unknown> } {
  const { event, data } = JSON.parse(text) as { event: string; data: unknown };
  if (typeof data !== 'string') throw new Error(`data of ${event} is no string`);
  return { event, data: JSON.parse(data) };
}
