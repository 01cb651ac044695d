/** Who is in the room and whose media is on which line, as the server tells it. */
import { isObject, objectsField, stringField } from '../shared/json-fields.ts';

export type MediaKind = 'audio' | 'video';

export interface DirectoryParticipant {
  readonly id: string;
  readonly name: string;
  /** The signaling dialect the participant speaks; null when the server does not say. */
  readonly dialect: string | null;
}

export interface DirectoryMedia {
  /** The line of our own connection that carries it. */
  readonly mid: string;
  readonly participantId: string;
  readonly publicationId: string;
  readonly kind: MediaKind;
  readonly muted: boolean;
}

export interface Directory {
  readonly participants: readonly DirectoryParticipant[];
  readonly media: readonly DirectoryMedia[];
}

/** Reads the additive `participants` and `media` fields; null when the server sends neither (another Pion server). */
export function readDirectory(data: unknown): Directory | null {
  if (!isObject(data)) return null;
  const participants = objectsField(data, 'participants');
  const media = objectsField(data, 'media');
  if (participants === null && media === null) return null;
  return {
    participants: (participants ?? []).flatMap((entry) => {
      const id = stringField(entry, 'id');
      if (id === null) return [];
      return [{ id, name: stringField(entry, 'name') || id, dialect: stringField(entry, 'dialect') }];
    }),
    media: (media ?? []).flatMap((entry) => {
      const mid = stringField(entry, 'mid');
      const participantId = stringField(entry, 'participantId');
      const kind = stringField(entry, 'kind');
      if (mid === null || participantId === null || (kind !== 'audio' && kind !== 'video')) return [];
      const publicationId = stringField(entry, 'publicationId') ?? `${participantId}:${mid}`;
      return [{ mid, participantId, publicationId, kind, muted: entry.muted === true } as const];
    }),
  };
}
