/** Reads a TOML configuration file. */
import { readFileSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import { ConfigError } from './config-error.ts';

/** @throws ConfigError naming the file, and the line where it is not TOML */
export function readConfigFile(name: string): { name: string; content: object } {
  let text: string;
  try {
    text = readFileSync(name, 'utf8');
  } catch (error) {
    throw new ConfigError([`${name}: the configuration file cannot be read (${(error as Error).message}).`]);
  }
  try {
    return { name, content: parse(text) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split('\n')[0].replace(/^Invalid TOML document: /, '');
    throw new ConfigError([`${name}, line ${error.line}: this is not TOML: ${reason}.`]);
  }
}
