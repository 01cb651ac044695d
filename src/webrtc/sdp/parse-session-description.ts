import { ProtocolError } from '../../errors.ts';
import { parseMediaSection } from './parse-media-section.ts';
import { maxBundleGroups } from './sdp-limits.ts';
import { splitSdp } from './sdp-lines.ts';
import type { SessionDescription } from './session-description.ts';
import { parseTransportAttributes } from './transport-attributes.ts';

/**
 * Parses a WebRTC session description (RFC 8866, RFC 9429).
 *
 * Attributes this server does not use are skipped; those it uses must be well-formed. That mids are unique and
 * groups name existing lines is checked here too, so whoever reads the result may index by mid.
 *
 * @throws {ProtocolError} malformed-sdp, unsupported-sdp, limit-message-size, limit-media-lines
 */
export function parseSessionDescription(sdp: string): SessionDescription {
  const sections = splitSdp(sdp);
  const origin = /^\S+ ([0-9]{1,20}) ([0-9]{1,20}) IN IP[46] \S+$/.exec(sections.session.header);
  if (!origin) throw new ProtocolError('malformed-sdp', 'The o= line is malformed.');
  let iceLite = false;
  let extmapAllowMixed = false;
  const bundleGroups: string[][] = [];
  for (const { name, value } of sections.session.attributes) {
    if (name === 'ice-lite') iceLite = true;
    else if (name === 'extmap-allow-mixed') extmapAllowMixed = true;
    else if (name === 'group') {
      const [semantics, ...mids] = value.split(/ +/);
      if (semantics !== 'BUNDLE') continue;
      if (bundleGroups.length >= maxBundleGroups) {
        throw new ProtocolError('unsupported-sdp', `More than ${maxBundleGroups} BUNDLE groups.`);
      }
      bundleGroups.push(mids);
    }
  }
  const sessionDirection = sections.session.attributes.find(({ name }) => isDirection(name))?.name;
  const media = sections.media.map((section) => parseMediaSection(section, sessionDirection ?? 'sendrecv'));
  const mids = new Set<string>();
  for (const { mid } of media) {
    if (mid === null) continue;
    if (mids.has(mid)) throw new ProtocolError('malformed-sdp', 'Two m-lines have the same mid.');
    mids.add(mid);
  }
  const grouped = new Set<string>();
  for (const mid of bundleGroups.flat()) {
    if (!mids.has(mid)) throw new ProtocolError('malformed-sdp', 'A BUNDLE group names an unknown mid.');
    if (grouped.has(mid)) throw new ProtocolError('malformed-sdp', 'A mid is in BUNDLE groups twice.');
    grouped.add(mid);
  }
  return {
    sessionId: origin[1],
    sessionVersion: origin[2],
    iceLite,
    extmapAllowMixed,
    bundleGroups,
    media,
    ...parseTransportAttributes(sections.session.attributes),
  };
}

function isDirection(name: string): boolean {
  return name === 'sendrecv' || name === 'sendonly' || name === 'recvonly' || name === 'inactive';
}
