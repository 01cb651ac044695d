import { useMemo, useState } from 'preact/hooks';
import { Icon, Logo } from '../shared/icon.tsx';
import type { AdminState, AdminStatus, View } from './admin-state.ts';
import { filterRooms } from './rates.ts';
import { RemoveDialog } from './remove-dialog.tsx';
import { RoomSection } from './room-section.tsx';
import { ServerSummary } from './server-summary.tsx';
import type { ParticipantFacts, RoomFacts } from './snapshot.ts';
import { TokenForm } from './token-form.tsx';

export function App({ state }: { state: AdminState }) {
  const status = state.status.value;
  const view = state.view.value;
  return (
    <div class="admin">
      <header class="page-header">
        <a class="brand" href="/">
          <Logo />
          <h1>
            Manifold <span class="muted">admin</span>
          </h1>
        </a>
        <span class="spacer" />
        <StatusPill status={status} />
      </header>
      <main class="page-main">
        {status.kind === 'error' && (
          <div class="message error banner" role="alert">
            <Icon name="warning" />
            <span class="grow">
              {status.message}
              {view !== null && ' What you see below is from before.'}
            </span>
            <button type="button" class="button small" onClick={() => state.refresh()}>
              <Icon name="refresh" size={16} />
              Retry now
            </button>
          </div>
        )}
        {status.kind === 'token-needed' && (
          <TokenForm rejected={status.rejected} onToken={(token) => state.setToken(token)} />
        )}
        {status.kind === 'loading' && view === null && <p class="loading">Loading…</p>}
        {view !== null && <Overview view={view} state={state} />}
      </main>
    </div>
  );
}

function Overview({ view, state }: { view: View; state: AdminState }) {
  const [query, setQuery] = useState('');
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [removing, setRemoving] = useState<{ room: RoomFacts; participant: ParticipantFacts } | null>(null);
  const { rooms } = view.snapshot;
  const shown = useMemo(() => filterRooms(rooms, query), [rooms, query]);

  const toggle = (key: string) => {
    const next = new Set(open);
    if (!next.delete(key)) next.add(key);
    setOpen(next);
  };

  return (
    <>
      <ServerSummary view={view} />
      {rooms.length === 0 ? (
        <div class="center-card">
          <span class="center-icon">
            <Icon name="people" size={26} />
          </span>
          <h2>No rooms yet</h2>
          <p>A room opens when the first participant joins, and closes when the last one leaves.</p>
          <a class="button primary" href="/">
            Open the demo room
          </a>
        </div>
      ) : (
        <>
          <label class="search">
            <Icon name="search" size={18} />
            <span class="visually-hidden">Filter rooms and participants</span>
            <input
              class="input"
              type="search"
              placeholder="Filter by room, participant or dialect"
              value={query}
              onInput={(event) => setQuery(event.currentTarget.value)}
            />
          </label>
          {shown.length === 0 && <p class="nothing">Nothing matches “{query}”.</p>}
          {shown.map((room) => (
            <RoomSection
              key={room.id}
              room={room}
              view={view}
              open={open}
              onToggle={toggle}
              onRemove={(inRoom, participant) => setRemoving({ room: inRoom, participant })}
            />
          ))}
        </>
      )}
      {removing !== null && (
        <RemoveDialog
          roomId={removing.room.id}
          name={removing.participant.name}
          onConfirm={() => state.remove(removing.room.id, removing.participant.id)}
          onClose={() => setRemoving(null)}
        />
      )}
    </>
  );
}

function StatusPill({ status }: { status: AdminStatus }) {
  const [look, text] = {
    loading: ['busy', 'Loading'],
    live: ['good', 'Live'],
    'token-needed': ['', 'Locked'],
    error: ['bad', 'Error'],
  }[status.kind] as [string, string];
  return (
    <span class={`pill ${look}`} id="admin-state" data-state={status.kind} role="status">
      {text}
    </span>
  );
}
