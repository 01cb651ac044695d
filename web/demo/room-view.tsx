import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon, Logo } from '../shared/icon.tsx';
import { RoomControls } from './controls.tsx';
import { InviteButton } from './invite-button.tsx';
import { describeLink } from './link.ts';
import { LinkBanner, LinkPill } from './link-banner.tsx';
import type { LocalMedia } from './local-media.ts';
import { Voice } from './media-element.tsx';
import { recall, remember } from './preferences.ts';
import { describePresence, type Present } from './presence.ts';
import { ProblemMessages } from './problem-messages.tsx';
import { RoomGrid } from './room-grid.tsx';
import type { RoomSession } from './room-session.ts';
import { tileModels } from './tile-models.ts';

export interface RoomViewProps {
  readonly session: RoomSession;
  readonly media: LocalMedia;
  readonly onLeave: () => void;
}

export function RoomView({ session, media, onLeave }: RoomViewProps) {
  const [statistics, setStatistics] = useState(recall('statistics') === 'on');
  const [enlarged, setEnlarged] = useState<string | null>(null);
  const link = session.link.value;
  const tiles = tileModels(session, media, statistics);
  const people = new Set(tiles.map((tile) => tile.participantId)).size;
  const { roomId } = session.options.identity;

  const toggleStatistics = () => {
    remember('statistics', statistics ? 'off' : 'on');
    setStatistics(!statistics);
  };

  return (
    <div class="room">
      <header class="room-header">
        <span class="brand">
          <Logo />
          <h1 class="room-name" title={roomId}>
            <span class="visually-hidden">Room </span>
            {roomId}
          </h1>
        </span>
        <span class="pill plain people" title={`${people} in the room`}>
          <Icon name="people" size={15} />
          {people}
          <span class="visually-hidden"> in the room</span>
        </span>
        <LinkPill link={link} />
        <span class="spacer" />
        <InviteButton room={roomId} />
      </header>
      <main class="room-main">
        <LinkBanner link={link} retryAtMs={session.retryAtMs.value} onRetry={() => session.retryNow()} />
        <Notice session={session} />
        <ProblemMessages media={media} />
        <RoomGrid
          tiles={tiles}
          enlarged={enlarged}
          onEnlarge={setEnlarged}
          onShown={(sizes) => session.setShown(sizes)}
        />
        {people === 1 && link.phase === 'connected' && (
          <p class="message alone">
            <Icon name="information" />
            <span class="grow">You are the only one here.</span>
            <InviteButton room={roomId} primary />
          </p>
        )}
        {link.phase === 'ended' && link.reason !== 'left' && (
          <Ended message={describeLink(link)} onLeave={onLeave} onRejoin={() => session.retryNow()} />
        )}
      </main>
      <RoomControls media={media} statistics={statistics} onStatistics={toggleStatistics} onLeave={onLeave} />
      <Voices session={session} />
      <PresenceAnnouncer session={session} />
      {/* Its own region, in the tree from the start: what appears in a new one is often not read aloud. */}
      <p class="visually-hidden" aria-live="polite">
        {describeLink(link)}
      </p>
    </div>
  );
}

interface EndedProps {
  readonly message: string;
  readonly onLeave: () => void;
  readonly onRejoin: () => void;
}

/** Over for a reason that is not retried by itself: the user decides. */
function Ended({ message, onLeave, onRejoin }: EndedProps) {
  const rejoin = useRef<HTMLButtonElement>(null);
  useEffect(() => rejoin.current?.focus(), []);
  return (
    <div class="ended" role="alertdialog" aria-labelledby="ended-message">
      <div class="ended-card">
        <h2 id="ended-message">{message}</h2>
        <div class="ended-actions">
          <button type="button" class="button" onClick={onLeave}>
            Back
          </button>
          <button type="button" class="button primary" ref={rejoin} onClick={onRejoin}>
            Join again
          </button>
        </div>
      </div>
    </div>
  );
}

function Notice({ session }: { session: RoomSession }) {
  const text = session.notice.value;
  if (text === null) return null;
  return (
    <div class="message warning banner" role="status">
      <Icon name="information" />
      <span class="grow">{text}</span>
      <button
        type="button"
        class="dismiss"
        aria-label="Dismiss this message"
        onClick={() => session.dismissNotice()}
      >
        <Icon name="close" size={16} />
      </button>
    </div>
  );
}

/** Everyone's sound, apart from the tiles: it must go on wherever a tile moves. */
function Voices({ session }: { session: RoomSession }) {
  const [blocked, setBlocked] = useState(false);
  const [unblock, setUnblock] = useState(0);
  const voices = session.tiles.value.flatMap((tile) =>
    tile.audioMids.flatMap((mid) => {
      const track = session.trackOf(mid);
      return track === null ? [] : [{ mid, track, participantId: tile.participantId }];
    }),
  );
  return (
    <>
      {voices.map(({ mid, track, participantId }) => (
        <Voice
          key={mid}
          mid={mid}
          track={track}
          participantId={participantId}
          unblock={unblock}
          onBlocked={() => setBlocked(true)}
        />
      ))}
      {blocked && (
        <button
          type="button"
          class="button primary unblock"
          onClick={() => {
            setBlocked(false);
            setUnblock(unblock + 1);
          }}
        >
          <Icon name="sound" />
          Turn the sound on
        </button>
      )}
    </>
  );
}

function PresenceAnnouncer({ session }: { session: RoomSession }) {
  const [text, setText] = useState('');
  const before = useRef<readonly Present[]>([]);
  const present = session.tiles.value;
  useEffect(() => {
    const sentence = describePresence(before.current, present);
    before.current = present;
    if (sentence !== '') setText(sentence);
  }, [present]);
  return (
    <p class="visually-hidden" aria-live="polite" id="presence">
      {text}
    </p>
  );
}
