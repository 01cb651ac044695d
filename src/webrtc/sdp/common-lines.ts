/**
 * The lines of an m-line that say what a client is able to do: its formats and header extensions. They are most of a
 * description, and all clients of one version write the same, so each text is read once.
 */
import { ProtocolError } from '../../errors.ts';
import { parseFormats } from './parse-formats.ts';
import { maxHeaderExtensionsPerLine } from './sdp-limits.ts';
import { attributesOf, type SdpAttribute } from './sdp-lines.ts';
import type { Direction, ExtensionMapping, MediaDescription } from './session-description.ts';
import { share } from './shared-results.ts';

/** Lists that connections share. */
export type CommonLines = Pick<MediaDescription, 'codecs' | 'headerExtensions'>;

/** By text, the oldest first. */
const known = new Map<string, CommonLines>();
/** There are a few versions of a few browsers about, which write two texts each, of 4000 characters at most. */
const maxKnown = 64;
const maxKnownLength = 8192;

/**
 * @param formats those of m=
 * @param lines see SdpSection.commonLines
 * @throws {ProtocolError} malformed-sdp, unsupported-sdp
 */
export function readCommonLines(
  kind: string,
  protocol: string,
  formats: readonly string[],
  lines: string,
): CommonLines {
  const head = `${kind} ${protocol} ${formats.join(' ')}\n`;
  const text = head + lines;
  const again = known.get(text);
  if (again !== undefined) return again;
  // Of the text that is kept anyway, and not of the description: what is read is parts of it.
  const attributes = attributesOf(text.slice(head.length));
  const read: CommonLines = {
    codecs: share(/\bRTP\b/.test(protocol) ? parseFormats(kind, formats, attributes) : []),
    headerExtensions: share(parseExtensionMappings(attributes)),
  };
  if (text.length <= maxKnownLength) remember(text, read);
  return read;
}

function remember(text: string, read: CommonLines): void {
  for (const oldest of known.keys()) {
    if (known.size < maxKnown) break;
    known.delete(oldest);
  }
  known.set(text, read);
}

function parseExtensionMappings(attributes: readonly SdpAttribute[]): ExtensionMapping[] {
  const mappings = attributes.flatMap(({ name, value }) =>
    name === 'extmap' ? (parseExtensionMapping(value) ?? []) : [],
  );
  if (mappings.length > maxHeaderExtensionsPerLine) {
    const most = maxHeaderExtensionsPerLine;
    throw new ProtocolError('unsupported-sdp', `More than ${most} header extensions in an m-line.`);
  }
  return mappings;
}

/** null for an identifier that RFC 8285 does not allow on the wire: such a mapping is an offer to renumber. */
function parseExtensionMapping(value: string): ExtensionMapping | null {
  const match = /^([0-9]{1,5})(?:\/(sendrecv|sendonly|recvonly|inactive))? +(\S+)/.exec(value);
  if (!match) throw new ProtocolError('malformed-sdp', 'An a=extmap line is malformed.');
  const id = Number(match[1]);
  if (id < 1 || id > 255 || id === 15) return null;
  return { id, uri: match[3], direction: (match[2] as Direction | undefined) ?? null };
}
