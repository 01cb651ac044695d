import { formatBitrate, formatDuration, formatScore } from '../shared/format.ts';
import { Icon } from '../shared/icon.tsx';
import type { View } from './admin-state.ts';
import { BandwidthList } from './bandwidth-list.tsx';
import { PublicationTable, SubscriptionTable } from './media-tables.tsx';
import { countFailed, countRoom, isBadQuality, sumBitrates } from './rates.ts';
import type { ParticipantFacts, RoomFacts } from './snapshot.ts';

export interface RoomSectionProps {
  readonly room: RoomFacts;
  readonly view: View;
  readonly open: ReadonlySet<string>;
  readonly onToggle: (key: string) => void;
  readonly onRemove: (room: RoomFacts, participant: ParticipantFacts) => void;
}

/** One room: its members in a list, each opening to its publications and subscriptions. */
export function RoomSection({ room, view, open, onToggle, onRemove }: RoomSectionProps) {
  const totals = countRoom(room);
  const headingId = `room-${room.id}`;
  return (
    <section class="room-card" aria-labelledby={headingId} data-room={room.id}>
      <header class="room-card-header">
        <h2 id={headingId}>{room.id}</h2>
        <span class="room-facts">
          {count(totals.participants, 'participant')}
          {' · '}
          {count(totals.publications, 'publication')}
          {' · '}
          {count(totals.subscriptions, 'subscription')}
          {room.createdAtMs !== null && <> · open for {since(room.createdAtMs, view)}</>}
        </span>
        {totals.failed > 0 && <span class="pill bad">{totals.failed} failed</span>}
      </header>
      <ul class="participants">
        {room.participants.map((participant) => {
          const key = participantKey(room.id, participant.id);
          return (
            <ParticipantRow
              key={participant.id}
              participant={participant}
              room={room}
              view={view}
              open={open.has(key)}
              onToggle={() => onToggle(key)}
              onRemove={() => onRemove(room, participant)}
            />
          );
        })}
      </ul>
    </section>
  );
}

export function participantKey(roomId: string, participantId: string): string {
  return JSON.stringify([roomId, participantId]);
}

interface ParticipantRowProps {
  readonly participant: ParticipantFacts;
  readonly room: RoomFacts;
  readonly view: View;
  readonly open: boolean;
  readonly onToggle: () => void;
  readonly onRemove: () => void;
}

function ParticipantRow({ participant, room, view, open, onToggle, onRemove }: ParticipantRowProps) {
  const failed = countFailed(participant);
  const names = new Map(room.participants.map(({ id, name }) => [id, name]));
  const detailsId = `details-${participantKey(room.id, participant.id)}`;
  return (
    <li class={`participant${open ? ' open' : ''}`} data-participant={participant.id}>
      <div class="participant-row">
        <button
          type="button"
          class="disclosure"
          aria-expanded={open}
          aria-controls={open ? detailsId : undefined}
          onClick={onToggle}
        >
          <Icon name="chevron" size={16} />
          <span class="participant-name">
            <strong>{participant.name}</strong>
            {participant.id !== participant.name && <span class="mono id">{participant.id}</span>}
          </span>
        </button>
        <span class="dialect">{participant.dialect ?? '–'}</span>
        <span class={`pill ${lookOf(participant.connectionState)}`}>
          {participant.connectionState ?? 'unknown'}
        </span>
        <span class="cell since" title="Time since joining">
          {participant.joinedAtMs === null ? '' : since(participant.joinedAtMs, view)}
        </span>
        <span class="cell quality" title="Quality, 1 (bad) to 5 (excellent), and who speaks">
          <span class={isBadQuality(participant.quality) ? 'bad-text' : undefined}>
            {formatScore(participant.quality)}
          </span>
          {participant.publications.some(({ speaking }) => speaking) && <span class="tag">speaking</span>}
        </span>
        <span class="cell" title="Publications and their bitrate">
          <span aria-hidden="true">↑ </span>
          <span class="visually-hidden">sends </span>
          {participant.publications.length}
          <span class="bitrate">{formatBitrate(sumBitrates(participant.publications))}</span>
        </span>
        <span class="cell" title="Subscriptions and their bitrate">
          <span aria-hidden="true">↓ </span>
          <span class="visually-hidden">receives </span>
          {participant.subscriptions.length}
          <span class="bitrate">{formatBitrate(sumBitrates(participant.subscriptions))}</span>
          {failed > 0 && <span class="pill bad">{failed} failed</span>}
        </span>
        <button
          type="button"
          class="button small quiet remove"
          aria-label={`Remove ${participant.name} from ${room.id}`}
          onClick={onRemove}
        >
          <Icon name="remove" size={17} />
          Remove
        </button>
      </div>
      {open && (
        <div class="details" id={detailsId}>
          {participant.bandwidth !== null && <BandwidthList bandwidth={participant.bandwidth} />}
          <PublicationTable publications={participant.publications} losses={view.rates.lossByPublication} />
          <SubscriptionTable subscriptions={participant.subscriptions} nameOf={(id) => names.get(id) ?? id} />
        </div>
      )}
    </li>
  );
}

function lookOf(state: string | null): string {
  switch (state) {
    case 'connected':
      return 'good';
    case 'failed':
      return 'bad';
    case 'new':
    case 'connecting':
    case 'disconnected':
      return 'busy';
    default:
      return '';
  }
}

function since(ms: number, view: View): string {
  return formatDuration((view.receivedAtMs - ms) / 1000);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
