import { headerExtensionUri, type RtpEncoding } from '../../media/rtp-parameters.ts';
import type { NegotiatedExtension } from './header-extensions.ts';
import { maxEncodings } from './sdp-limits.ts';
import type { MediaDescription } from './session-description.ts';

/**
 * What a remote says it sends on a line, at most `maxEncodings`, in its order: the accepted RIDs (RFC 8853),
 * else simulcast by a SIM group, else one SSRC, else one stream nothing is known about yet.
 */
export function remoteEncodings(media: MediaDescription, rids: readonly string[]): RtpEncoding[] {
  if (rids.length > 0) return rids.map((rid) => ({ rid, ssrc: -1, rtxSsrc: -1 }));
  const simulcast = media.ssrcGroups.find(({ semantics, ssrcs }) => semantics === 'SIM' && ssrcs.length > 0);
  if (simulcast) return simulcast.ssrcs.slice(0, maxEncodings).map((ssrc) => bySsrc(media, ssrc));
  const repairs = new Set(
    media.ssrcGroups
      .filter(({ semantics }) => semantics === 'FID' || semantics === 'FEC-FR' || semantics === 'FEC')
      .flatMap(({ ssrcs }) => ssrcs.slice(1)),
  );
  const primary = media.ssrcs.find(({ ssrc }) => !repairs.has(ssrc));
  return [primary ? bySsrc(media, primary.ssrc) : { rid: null, ssrc: -1, rtxSsrc: -1 }];
}

/**
 * The RIDs a remote sends and we take: those of a=simulcast, or a lone a=rid. None where packets could not
 * carry them.
 */
export function acceptedRids(media: MediaDescription, extensions: readonly NegotiatedExtension[]): string[] {
  if (!extensions.some(({ uri, receive }) => receive && uri === headerExtensionUri.rid)) return [];
  const declared = media.rids.filter(({ direction }) => direction === 'send').map(({ id }) => id);
  const listed = media.simulcast ? media.simulcast.send : declared.slice(0, 1);
  const rids = [...new Set(listed)].filter((rid) => declared.includes(rid));
  return rids.slice(0, maxEncodings);
}

function bySsrc(media: MediaDescription, ssrc: number): RtpEncoding {
  const pair = media.ssrcGroups.find(
    ({ semantics, ssrcs }) => semantics === 'FID' && ssrcs.length === 2 && ssrcs[0] === ssrc,
  );
  return { rid: null, ssrc, rtxSsrc: pair ? pair.ssrcs[1] : -1 };
}
