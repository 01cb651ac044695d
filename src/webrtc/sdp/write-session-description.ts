import type {
  ExtensionMapping,
  MediaDescription,
  Msid,
  PayloadFormat,
  SessionDescription,
  TransportAttributes,
} from './session-description.ts';
import { sharedResult } from './shared-results.ts';

/**
 * Writes a session description with CRLF line ends, in the order RFC 9429 §5.2.1 uses. Parsing the result
 * yields the description again, except that rejected lines (port 0) keep only their m=, mid and direction.
 */
export function writeSessionDescription(description: SessionDescription): string {
  const lines = [
    'v=0',
    `o=- ${description.sessionId} ${description.sessionVersion} IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
  ];
  for (const mids of description.bundleGroups) lines.push(`a=group:BUNDLE ${mids.join(' ')}`);
  if (description.extmapAllowMixed) lines.push('a=extmap-allow-mixed');
  lines.push('a=msid-semantic: WMS *');
  if (description.iceLite) lines.push('a=ice-lite');
  pushTransport(lines, description);
  for (const media of description.media) pushMedia(lines, media);
  return `${lines.join('\r\n')}\r\n`;
}

function pushMedia(lines: string[], media: MediaDescription): void {
  lines.push(
    `m=${media.kind} ${media.port} ${media.protocol} ${media.formats.join(' ')}`,
    'c=IN IP4 0.0.0.0',
  );
  // RFC 8866 §5: before the attributes.
  if (media.maxKbps != null) lines.push(`b=AS:${media.maxKbps}`);
  if (media.mid !== null) lines.push(`a=mid:${media.mid}`);
  if (media.port === 0 && !media.bundleOnly) {
    lines.push('a=inactive');
    return;
  }
  pushTransport(lines, media);
  if (media.bundleOnly) lines.push('a=bundle-only');
  if (media.extmapAllowMixed) lines.push('a=extmap-allow-mixed');
  if (media.headerExtensions.length > 0) lines.push(extensionLines(media.headerExtensions).text);
  lines.push(`a=${media.direction}`);
  for (const msid of media.msids) lines.push(`a=msid:${msidText(msid)}`);
  if (media.rtcpMux) lines.push('a=rtcp-mux');
  if (media.rtcpReducedSize) lines.push('a=rtcp-rsize');
  if (media.codecs.length > 0) lines.push(formatLines(media.codecs).text);
  for (const { id, direction } of media.rids) lines.push(`a=rid:${id} ${direction}`);
  if (media.simulcast) {
    const parts = (['send', 'recv'] as const)
      .filter((direction) => media.simulcast?.[direction].length)
      .map((direction) => `${direction} ${media.simulcast?.[direction].join(';')}`);
    if (parts.length > 0) lines.push(`a=simulcast:${parts.join(' ')}`);
  }
  for (const { semantics, ssrcs } of media.ssrcGroups) {
    lines.push(`a=ssrc-group:${[semantics, ...ssrcs].join(' ')}`);
  }
  if (media.sctpPort !== null) lines.push(`a=sctp-port:${media.sctpPort}`);
  if (media.maxMessageSize !== null) lines.push(`a=max-message-size:${media.maxMessageSize}`);
  for (const { ssrc, cname, msid } of media.ssrcs) {
    if (cname !== null) lines.push(`a=ssrc:${ssrc} cname:${cname}`);
    if (msid !== null) lines.push(`a=ssrc:${ssrc} msid:${msidText(msid)}`);
    if (msid !== null && media.labelsSources === true) {
      lines.push(`a=ssrc:${ssrc} mslabel:${msid.streamId ?? '-'}`);
      if (msid.trackId !== null) lines.push(`a=ssrc:${ssrc} label:${msid.trackId}`);
    }
    if (cname === null && msid === null) lines.push(`a=ssrc:${ssrc}`);
  }
}

function pushTransport(lines: string[], transport: TransportAttributes): void {
  if (transport.usernameFragment !== null) lines.push(`a=ice-ufrag:${transport.usernameFragment}`);
  if (transport.password !== null) lines.push(`a=ice-pwd:${transport.password}`);
  if (transport.iceOptions.length > 0) lines.push(`a=ice-options:${transport.iceOptions.join(' ')}`);
  for (const { algorithm, value } of transport.fingerprints)
    lines.push(`a=fingerprint:${algorithm} ${value}`);
  if (transport.setup !== null) lines.push(`a=setup:${transport.setup}`);
  for (const candidate of transport.candidates) lines.push(`a=${candidate}`);
  if (transport.endOfCandidates) lines.push('a=end-of-candidates');
}

function extensionLines(extensions: readonly ExtensionMapping[]): { readonly text: string } {
  return sharedResult(extensions, 'lines', () => {
    const lines = extensions.map(
      ({ id, uri, direction }) => `a=extmap:${id}${direction ? `/${direction}` : ''} ${uri}`,
    );
    return { text: lines.join('\r\n') };
  });
}

function formatLines(formats: readonly PayloadFormat[]): { readonly text: string } {
  return sharedResult(formats, 'lines', () => {
    const lines: string[] = [];
    for (const format of formats) pushFormat(lines, format);
    return { text: lines.join('\r\n') };
  });
}

export function pushFormat(lines: string[], format: PayloadFormat): void {
  const channels = format.channels > 1 ? `/${format.channels}` : '';
  lines.push(`a=rtpmap:${format.payloadType} ${format.name}/${format.clockRate}${channels}`);
  for (const feedback of format.feedback) lines.push(`a=rtcp-fb:${format.payloadType} ${feedback}`);
  const parameters = Object.entries(format.parameters).map(([key, value]) =>
    value === '' ? key : `${key}=${value}`,
  );
  if (parameters.length > 0) lines.push(`a=fmtp:${format.payloadType} ${parameters.join(';')}`);
}

function msidText({ streamId, trackId }: Msid): string {
  return trackId === null ? (streamId ?? '-') : `${streamId ?? '-'} ${trackId}`;
}
