import { formatBitrate, formatCount, formatMilliseconds, formatPercent } from '../shared/format.ts';
import type { BandwidthFacts } from './snapshot.ts';

/** What is known of one participant's network, and what is made of it. */
export function BandwidthList({ bandwidth }: { bandwidth: BandwidthFacts }) {
  const { estimate, reason, max, maxIncoming, packetsWaiting, waitingMs } = bandwidth;
  const facts: readonly (readonly [name: string, value: string])[] = [
    ['Network carries', `${estimate === null ? 'unknown' : formatBitrate(estimate)} (${reason ?? '–'})`],
    ['To be sent', formatBitrate(bandwidth.target)],
    ['Of wanted', formatBitrate(bandwidth.wanted)],
    ['Sent with padding', formatBitrate(bandwidth.current)],
    ['Loss', formatPercent(bandwidth.lossFraction)],
    ['Round trip', formatMilliseconds(bandwidth.rttMs)],
    [
      'Waiting to be sent',
      packetsWaiting === null || packetsWaiting === 0
        ? 'nothing'
        : `${formatCount(packetsWaiting)} packets, ${formatMilliseconds(waitingMs)}`,
    ],
    ...(max === null ? [] : [['Sent at most', formatBitrate(max)] as const]),
    ...(maxIncoming === null ? [] : [['May send at most', formatBitrate(maxIncoming)] as const]),
  ];
  return (
    <dl class="bandwidth" aria-label="Bandwidth">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
