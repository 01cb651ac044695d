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
  /**
   * The lines that clients of one version have in common, as they stand: a=rtpmap, a=rtcp-fb, a=fmtp and a=extmap, most
   * of a description. They are not among the attributes: see attributesOf().
   */
  readonly commonLines: string;
  /** The value of c=, which only peers without ICE mean; null where there is none. */
  readonly connection: string | null;
}

export interface SdpSections {
  readonly session: SdpSection;
  readonly media: readonly SdpSection[];
}

interface SectionDraft {
  header: string | null;
  readonly attributes: SdpAttribute[];
  commonLines: string;
  connection: string | null;
}

/** As many common lines as there are in a row. */
const commonLineRun = /(?:a=(?:rtpmap|rtcp-fb|fmtp|extmap):[^\n]*(?:\n|$))+/y;

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
  const text = /\r(?!\n)/.test(sdp) ? sdp.replace(/\r\n?/g, '\n') : sdp;
  if (/^v=0\s*(?:\n|$)/.exec(text) === null) {
    throw new ProtocolError('malformed-sdp', 'The SDP does not begin with "v=0".');
  }
  const session = newSection(null);
  const media: SectionDraft[] = [];
  let section = session;
  for (let start = 0; start < text.length; ) {
    commonLineRun.lastIndex = start;
    if (commonLineRun.test(text)) {
      section.commonLines += text.slice(start, commonLineRun.lastIndex);
      start = commonLineRun.lastIndex;
      continue;
    }
    const end = text.indexOf('\n', start);
    const line = readLine(text.slice(start, end < 0 ? text.length : end));
    start = end < 0 ? text.length : end + 1;
    switch (line[0]) {
      case 'o':
        session.header ??= line.slice(2);
        break;
      case 'm':
        if (media.length >= maxParsedMediaLines) {
          throw new ProtocolError('limit-media-lines', `More than ${maxParsedMediaLines} m-lines.`);
        }
        section = newSection(line.slice(2));
        media.push(section);
        break;
      case 'c':
        section.connection ??= line.slice(2);
        break;
      case 'a':
        section.attributes.push(attribute(line.slice(2)));
        break;
    }
  }
  if (!hasHeader(session)) throw new ProtocolError('malformed-sdp', 'The SDP has no o= line.');
  return { session, media: media.filter(hasHeader) };
}

/** The attributes in `commonLines`. @throws {ProtocolError} malformed-sdp */
export function attributesOf(lines: string): SdpAttribute[] {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => attribute(readLine(line).slice(2)));
}

function newSection(header: string | null): SectionDraft {
  return { header, attributes: [], commonLines: '', connection: null };
}

function hasHeader(section: SectionDraft): section is SectionDraft & SdpSection {
  return section.header !== null;
}

/** Empty for an empty line. @throws {ProtocolError} malformed-sdp */
function readLine(text: string): string {
  const line = detached(text.trimEnd());
  if (line.length > maxSdpLineLength) {
    throw new ProtocolError('malformed-sdp', `An SDP line is longer than ${maxSdpLineLength} characters.`);
  }
  if (line !== '' && !/^[a-z]=/.test(line)) {
    throw new ProtocolError('malformed-sdp', 'An SDP line does not begin with a type and "=".');
  }
  return line;
}

/**
 * The same text as a string of its own. A part of a string keeps all of it in memory (V8's sliced strings), and what
 * is kept of a line would keep the description for the life of the connection. Joining copies.
 */
function detached(text: string): string {
  return ` ${text}`.slice(1);
}

function attribute(text: string): SdpAttribute {
  const colon = text.indexOf(':');
  return colon < 0
    ? { name: text, value: '' }
    : { name: text.slice(0, colon), value: text.slice(colon + 1).trimStart() };
}
