/** Takes a command line apart. */
import { parseArgs } from 'node:util';
import { ConfigError } from './config-error.ts';
import { configKeys } from './config-key.ts';
import { suggestion } from './nearest-name.ts';

export type Service = (typeof services)[number];

const services = ['engine', 'monitor'] as const;

export interface CommandLine {
  /** Of configuration keys, by flag name without dashes; the last of several wins. */
  readonly flags: ReadonlyMap<string, string>;
  readonly configFile: string | null;
  /** What to run, as the original Kraken calls it; null where it is not said. */
  readonly service: Service | null;
  readonly help: boolean;
  readonly version: boolean;
  readonly printConfig: boolean;
}

const switches = ['help', 'version', 'print-config'] as const;

/**
 * Reads `--flag value`, `--flag=value`, and `--flag` alone for what is on or off.
 * @throws ConfigError for unknown flags, missing values and stray words
 */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const problems: string[] = [];
  const flags = new Map<string, string>();
  const given = new Set<string>();
  let configFile: string | null = null;
  let service: Service | null = null;
  for (const { name, value } of flagsOf(args, problems)) {
    const key = configKeys.find((candidate) => candidate.flag === name);
    if ((switches as readonly string[]).includes(name)) given.add(name);
    else if (name !== 'config' && name !== 'service' && key === undefined) problems.push(unknownFlag(name));
    else if (value === undefined && key?.kind !== 'switch') problems.push(`--${name}: needs a value.`);
    else if (name === 'config') configFile = value ?? null;
    else if (name === 'service') service = readService(value, problems);
    else flags.set(name, value ?? 'true');
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    flags,
    configFile,
    service,
    help: given.has('help'),
    version: given.has('version'),
    printConfig: given.has('print-config'),
  };
}

function* flagsOf(args: readonly string[], problems: string[]): Generator<{ name: string; value?: string }> {
  const { tokens } = parseArgs({
    args: [...args],
    options: {
      config: { type: 'string', short: 'c' },
      service: { type: 'string', short: 's' },
      help: { type: 'boolean', short: 'h' },
      ...Object.fromEntries(
        configKeys.map((key) => [key.flag, { type: key.kind === 'switch' ? 'boolean' : 'string' }] as const),
      ),
    },
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === 'positional') problems.push(`${token.value}: a flag was expected here.`);
    else if (token.kind === 'option') {
      yield token.value === undefined ? { name: token.name } : { name: token.name, value: token.value };
    }
  }
}

function readService(value: string | undefined, problems: string[]): Service | null {
  const service = services.find((known) => known === value) ?? null;
  if (service === null) problems.push(`--service: must be ${services.join(' or ')}, not ${value}.`);
  return service;
}

function unknownFlag(name: string): string {
  const known = [...configKeys.map((key) => key.flag), ...switches, 'config', 'service'];
  return `--${name}: there is no such flag.${suggestion(name, known, '--')}`;
}
