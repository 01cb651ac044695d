import {
  formatBitrate,
  formatCount,
  formatLevel,
  formatMilliseconds,
  formatPercent,
  formatScore,
} from '../shared/format.ts';
import { isBadQuality } from './rates.ts';
import type { PublicationFacts, SubscriptionFacts } from './snapshot.ts';

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
              <td>{subscription.reason ?? '–'}</td>
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

function QualityCell({ quality }: { quality: number | null }) {
  return <td class={`number${isBadQuality(quality) ? ' bad-text' : ''}`}>{formatScore(quality)}</td>;
}

function lookOf(state: string | null): string {
  if (state === 'live') return 'good';
  if (state === 'failed') return 'bad';
  return state === 'pending' ? 'busy' : '';
}
