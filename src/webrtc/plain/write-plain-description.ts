/** Session descriptions for peers without ICE, in the form of RFC 8866 that all of them read. */

import type { MediaKind } from '../../media/rtp-parameters.ts';
import { familyOf } from '../../packet-io/socket-address.ts';
import type { Direction, PayloadFormat } from '../sdp/session-description.ts';
import { pushFormat } from '../sdp/write-session-description.ts';
import { type CryptoAttribute, formatCrypto } from './sdes.ts';

export interface WrittenLine {
  readonly kind: string;
  readonly protocol: string;
  /** As the peer stated it; null where it did not. */
  readonly mid: string | null;
  /** null for a refused line. */
  readonly live: {
    readonly kind: MediaKind;
    readonly address: string;
    readonly rtpPort: number;
    readonly rtcpPort: number;
    readonly rtcpMux: boolean;
    readonly direction: Direction;
    readonly codecs: readonly PayloadFormat[];
    readonly crypto: readonly CryptoAttribute[];
    /** -1 where nothing is sent. */
    readonly ssrc: number;
    readonly cname: string;
    /** kbit/s; 0 for none. */
    readonly bandwidth: number;
  } | null;
  /** The formats of a refused line. */
  readonly formats: readonly string[];
}

export function writePlainDescription(
  sessionId: string,
  version: number,
  address: string,
  lines: readonly WrittenLine[],
): string {
  const text = [
    'v=0',
    `o=- ${sessionId} ${version} ${network(address)}`,
    's=-',
    `c=${network(address)}`,
    't=0 0',
  ];
  for (const line of lines) pushLine(text, line);
  return `${text.join('\r\n')}\r\n`;
}

function pushLine(text: string[], { kind, protocol, mid, live, formats }: WrittenLine): void {
  if (live === null) {
    text.push(`m=${kind} 0 ${protocol} ${formats.length > 0 ? formats.join(' ') : '0'}`, 'a=inactive');
    if (mid !== null) text.push(`a=mid:${mid}`);
    return;
  }
  const types = live.codecs.map(({ payloadType }) => payloadType);
  text.push(`m=${kind} ${live.rtpPort} ${protocol} ${types.join(' ')}`, `c=${network(live.address)}`);
  if (live.bandwidth > 0) text.push(`b=AS:${live.bandwidth}`);
  if (mid !== null) text.push(`a=mid:${mid}`);
  text.push(`a=rtcp:${live.rtcpPort}`);
  if (live.rtcpMux) text.push('a=rtcp-mux');
  text.push(`a=${live.direction}`);
  for (const attribute of live.crypto) text.push(`a=crypto:${formatCrypto(attribute)}`);
  for (const format of live.codecs) pushFormat(text, format);
  if (live.ssrc >= 0) text.push(`a=ssrc:${live.ssrc} cname:${live.cname}`);
}

function network(address: string): string {
  return `IN IP${familyOf(address)} ${address}`;
}
