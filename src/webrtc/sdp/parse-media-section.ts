import { ProtocolError } from '../../errors.ts';
import { readCommonLines } from './common-lines.ts';
import {
  maxFormatsPerLine,
  maxMidLength,
  maxMsidLength,
  maxMsidsPerLine,
  maxRidsPerLine,
} from './sdp-limits.ts';
import type { SdpSection } from './sdp-lines.ts';
import type { Direction, MediaDescription, Msid, Rid, Simulcast } from './session-description.ts';
import { SsrcAttributes } from './ssrc-attributes.ts';
import { parseTransportAttributes } from './transport-attributes.ts';

/**
 * Parses one m-line with its attributes.
 *
 * @param defaultDirection what the session level says, where the section states no direction
 * @throws {ProtocolError} malformed-sdp, unsupported-sdp
 */
export function parseMediaSection(section: SdpSection, defaultDirection: string): MediaDescription {
  const header = /^([a-z]{1,32}) ([0-9]{1,5})(?:\/[0-9]+)? ([A-Za-z0-9/]{1,64})((?: +\S+)*)$/.exec(
    section.header,
  );
  if (!header) throw new ProtocolError('malformed-sdp', 'An m= line is malformed.');
  const port = Number(header[2]);
  const formats = header[4].split(/ +/).filter(Boolean);
  if (port > 65535) throw new ProtocolError('malformed-sdp', 'An m= line has a port above 65535.');
  limit(formats, maxFormatsPerLine, 'formats');

  let mid: string | null = null;
  let direction = defaultDirection as Direction;
  let bundleOnly = false;
  let rtcpMux = false;
  let rtcpReducedSize = false;
  let extmapAllowMixed = false;
  let simulcast: Simulcast | null = null;
  const msids: Msid[] = [];
  const rids: Rid[] = [];
  const sources = new SsrcAttributes();
  let sctpPort: number | null = null;
  let maxMessageSize: number | null = null;
  for (const { name, value } of section.attributes) {
    switch (name) {
      case 'mid':
        mid = parseMid(value);
        break;
      case 'sendrecv':
      case 'sendonly':
      case 'recvonly':
      case 'inactive':
        direction = name;
        break;
      case 'bundle-only':
        bundleOnly = true;
        break;
      case 'rtcp-mux':
        rtcpMux = true;
        break;
      case 'rtcp-rsize':
        rtcpReducedSize = true;
        break;
      case 'extmap-allow-mixed':
        extmapAllowMixed = true;
        break;
      case 'msid':
        msids.push(parseMsid(value));
        limit(msids, maxMsidsPerLine, 'msids');
        break;
      case 'rid':
        rids.push(parseRid(value));
        limit(rids, maxRidsPerLine, 'rids');
        break;
      case 'simulcast':
        simulcast = parseSimulcast(value);
        break;
      case 'ssrc':
        sources.addSsrc(value);
        break;
      case 'ssrc-group':
        sources.addGroup(value);
        break;
      case 'sctp-port':
        sctpPort = parseNumber(name, value, 65_535);
        break;
      case 'max-message-size':
        maxMessageSize = parseNumber(name, value, Number.MAX_SAFE_INTEGER);
        break;
    }
  }
  const { codecs, headerExtensions } = readCommonLines(header[1], header[3], formats, section.commonLines);
  const transport = parseTransportAttributes(section.attributes);
  // In the order of what we write: one shape for V8.
  return {
    kind: header[1],
    port,
    protocol: header[3],
    formats,
    mid,
    direction,
    bundleOnly,
    rtcpMux,
    rtcpReducedSize,
    extmapAllowMixed,
    codecs,
    headerExtensions,
    msids,
    rids,
    simulcast,
    ssrcs: sources.descriptions(),
    ssrcGroups: sources.groups,
    sctpPort,
    maxMessageSize,
    usernameFragment: transport.usernameFragment,
    password: transport.password,
    iceOptions: transport.iceOptions,
    fingerprints: transport.fingerprints,
    setup: transport.setup,
    candidates: transport.candidates,
    endOfCandidates: transport.endOfCandidates,
  };
}

/** Parses "streamId trackId", as in a=msid and in a=ssrc's msid. */
export function parseMsid(value: string): Msid {
  const [streamId, trackId] = value.split(/ +/);
  if (streamId === '' || streamId.length > maxMsidLength || (trackId?.length ?? 0) > maxMsidLength) {
    throw new ProtocolError('malformed-sdp', 'An msid is empty or too long.');
  }
  return { streamId: streamId === '-' ? null : streamId, trackId: trackId || null };
}

/** RFC 8841 §5.1, §6.1: digits. */
function parseNumber(name: string, value: string, largest: number): number {
  if (!/^[0-9]{1,19}$/.test(value) || (largest <= 65_535 && Number(value) > largest)) {
    throw new ProtocolError('malformed-sdp', `An a=${name} line is malformed.`);
  }
  return Math.min(Number(value), largest);
}

function parseMid(value: string): string {
  if (value.length > maxMidLength || !/^[\x21-\x7e]+$/.test(value)) {
    throw new ProtocolError('malformed-sdp', 'An a=mid line is malformed or too long.');
  }
  return value;
}

function parseRid(value: string): Rid {
  // RFC 8851 wants alphanumerics; "-" and "_" were allowed by its errata and are used.
  const match = /^([A-Za-z0-9_-]{1,255}) +(send|recv)(?: |$)/.exec(value);
  if (!match) throw new ProtocolError('malformed-sdp', 'An a=rid line is malformed.');
  return { id: match[1], direction: match[2] as 'send' | 'recv' };
}

/** null for anything but RFC 8853's final syntax: old drafts are treated as no simulcast. */
function parseSimulcast(value: string): Simulcast | null {
  const match = /^(send|recv) +([\w;,~-]+)(?: +(send|recv) +([\w;,~-]+))?$/.exec(value);
  if (!match || match[1] === match[3]) return null;
  const lists = { send: [] as string[], recv: [] as string[] };
  lists[match[1] as 'send' | 'recv'] = ridList(match[2]);
  if (match[3]) lists[match[3] as 'send' | 'recv'] = ridList(match[4]);
  limit(lists.send, maxRidsPerLine, 'simulcast streams');
  limit(lists.recv, maxRidsPerLine, 'simulcast streams');
  return lists;
}

function ridList(text: string): string[] {
  // "a,b;~c": streams are separated by ";", alternatives by ",", and "~" marks one that starts paused.
  return text.split(';').map((stream) => stream.split(',')[0].replace(/^~/, ''));
}

function limit(list: readonly unknown[], most: number, what: string): void {
  if (list.length > most)
    throw new ProtocolError('unsupported-sdp', `More than ${most} ${what} in an m-line.`);
}
