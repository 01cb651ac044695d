/** The kinds of value a key may have. Each says what it is, for errors, for help and for the sample file. */
import { isIP } from 'node:net';
import * as v from 'valibot';
import { parsePortRange, portRangeExpected } from './port-range.ts';

/** What the readers, the help and the sample need to know of a key besides its schema. */
export type KeyKind = 'text' | 'secret' | 'integer' | 'switch' | 'list' | 'ice-servers';

export interface KeyMetadata {
  readonly kind: KeyKind;
  /** Stands for the value in help: `<port>`. */
  readonly placeholder: string;
  /** TOML shown, commented out, in the sample where the default alone would not explain the key. */
  readonly example?: string;
}

interface IntegerRange {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly placeholder?: string;
  readonly powerOfTwo?: boolean;
}

export function integer(description: string, range: IntegerRange) {
  const expected = `must be a whole number from ${range.min} to ${range.max}`;
  return v.optional(
    v.pipe(
      v.number(expected),
      v.integer(expected),
      v.minValue(range.min, expected),
      v.maxValue(range.max, expected),
      v.check((value) => range.powerOfTwo !== true || (value & (value - 1)) === 0, 'must be a power of two'),
      v.description(description),
      v.metadata({ kind: 'integer', placeholder: range.placeholder ?? '<n>' } satisfies KeyMetadata),
    ),
    range.default,
  );
}

/** A port; where `any` is said, 0 lets the system choose. */
export function port(description: string, defaultPort: number) {
  return integer(description, { default: defaultPort, min: 0, max: 65535, placeholder: '<port>' });
}

/** A whole number of milliseconds. */
export function milliseconds(description: string, range: Omit<IntegerRange, 'placeholder'>) {
  return integer(description, { ...range, placeholder: '<ms>' });
}

export function text(description: string, placeholder: string, defaultText: string, example?: string) {
  return v.optional(
    v.pipe(
      v.string('must be text'),
      v.description(description),
      v.metadata(metadata('text', placeholder, example)),
    ),
    defaultText,
  );
}

/** Text that is never printed. Empty means unset. */
export function secret(description: string) {
  return v.optional(
    v.pipe(
      v.string('must be text'),
      v.regex(/^[A-Za-z0-9\-._~+/]*=*$/, 'must consist of letters, digits and - . _ ~ + / (RFC 6750)'),
      v.description(description),
      v.metadata(metadata('secret', '<token>')),
    ),
    '',
  );
}

/** A secret of two servers, which either may have chosen. Never printed; empty means unset. */
export function sharedSecret(description: string) {
  return v.optional(
    v.pipe(v.string('must be text'), v.description(description), v.metadata(metadata('secret', '<secret>'))),
    '',
  );
}

export function toggle(description: string, defaultOn: boolean) {
  return v.optional(
    v.pipe(
      v.boolean('must be true or false'),
      v.description(description),
      v.metadata(metadata('switch', '')),
    ),
    defaultOn,
  );
}

export function choice<const T extends readonly string[]>(
  description: string,
  choices: T,
  defaultChoice: T[number],
) {
  return v.optional(
    v.pipe(
      v.picklist(choices, `must be one of ${choices.join(', ')}`),
      v.description(description),
      v.metadata(metadata('text', `<${choices.join('|')}>`)),
    ),
    defaultChoice,
  );
}

export function addressList(description: string, example: string) {
  const expected = 'must be a list of IPv4 or IPv6 addresses';
  return v.optional(
    v.pipe(
      v.array(v.pipe(v.string(expected), v.ip(expected)), expected),
      v.maxLength(32, 'may have at most 32 addresses'),
      v.description(description),
      v.metadata(metadata('list', '<address,…>', example)),
    ),
    [],
  );
}

/** Addresses that others know this machine by, each alone or as `external/local`. */
export function announcedAddressList(description: string, example: string) {
  const expected = 'must be a list of IPv4 or IPv6 addresses, or of external/local pairs of one family';
  return v.optional(
    v.pipe(
      v.array(v.pipe(v.string(expected), v.check(isAnnouncedAddress, expected)), expected),
      v.maxLength(32, 'may have at most 32 addresses'),
      v.description(description),
      v.metadata(metadata('list', '<address,…>', example)),
    ),
    [],
  );
}

function isAnnouncedAddress(text: string): boolean {
  const parts = text.split('/');
  const families = new Set(parts.map(isIP));
  return parts.length <= 2 && families.size === 1 && !families.has(0);
}

/** Ports to take one of; empty for none. */
export function portRange(description: string, example: string) {
  return v.optional(
    v.pipe(
      v.string(portRangeExpected),
      v.check((text) => text === '' || parsePortRange(text) !== null, portRangeExpected),
      v.description(description),
      v.metadata(metadata('text', '<first-last>', example)),
    ),
    '',
  );
}

/** Some of `known`. */
export function choices<const T extends readonly string[]>(
  description: string,
  known: T,
  defaultChoices: T[number][],
) {
  const expected = `must be a list of ${known.join(', ')}`;
  return v.optional(
    v.pipe(
      v.array(v.picklist(known, expected), expected),
      v.minLength(1, 'must name at least one'),
      v.description(description),
      v.metadata(metadata('list', '<name,…>', JSON.stringify(known).replaceAll(',', ', '))),
    ),
    defaultChoices,
  );
}

export function hostList(description: string, example: string) {
  const expected = 'must be a list of host names or addresses, without port';
  return v.optional(
    v.pipe(
      v.array(v.pipe(v.string(expected), v.regex(/^[A-Za-z0-9.:-]{1,253}$/, expected)), expected),
      v.maxLength(64, 'may have at most 64 hosts'),
      v.description(description),
      v.metadata(metadata('list', '<host,…>', example)),
    ),
    [],
  );
}

const iceUrl = v.pipe(
  v.string('must be a URL such as stun:stun.example.org'),
  v.regex(
    /^(stuns?|turns?):[^\s?]+(\?transport=(udp|tcp))?$/,
    'must be a URL such as stun:stun.example.org or turn:turn.example.org:3478?transport=udp',
  ),
);

/** Servers for clients, as RTCPeerConnection takes them; a bare URL is one without credentials. */
export function iceServers(description: string, example: string) {
  return v.optional(
    v.pipe(
      v.array(
        v.union(
          [
            v.pipe(
              iceUrl,
              v.transform((url): IceServer => ({ urls: [url] })),
            ),
            v.strictObject({
              urls: v.pipe(v.array(iceUrl), v.minLength(1)),
              username: v.exactOptional(v.string()),
              credential: v.exactOptional(v.string()),
            }),
          ],
          'must be stun:, stuns:, turn: or turns: URLs, or tables of urls, username and credential',
        ),
        'must be a list of URLs or tables',
      ),
      v.maxLength(16, 'may have at most 16 servers'),
      v.description(description),
      v.metadata(metadata('ice-servers', '<url,…>', example)),
    ),
    [],
  );
}

export interface IceServer {
  readonly urls: string[];
  readonly username?: string;
  readonly credential?: string;
}

function metadata(
  kind: KeyKind,
  placeholder: string,
  example?: string,
): KeyMetadata & Record<string, unknown> {
  return example === undefined ? { kind, placeholder } : { kind, placeholder, example };
}
