import { formatBitrate, formatCount, formatDuration, formatMilliseconds } from '../shared/format.ts';
import type { View } from './admin-state.ts';
import { countRoom } from './rates.ts';

/** The server in one row of figures. */
export function ServerSummary({ view }: { view: View }) {
  const { server, rooms } = view.snapshot;
  const { rates } = view;
  const totals = rooms.map(countRoom);
  const sum = (key: 'participants' | 'failed' | 'publications' | 'subscriptions') =>
    totals.reduce((count, room) => count + room[key], 0);
  const perSecond = (rate: number | null) => (rate === null ? '–' : `${formatCount(rate)}/s`);
  return (
    <dl class="summary">
      <Figure
        label="Uptime"
        value={formatDuration(server.uptimeSeconds)}
        note={versionNote(server.version)}
      />
      <Figure label="Rooms" value={formatCount(rooms.length)} />
      <Figure label="Participants" value={formatCount(sum('participants'))} />
      <Figure
        label="Subscriptions"
        value={formatCount(sum('subscriptions'))}
        note={
          sum('failed') > 0
            ? `${sum('failed')} failed`
            : `of ${formatCount(sum('publications'))} publications`
        }
        alert={sum('failed') > 0}
      />
      <Figure
        label="Packets in"
        value={perSecond(rates.packetsInPerSecond)}
        note={rates.bitrateIn === null ? '' : formatBitrate(rates.bitrateIn)}
      />
      <Figure
        label="Packets out"
        value={perSecond(rates.packetsOutPerSecond)}
        note={rates.bitrateOut === null ? '' : formatBitrate(rates.bitrateOut)}
      />
      <Figure
        label="Event-loop lag"
        value={formatMilliseconds(server.eventLoopLagMs)}
        // Packets wait this long before they are looked at; ears notice from about here.
        alert={(server.eventLoopLagMs ?? 0) > 50}
      />
    </dl>
  );
}

interface FigureProps {
  readonly label: string;
  readonly value: string;
  readonly note?: string;
  readonly alert?: boolean;
}

function Figure({ label, value, note = '', alert = false }: FigureProps) {
  return (
    <div class={`figure${alert ? ' alert' : ''}`}>
      <dt>{label}</dt>
      <dd>
        <span class="figure-value">{value}</span>
        {note !== '' && <span class="figure-note">{note}</span>}
      </dd>
    </div>
  );
}

function versionNote(version: string | null): string {
  return version === null ? '' : `version ${version}`;
}
