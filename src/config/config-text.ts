/** The configuration as text: the commented sample, the help of the flags, and what is in effect. */
import { stringify } from 'smol-toml';
import { type ConfigKey, configKeys } from './config-key.ts';
import { type Config, sectionTitles } from './schema.ts';

const sampleWidth = 100;
const helpWidth = 100;
const helpIndent = 34;

/** The text of config.sample.toml: every key, explained, commented out at its default. */
export function configSample(): string {
  const lines = [
    '# Every key of Manifold, at its default. Remove the # in front of those to change.',
    '# Each can also be given in the environment (MANIFOLD_HTTP_PORT) and as a flag (--http-port),',
    '# which win over this file, flags over environment. Lists are separated by commas there.',
    '#',
    '#     manifold --config config.toml',
  ];
  forEachSection((section, keys) => {
    lines.push('', `# ${sectionTitles[section]}`, `[${section}]`);
    for (const key of keys) {
      lines.push('', ...wrap(key.description, sampleWidth - 2).map((line) => `# ${line}`));
      if (key.example !== undefined) lines.push(`# Example: ${tomlName(key)} = ${key.example}`);
      lines.push(`#${tomlName(key)} = ${tomlValue(key.default)}`);
    }
  });
  return `${lines.join('\n')}\n`;
}

/** The flags, grouped by section. */
export function flagsHelp(): string {
  const lines: string[] = [];
  forEachSection((section, keys) => {
    lines.push('', sectionTitles[section]);
    for (const key of keys) {
      const flag = `  --${key.flag}${key.placeholder === '' ? '' : ` ${key.placeholder}`}`;
      const shown = isUnset(key.default) ? '' : ` (default ${String(key.default)})`;
      const description = wrap(key.description + shown, helpWidth - helpIndent);
      const first = flag.length < helpIndent ? `${flag.padEnd(helpIndent)}${description.shift()}` : flag;
      lines.push(first, ...description.map((line) => ' '.repeat(helpIndent) + line));
    }
  });
  return lines.slice(1).join('\n');
}

/** A complete configuration as TOML, secrets hidden. */
export function configAsToml(config: Config): string {
  const sections: Record<string, Record<string, unknown>> = {};
  for (const key of configKeys) {
    const value = (config[key.section] as Record<string, unknown>)[key.property];
    sections[key.section] ??= {};
    sections[key.section][tomlName(key)] =
      key.kind === 'secret' && value !== '' ? 'hidden' : hideCredentials(value);
  }
  return stringify(sections);
}

function hideCredentials(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((entry) =>
    typeof entry === 'object' && entry !== null && 'credential' in entry
      ? { ...entry, credential: 'hidden' }
      : entry,
  );
}

function forEachSection(visit: (section: ConfigKey['section'], keys: readonly ConfigKey[]) => void): void {
  for (const section of Object.keys(sectionTitles) as ConfigKey['section'][]) {
    visit(
      section,
      configKeys.filter((key) => key.section === section),
    );
  }
}

/** The name within its section. */
function tomlName(key: ConfigKey): string {
  return key.name.slice(key.section.length + 1);
}

function tomlValue(value: unknown): string {
  return JSON.stringify(value);
}

function isUnset(value: unknown): boolean {
  return value === '' || (Array.isArray(value) && value.length === 0);
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines;
}
