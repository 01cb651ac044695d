/**
 * The configuration file of the original Kraken engine, in keys of ours:
 *
 *     [engine] interface            media.addresses: those of the interface
 *     [engine] address              media.announced-addresses
 *     [engine] port-min, port-max   media.port: the first; one port serves everybody
 *     [engine] log-level            none: numbers say nothing here
 *     [turn] host, secret           the same
 *     [rpc] port                    kraken.port
 *
 * Sections of ours may stand beside them.
 */
import * as v from 'valibot';
import { ConfigError } from './config-error.ts';
import { suggestion } from './nearest-name.ts';

type Table = Readonly<Record<string, unknown>>;

export interface ConfigFile {
  readonly name: string;
  readonly content: object;
}

export interface TranslatedFile extends ConfigFile {
  /** What is understood and has no effect, for the log. */
  readonly notes: readonly string[];
}

const portSchema = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535));
const portExpected = 'must be a port, 0 to 65535';
const textExpected = 'must be text';

/** The original's keys, with the schema of each and what it has to be. */
const sections: Readonly<Record<string, Readonly<Record<string, readonly [v.GenericSchema, string]>>>> = {
  engine: {
    interface: [v.string(), textExpected],
    address: [v.union([v.literal(''), v.pipe(v.string(), v.ip())]), 'must be an address, or empty'],
    'log-level': [v.number(), 'must be a number'],
    'port-min': [portSchema, portExpected],
    'port-max': [portSchema, portExpected],
  },
  rpc: { port: [portSchema, portExpected] },
};

/**
 * @param addressesOf the addresses of a network interface; null where there is none of that name
 * @throws ConfigError with one line for each problem
 */
export function translateKrakenFile(
  file: ConfigFile,
  addressesOf: (networkInterface: string) => readonly string[] | null,
): TranslatedFile {
  const content = file.content as Readonly<Record<string, unknown>>;
  if (!Object.keys(sections).some((section) => section in content)) return { ...file, notes: [] };
  const problems: string[] = [];
  const where = `in ${file.name}`;
  const { engine = {}, rpc = {}, ...ours } = content;
  checkSection('engine', engine, where, problems);
  checkSection('rpc', rpc, where, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  const old = engine as { interface?: string; address?: string; 'port-min'?: number; 'port-max'?: number };
  const media: Record<string, unknown> = {};
  const notes: string[] = [];
  const { interface: networkInterface = '', address = '', 'port-min': min = 0, 'port-max': max = min } = old;
  if (networkInterface !== '') {
    const addresses = addressesOf(networkInterface);
    if (addresses === null || addresses.length === 0)
      problems.push(`engine.interface (${where}): this machine has no address on "${networkInterface}".`);
    else media.addresses = addresses;
  }
  if (address !== '') media['announced-addresses'] = [address];
  if (min > max) problems.push(`engine.port-max (${where}): must not be less than engine.port-min.`);
  if (min > 0) {
    media.port = min;
    if (max > min) notes.push(`engine.port-max: UDP port ${min} serves everybody; the others are not used.`);
  }
  if ('log-level' in (engine as Table)) notes.push('engine.log-level: has no effect; see logging.level.');
  const kraken: Record<string, unknown> = { ...(rpc as { port?: number }) };
  const translated: Record<string, unknown> = { ...ours };
  for (const [section, values] of Object.entries({ media, kraken })) {
    const given = isTable(ours[section]) ? ours[section] : {};
    for (const key of Object.keys(values)) {
      if (key in given) problems.push(`${section}.${key} (${where}): is given in the original’s keys, too.`);
    }
    if (Object.keys(values).length > 0) translated[section] = { ...given, ...values };
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { name: file.name, content: translated, notes };
}

function checkSection(section: string, content: unknown, where: string, problems: string[]): void {
  if (!isTable(content)) {
    problems.push(`${section} (${where}): is not a section.`);
    return;
  }
  const known = sections[section];
  for (const [key, value] of Object.entries(content)) {
    if (!Object.hasOwn(known, key)) {
      const names = Object.keys(known).map((name) => `${section}.${name}`);
      const name = `${section}.${key}`;
      problems.push(
        `${name} (${where}): there is no such key in a Kraken engine’s file.${suggestion(name, names)}`,
      );
      continue;
    }
    const [schema, expected] = known[key];
    if (!v.is(schema, value)) problems.push(`${section}.${key} (${where}): ${expected}.`);
  }
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
