/** Puts the configuration together: flags before environment before file before defaults. */
import * as v from 'valibot';
import { ConfigError } from './config-error.ts';
import { type ConfigKey, configKeys, environmentPrefix, kebab } from './config-key.ts';
import { type KsfuConfiguration, translateKsfuEnvironment } from './ksfu-environment.ts';
import { type KsfuName, ksfuProblem } from './ksfu-variables.ts';
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

export interface ConfigReading {
  readonly config: Config;
  /** What is understood and has no effect, or not quite that which was asked for, for the log. */
  readonly notes: readonly string[];
}

/** Names that servers of dialects served here knew, for settings of our own; ours win, and ksfu's own (ksfu-variables.ts). */
const inheritedVariables: Readonly<Record<string, string>> = { PORT: 'http.port' };

type Environment = Readonly<Record<string, string | undefined>>;

/** A value on its way to the schema, and what to call it when it is wrong. */
interface Setting {
  readonly key: ConfigKey;
  readonly value: unknown;
  readonly origin: string;
  /** Of ksfu, if it is from there: a problem is then told by that name. */
  readonly variable?: KsfuName;
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
  return readConfigWithNotes(sources).config;
}

/** @throws ConfigError with one line for each problem of all sources */
export function readConfigWithNotes({
  file,
  environment = {},
  flags = new Map(),
}: ConfigSources): ConfigReading {
  const problems: string[] = [];
  const weaker = settingsByKey(fileSettings(file, problems));
  const ours = [...environmentSettings(environment, problems), ...flagSettings(flags, problems)];
  const stronger = settingsByKey(ours);
  const ksfu = translateKsfuEnvironment(
    environment,
    {
      stronger: (name) => stronger.get(name)?.value,
      weaker: (name) => weaker.get(name)?.value ?? keyOfName.get(name)?.default,
    },
    problems,
  );
  const settings = settingsByKey([
    ...weaker.values(),
    ...inheritedSettings(environment),
    ...ksfuSettings(ksfu),
    ...ours,
  ]);
  const config = validate(nest([...settings.values()]), problems, (name) => settings.get(name), environment);
  if (config === null || problems.length > 0) throw new ConfigError(problems);
  return { config, notes: ksfu.notes };
}

/** The last of each key. */
function settingsByKey(settings: Iterable<Setting>): Map<string, Setting> {
  const byKey = new Map<string, Setting>();
  for (const setting of settings) byKey.set(setting.key.name, setting);
  return byKey;
}

/**
 * Completes a configuration given by a program.
 * @throws ConfigError
 */
export function completeConfig(input: ConfigInput): Config {
  const problems: string[] = [];
  const config = validate(input, problems, () => undefined, {});
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

function* inheritedSettings(environment: Environment): Generator<Setting> {
  for (const [variable, name] of Object.entries(inheritedVariables)) {
    const text = environment[variable];
    const key = keyOfName.get(name);
    if (text === undefined || text === '' || key === undefined) continue;
    yield { key, value: valueOfText(key.kind, text), origin: `from ${variable}` };
  }
}

function* ksfuSettings({ settings }: KsfuConfiguration): Generator<Setting> {
  for (const { key: name, value, variable } of settings) {
    const key = keyOfName.get(name);
    if (key !== undefined) yield { key, value, origin: `from ${variable}`, variable };
  }
}

function* environmentSettings(environment: Environment, problems: string[]): Generator<Setting> {
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
  settingOf: (name: string) => Setting | undefined,
  environment: Environment,
): Config | null {
  const result = v.safeParse(configSchema, input);
  if (result.success) return result.output;
  for (const issue of result.issues) {
    const path = issue.path ?? [];
    const name = path
      .slice(0, 2)
      .map((item) => kebab(String(item.key)))
      .join('.');
    const { origin, variable } = settingOf(name) ?? {};
    const where = origin === undefined ? '' : ` (${origin})`;
    problems.push(
      variable === undefined
        ? `${name}${where}: ${reasonOf(issue, name)}`
        : ksfuProblem(variable, issue.message, environment),
    );
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
