/** Puts the configuration together: flags before environment before file before defaults. */
import * as v from 'valibot';
import { ConfigError } from './config-error.ts';
import { type ConfigKey, configKeys, environmentPrefix, kebab } from './config-key.ts';
import { suggestion } from './nearest-name.ts';
import { type Config, type ConfigInput, configSchema } from './schema.ts';
import { valueOfText } from './text-value.ts';

export interface ConfigSources {
  /** The parsed configuration file and the name to call it by. */
  readonly file?: { readonly name: string; readonly content: object };
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** By flag name without dashes. */
  readonly flags?: ReadonlyMap<string, string>;
}

/** Names that servers of dialects served here knew, for settings of our own; ours win. */
const inheritedVariables: Readonly<Record<string, string>> = { PORT: 'http.port' };
/** Those that ask for what there is not. Their mere presence does, whatever the value. */
const refusedVariables: Readonly<Record<string, string>> = {
  TURN_ENABLED:
    'asks for a TURN server, which this one does not have. Unset it, and name an external one in ice.servers.',
};

/** A value on its way to the schema, and what to call it when it is wrong. */
interface Setting {
  readonly key: ConfigKey;
  readonly value: unknown;
  readonly origin: string;
}

/** The variable that names the configuration file; it is not a key. */
export const configFileVariable = 'MANIFOLD_CONFIG';
/** Variables that are not keys; MANIFOLD_ADDON is src/packet-io's, for development. */
const otherVariables: readonly string[] = [configFileVariable, 'MANIFOLD_ADDON'];

/** Kubernetes gives every pod such variables for a Service named "manifold"; they are not meant for us. */
const kubernetesVariable = /^MANIFOLD_(SERVICE_(HOST|PORT)|PORT)(_|$)/;

const keyOfName = new Map(configKeys.map((key) => [key.name, key]));
const keyOfFlag = new Map(configKeys.map((key) => [key.flag, key]));
const keyOfVariable = new Map(configKeys.map((key) => [key.environmentName, key]));

/** @throws ConfigError with one line for each problem of all sources */
export function readConfig(sources: ConfigSources): Config {
  const problems: string[] = [];
  const settings = new Map<string, Setting>();
  for (const setting of [
    ...fileSettings(sources.file, problems),
    ...environmentSettings(sources.environment ?? {}, problems),
    ...flagSettings(sources.flags ?? new Map(), problems),
  ]) {
    settings.set(setting.key.name, setting);
  }
  const config = validate(nest([...settings.values()]), problems, (name) => settings.get(name)?.origin);
  if (config === null || problems.length > 0) throw new ConfigError(problems);
  return config;
}

/**
 * Completes a configuration given by a program.
 * @throws ConfigError
 */
export function completeConfig(input: ConfigInput): Config {
  const problems: string[] = [];
  const config = validate(input, problems, () => undefined);
  if (config === null) throw new ConfigError(problems);
  return config;
}

function* fileSettings(file: ConfigSources['file'], problems: string[]): Generator<Setting> {
  if (file === undefined) return;
  for (const [section, content] of Object.entries(file.content)) {
    if (!isTable(content)) {
      problems.push(`${section} (in ${file.name}): is not a section.${suggestKey(section)}`);
      continue;
    }
    const names = Object.keys(content);
    if (names.length === 0 && !configKeys.some((key) => key.section === section)) {
      problems.push(`${section} (in ${file.name}): there is no such section.${suggestKey(section)}`);
    }
    for (const [property, value] of Object.entries(content)) {
      const name = `${section}.${property}`;
      const key = keyOfName.get(name);
      if (key === undefined)
        problems.push(`${name} (in ${file.name}): there is no such key.${suggestKey(name)}`);
      else yield { key, value, origin: `in ${file.name}` };
    }
  }
}

function* environmentSettings(
  environment: Readonly<Record<string, string | undefined>>,
  problems: string[],
): Generator<Setting> {
  for (const [variable, name] of Object.entries(inheritedVariables)) {
    const text = environment[variable];
    const key = keyOfName.get(name);
    if (text === undefined || text === '' || key === undefined) continue;
    yield { key, value: valueOfText(key.kind, text), origin: `from ${variable}` };
  }
  for (const [variable, complaint] of Object.entries(refusedVariables)) {
    if (environment[variable] !== undefined) problems.push(`${variable} (in the environment): ${complaint}`);
  }
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith(environmentPrefix) || text === undefined) continue;
    if (otherVariables.includes(variable) || kubernetesVariable.test(variable)) continue;
    const key = keyOfVariable.get(variable);
    if (key === undefined) {
      const nearest = suggestion(variable, [...keyOfVariable.keys(), configFileVariable]);
      problems.push(`${variable} (in the environment): there is no such key.${nearest}`);
    } else yield { key, value: valueOfText(key.kind, text), origin: `from ${variable}` };
  }
}

function* flagSettings(flags: ReadonlyMap<string, string>, problems: string[]): Generator<Setting> {
  for (const [flag, text] of flags) {
    const key = keyOfFlag.get(flag);
    if (key === undefined) {
      problems.push(`--${flag}: there is no such flag.${suggestion(flag, [...keyOfFlag.keys()], '--')}`);
    } else yield { key, value: valueOfText(key.kind, text), origin: `from --${flag}` };
  }
}

function nest(settings: readonly Setting[]): Record<string, Record<string, unknown>> {
  const nested: Record<string, Record<string, unknown>> = {};
  for (const { key, value } of settings) {
    nested[key.section] ??= {};
    nested[key.section][key.property] = value;
  }
  return nested;
}

function validate(
  input: unknown,
  problems: string[],
  originOf: (name: string) => string | undefined,
): Config | null {
  const result = v.safeParse(configSchema, input);
  if (result.success) return result.output;
  for (const issue of result.issues) {
    const path = issue.path ?? [];
    const name = path
      .slice(0, 2)
      .map((item) => kebab(String(item.key)))
      .join('.');
    const origin = originOf(name);
    const where = origin === undefined ? '' : ` (${origin})`;
    problems.push(`${name}${where}: ${reasonOf(issue, name)}`);
  }
  return null;
}

function reasonOf(issue: v.BaseIssue<unknown>, name: string): string {
  if (issue.type === 'strict_object') return `there is no such key.${suggestKey(name)}`;
  const key = keyOfName.get(name);
  // Secrets are shown to nobody; a check of one key against another says all in its message.
  const secret = key?.kind === 'secret' || key?.kind === 'ice-servers';
  const value = secret || isTable(issue.input) ? '' : `, not ${show(issue.input)}`;
  return `${issue.message}${value}.`;
}

function suggestKey(name: string): string {
  return suggestion(
    name,
    name.includes('.') ? [...keyOfName.keys()] : [...new Set(configKeys.map((key) => key.section))],
  );
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
