/** What changed between two polls, per second. Pure. */
import type { ParticipantFacts, PublicationFacts, RoomFacts, Snapshot } from './snapshot.ts';

export interface Rates {
  readonly packetsInPerSecond: number | null;
  readonly packetsOutPerSecond: number | null;
  /** Bits per second. */
  readonly bitrateIn: number | null;
  readonly bitrateOut: number | null;
  /** Share of packets lost since the poll before, by publication id; where that is unknown, since it began. */
  readonly lossByPublication: ReadonlyMap<string, number>;
}

/** @param seconds between the two snapshots */
export function computeRates(previous: Snapshot | null, current: Snapshot, seconds: number): Rates {
  const perSecond = (before: number | null | undefined, now: number | null): number | null => {
    if (before === null || before === undefined || now === null || seconds <= 0) return null;
    // A counter that ran backwards belongs to a server that was restarted.
    return now < before ? null : (now - before) / seconds;
  };
  const bits = (bytes: number | null) => (bytes === null ? null : bytes * 8);
  const before = previous?.server;
  const { server } = current;
  return {
    packetsInPerSecond: perSecond(before?.packetsIn, server.packetsIn),
    packetsOutPerSecond: perSecond(before?.packetsOut, server.packetsOut),
    bitrateIn: bits(perSecond(before?.bytesIn, server.bytesIn)),
    bitrateOut: bits(perSecond(before?.bytesOut, server.bytesOut)),
    lossByPublication: computeLoss(previous, current),
  };
}

export interface Totals {
  readonly participants: number;
  readonly publications: number;
  readonly subscriptions: number;
  /** Subscriptions that ended in a named error. */
  readonly failed: number;
}

export function countRoom(room: RoomFacts): Totals {
  return room.participants.reduce(
    (totals, participant) => ({
      participants: totals.participants + 1,
      publications: totals.publications + participant.publications.length,
      subscriptions: totals.subscriptions + participant.subscriptions.length,
      failed: totals.failed + countFailed(participant),
    }),
    { participants: 0, publications: 0, subscriptions: 0, failed: 0 },
  );
}

export function countFailed(participant: ParticipantFacts): number {
  return participant.subscriptions.filter((subscription) => subscription.state === 'failed').length;
}

/** A score of which people complain. */
export function isBadQuality(score: number | null): boolean {
  return score !== null && score < 3;
}

/** Sum of what is known; null when nothing is. */
export function sumBitrates(entries: readonly { readonly bitrate: number | null }[]): number | null {
  const known = entries.flatMap(({ bitrate }) => (bitrate === null ? [] : [bitrate]));
  return known.length === 0 ? null : known.reduce((sum, bitrate) => sum + bitrate, 0);
}

/** Rooms and participants that match; a room that matches itself shows everyone in it. */
export function filterRooms(rooms: readonly RoomFacts[], query: string): readonly RoomFacts[] {
  const wanted = query.trim().toLocaleLowerCase();
  if (wanted === '') return rooms;
  const matches = (...texts: readonly (string | null)[]) =>
    texts.some((text) => text?.toLocaleLowerCase().includes(wanted));
  return rooms.flatMap((room) => {
    if (matches(room.id)) return [room];
    const participants = room.participants.filter(({ id, name, dialect }) => matches(id, name, dialect));
    return participants.length === 0 ? [] : [{ ...room, participants }];
  });
}

function computeLoss(previous: Snapshot | null, current: Snapshot): Map<string, number> {
  const before = new Map(publicationsOf(previous).map((publication) => [publication.id, publication]));
  const losses = new Map<string, number>();
  for (const publication of publicationsOf(current)) {
    const share = lossShare(before.get(publication.id), publication);
    if (share !== null) losses.set(publication.id, share);
  }
  return losses;
}

function lossShare(before: PublicationFacts | undefined, now: PublicationFacts): number | null {
  if (now.packets === null || now.lost === null) return null;
  const packets = now.packets - (before?.packets ?? 0);
  // RFC 3550: duplicates make the count of lost packets fall.
  const lost = Math.max(0, now.lost - (before?.lost ?? 0));
  if (packets < 0) return null;
  return packets + lost === 0 ? 0 : lost / (packets + lost);
}

function publicationsOf(snapshot: Snapshot | null): PublicationFacts[] {
  return (snapshot?.rooms ?? []).flatMap((room) =>
    room.participants.flatMap((participant) => [...participant.publications]),
  );
}
