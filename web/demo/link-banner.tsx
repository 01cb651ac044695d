import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../shared/icon.tsx';
import { describeLink, type LinkState } from './link.ts';

export interface LinkBannerProps {
  readonly link: LinkState;
  readonly retryAtMs: number | null;
  readonly onRetry: () => void;
}

/** Phases in which nothing is wrong, or a dialog says it. */
const quietPhases: ReadonlySet<LinkState['phase']> = new Set(['connecting', 'connected', 'ended']);

/** Says what is wrong with the connection and when it is tried again; nothing while all is well. */
export function LinkBanner({ link, retryAtMs, onRetry }: LinkBannerProps) {
  const seconds = useSecondsUntil(retryAtMs);
  if (quietPhases.has(link.phase)) return null;
  const waiting = link.phase === 'waiting';
  return (
    <div class={`message banner ${waiting ? 'error' : 'warning'}`} data-phase={link.phase}>
      <Icon name="warning" />
      <span class="grow">
        {describeLink(link)}
        {waiting && seconds !== null && ` ${seconds > 0 ? `Trying again in ${seconds} s.` : 'Trying again…'}`}
      </span>
      {waiting && (
        <button type="button" class="button small" onClick={onRetry}>
          <Icon name="refresh" size={16} />
          Retry now
        </button>
      )}
    </div>
  );
}

/** @param atMs on the clock of performance.now() */
function useSecondsUntil(atMs: number | null): number | null {
  const [, tick] = useState(0);
  useEffect(() => {
    if (atMs === null) return;
    const timer = setInterval(() => tick((count) => count + 1), 250);
    return () => clearInterval(timer);
  }, [atMs]);
  return atMs === null ? null : Math.max(0, Math.ceil((atMs - performance.now()) / 1000));
}

/** The state in two words, for the header. */
export function LinkPill({ link }: { link: LinkState }) {
  const [look, text] = pillOf(link);
  return (
    <span class={`pill ${look}`} id="link-state" data-phase={link.phase} title={describeLink(link)}>
      {text}
    </span>
  );
}

function pillOf(link: LinkState): readonly [look: string, text: string] {
  switch (link.phase) {
    case 'connected':
      return ['good', 'Connected'];
    case 'connecting':
      return ['busy', 'Connecting'];
    case 'unstable':
      return ['busy', 'Unstable'];
    case 'reconnecting':
      return ['busy', 'Reconnecting'];
    case 'waiting':
    case 'ended':
      return ['bad', 'Offline'];
  }
}
