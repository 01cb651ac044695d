import {
  formatBitrate,
  formatCount,
  formatLevel,
  formatMilliseconds,
  formatPercent,
  formatScore,
} from '../shared/format.ts';
import { isBadQuality } from './rates.ts';
import type { LayerFacts, PublicationFacts, SentLayersFacts, SubscriptionFacts } from './snapshot.ts';

interface Column {
  readonly title: string;
  readonly numeric: boolean;
}

const text = (title: string): Column => ({ title, numeric: false });
const number = (title: string): Column => ({ title, numeric: true });

const publicationColumns: readonly Column[] = [
  text('Id'),
  text('Kind'),
  text('Codec'),
  number('Bitrate'),
  number('Packets'),
  number('Loss'),
  number('Jitter'),
  number('Level'),
  text('Layers'),
  number('Freezes'),
  number('Quality'),
  number('Subscribers'),
];

const subscriptionColumns: readonly Column[] = [
  text('From'),
  text('Publication'),
  text('Kind'),
  text('State'),
  text('Reason'),
  text('Layers'),
  number('Bitrate'),
  number('Packets'),
  number('Loss'),
  number('Round trip'),
  number('Freezes'),
  number('Quality'),
];

export function PublicationTable({
  publications,
  losses,
}: {
  publications: readonly PublicationFacts[];
  losses: ReadonlyMap<string, number>;
}) {
  if (publications.length === 0) return <p class="nothing">Publishes nothing.</p>;
  return (
    <div class="table-scroll">
      <table>
        <caption>Publications</caption>
        <TableHead columns={publicationColumns} />
        <tbody>
          {publications.map((publication) => {
            const loss = losses.get(publication.id) ?? null;
            return (
              <tr key={publication.id}>
                <th scope="row" class="mono">
                  {publication.id}
                </th>
                <td>
                  {publication.kind ?? '–'}
                  {publication.muted && <span class="tag">muted</span>}
                  {publication.speaking && <span class="tag">speaking</span>}
                  {publication.dominant && <span class="tag">dominant</span>}
                </td>
                <td>{publication.codec ?? '–'}</td>
                <td class="number">{formatBitrate(publication.bitrate)}</td>
                <td class="number">{formatCount(publication.packets)}</td>
                <td class={`number${loss !== null && loss >= 0.02 ? ' bad-text' : ''}`}>
                  {formatPercent(loss)}
                </td>
                <td class="number">{formatMilliseconds(publication.jitterMs)}</td>
                <td class="number">{formatLevel(publication.audioLevel)}</td>
                <td>
                  <LayerList layers={publication.layers} />
                </td>
                <td class="number">{formatCount(publication.freezes)}</td>
                <QualityCell quality={publication.quality} />
                <td class="number">{formatCount(publication.subscribers)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

export function SubscriptionTable({
  subscriptions,
  nameOf,
}: {
  subscriptions: readonly SubscriptionFacts[];
  nameOf: (participantId: string) => string;
}) {
  if (subscriptions.length === 0) return <p class="nothing">Receives nothing.</p>;
  return (
    <div class="table-scroll">
      <table>
        <caption>Subscriptions</caption>
        <TableHead columns={subscriptionColumns} />
        <tbody>
          {subscriptions.map((subscription) => (
            <tr key={subscription.id}>
              <th scope="row">
                {subscription.participantId === null ? '–' : nameOf(subscription.participantId)}
              </th>
              <td class="mono">{subscription.publicationId ?? '–'}</td>
              <td>{subscription.kind ?? '–'}</td>
              <td>
                <span class={`pill ${lookOf(subscription.state)}`}>{subscription.state ?? 'unknown'}</span>
              </td>
              <td>{subscription.pauseReason ?? subscription.reason ?? '–'}</td>
              <SentLayersCell layers={subscription.layers} />
              <td class="number">{formatBitrate(subscription.bitrate)}</td>
              <td class="number">{formatCount(subscription.packets)}</td>
              <td class="number">{formatPercent(subscription.fractionLost)}</td>
              <td class="number">{formatMilliseconds(subscription.rttMs)}</td>
              <td class="number">{formatCount(subscription.freezes)}</td>
              <QualityCell quality={subscription.quality} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function TableHead({ columns }: { columns: readonly Column[] }) {
  return (
    <thead>
      <tr>
        {columns.map(({ title, numeric }) => (
          <th key={title} scope="col" class={numeric ? 'number' : undefined}>
            {title}
          </th>
        ))}
      </tr>
    </thead>
  );
}

/** The picture sizes a publisher sends, and what each costs. */
function LayerList({ layers }: { layers: readonly LayerFacts[] }) {
  if (layers.length === 0) return <>–</>;
  return (
    <ul class="layers">
      {layers.map(({ spatial, height, frameRate, bitrate, active }) => (
        <li key={spatial} class={active ? undefined : 'muted'}>
          {height === null ? `layer ${spatial}` : `${height}p`}
          {frameRate !== null && ` ${Math.round(frameRate)} fps`}{' '}
          {active ? formatBitrate(bitrate) : 'not sent'}
        </li>
      ))}
    </ul>
  );
}

/** Spatial and temporal layer of those there are, counted from 1, and why those. */
function SentLayersCell({ layers }: { layers: SentLayersFacts | null }) {
  if (layers === null) return <td>–</td>;
  const of = (layer: number | null, highest: number | null) =>
    highest === null ? '–' : `${layer === null ? 0 : layer + 1}/${highest + 1}`;
  return (
    <td title={`${formatCount(layers.switches)} switches`}>
      S {of(layers.spatial, layers.highestSpatial)} T {of(layers.temporal, layers.highestTemporal)}
      {layers.reason !== null && <span class="tag">{layers.reason}</span>}
    </td>
  );
}

function QualityCell({ quality }: { quality: number | null }) {
  return <td class={`number${isBadQuality(quality) ? ' bad-text' : ''}`}>{formatScore(quality)}</td>;
}

function lookOf(state: string | null): string {
  if (state === 'live') return 'good';
  if (state === 'failed') return 'bad';
  return state === 'pending' ? 'busy' : '';
}
