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
        <thead>
          <tr>
            <th scope="col">Id</th>
            <th scope="col">Kind</th>
            <th scope="col">Codec</th>
            <th scope="col" class="number">
              Bitrate
            </th>
            <th scope="col" class="number">
              Packets
            </th>
            <th scope="col" class="number">
              Loss
            </th>
            <th scope="col" class="number">
              Jitter
            </th>
            <th scope="col" class="number">
              Level
            </th>
            <th scope="col">Layers</th>
            <th scope="col" class="number">
              Freezes
            </th>
            <th scope="col" class="number">
              Quality
            </th>
            <th scope="col" class="number">
              Subscribers
            </th>
          </tr>
        </thead>
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
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">Publication</th>
            <th scope="col">Kind</th>
            <th scope="col">State</th>
            <th scope="col">Reason</th>
            <th scope="col">Layers</th>
            <th scope="col" class="number">
              Bitrate
            </th>
            <th scope="col" class="number">
              Packets
            </th>
            <th scope="col" class="number">
              Loss
            </th>
            <th scope="col" class="number">
              Round trip
            </th>
            <th scope="col" class="number">
              Freezes
            </th>
            <th scope="col" class="number">
              Quality
            </th>
          </tr>
        </thead>
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
