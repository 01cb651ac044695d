import { formatBitrate } from '../shared/format.ts';
import type { CallFigures } from './server-messages.ts';

export function CallStatistics({ figures }: { figures: CallFigures }) {
  const { publisherBandwidth, consumerBandwidth, bitrate, limitation, received } = figures;
  const facts = [
    ['Uplink', formatBitrate(publisherBandwidth)],
    ['Downlink', formatBitrate(consumerBandwidth)],
    ['Received', formatBitrate(bitrate)],
    ['Limited by', limitation],
  ] as const;
  return (
    <section class="statistics" aria-label="Statistics">
      <dl>
        {facts.map(([name, value]) => (
          <div key={name} class="fact">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {received.length > 0 && (
        <ul class="sent">
          {received.map(({ id, rid, codec, bitrate: rate }) => (
            <li key={id + rid}>
              You send {codec}
              {rid === '' ? '' : ` (${rid})`} at {formatBitrate(rate)}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
