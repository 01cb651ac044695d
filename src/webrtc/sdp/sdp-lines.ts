import { ProtocolError } from '../../errors.ts';
import { maxParsedMediaLines, maxSdpLength, maxSdpLineLength } from './sdp-limits.ts';

/** One a= line: `a=name` or `a=name:value`. */
export interface SdpAttribute {
  readonly name: string;
  /** Empty where there is none. */
  readonly value: string;
}

/** The lines of the session part, or of one m-line's part, that matter to WebRTC. */
export interface SdpSection {
  /** The value of m=, or of o= for the session part. */
  readonly header: string;
  readonly attributes: readonly SdpAttribute[];
  /** The value of c=, which only peers without ICE mean; null where there is none. */
  readonly connection: string | null;
}

export interface SdpSections {
  readonly session: SdpSection;
  readonly media: readonly SdpSection[];
}

/**
 * Splits a session description into sections and attributes (RFC 8866 §5), accepting any of the line ends
 * CRLF, LF and CR, because clients use them all. Types other than v=, o=, c=, m= and a= carry nothing that is used.
 *
 * @throws {ProtocolError} malformed-sdp, limit-message-size, limit-media-lines
 */
export function splitSdp(sdp: string): SdpSections {
  if (sdp.length > maxSdpLength) {
    throw new ProtocolError('limit-message-size', `The SDP is longer than ${maxSdpLength} characters.`);
  }
  const lines = sdp.split(/\r\n|\r|\n/);
  if (lines[0]?.trimEnd() !== 'v=0') {
    throw new ProtocolError('malformed-sdp', 'The SDP does not begin with "v=0".');
  }
  let origin: string | null = null;
  let attributes: SdpAttribute[] = [];
  const session = attributes;
  const media: SdpSection[] = [];
  /** That of the session, then of each m-line. */
  const connections: (string | null)[] = [null];
  for (const line of lines) {
    if (line.length > maxSdpLineLength) {
      throw new ProtocolError('malformed-sdp', `An SDP line is longer than ${maxSdpLineLength} characters.`);
    }
    const text = line.trimEnd();
    if (text === '') continue;
    if (!/^[a-z]=/.test(text)) {
      throw new ProtocolError('malformed-sdp', 'An SDP line does not begin with a type and "=".');
    }
    const value = text.slice(2);
    switch (text[0]) {
      case 'o':
        origin ??= value;
        break;
      case 'm':
        if (media.length >= maxParsedMediaLines) {
          throw new ProtocolError('limit-media-lines', `More than ${maxParsedMediaLines} m-lines.`);
        }
        attributes = [];
        media.push({ header: value, attributes, connection: null });
        connections.push(null);
        break;
      case 'c':
        connections[media.length] ??= value;
        break;
      case 'a':
        attributes.push(attribute(value));
        break;
    }
  }
  if (origin === null) throw new ProtocolError('malformed-sdp', 'The SDP has no o= line.');
  return {
    session: { header: origin, attributes: session, connection: connections[0] },
    media: media.map((section, index) => ({ ...section, connection: connections[index + 1] })),
  };
}

function attribute(text: string): SdpAttribute {
  const colon = text.indexOf(':');
  return colon < 0
    ? { name: text, value: '' }
    : { name: text.slice(0, colon), value: text.slice(colon + 1).trimStart() };
}
