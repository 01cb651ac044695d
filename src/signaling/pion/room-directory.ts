/** Who is in the room, and whose media is on which line: what the demo page shows names and tiles by. */

export interface RoomDirectory {
  /** The others. */
  readonly participants: readonly { readonly id: string; readonly name: string; readonly dialect: string }[];
  /** The receiving client's lines that carry something. */
  readonly media: readonly {
    readonly mid: string;
    readonly participantId: string;
    readonly publicationId: string;
    readonly kind: 'audio' | 'video';
    readonly muted: boolean;
  }[];
}

/** The part of a Subscription this is read from. */
export interface DirectorySubscription {
  readonly line: { readonly transceiver: { readonly mid: string | null } } | null;
  readonly publication: {
    readonly id: string;
    readonly kind: 'audio' | 'video';
    readonly muted: boolean;
    readonly participant: { readonly id: string };
  };
}

/** The part of a Participant this is read from. */
export interface DirectorySource {
  readonly id: string;
  readonly room: {
    readonly participants: ReadonlyMap<
      string,
      { readonly id: string; readonly name: string; readonly dialect: string }
    >;
  };
  readonly subscriptions: {
    values(): Iterable<DirectorySubscription>;
  };
}

/** The room as `self` is to see it, with the mids its latest description has. */
export function readRoomDirectory(self: DirectorySource): RoomDirectory {
  const participants: RoomDirectory['participants'][number][] = [];
  for (const { id, name, dialect } of self.room.participants.values()) {
    if (id !== self.id) participants.push({ id, name, dialect });
  }
  const media: RoomDirectory['media'][number][] = [];
  for (const { line, publication } of self.subscriptions.values()) {
    const mid = line?.transceiver.mid ?? null;
    if (mid === null) continue;
    const { id, participant, kind, muted } = publication;
    media.push({ mid, participantId: participant.id, publicationId: id, kind, muted });
  }
  return { participants, media };
}
