/** The file `.env`: variables for the environment, where those are not set already. */
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ConfigError } from './config-error.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment, completed by what the file says if there is one: what is really set wins.
 * @throws ConfigError where there is a file that cannot be read
 */
export function environmentWithFile(environment: Environment, file: string): Environment {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return environment;
    throw new ConfigError([`${file}: cannot be read (${(error as Error).message}).`]);
  }
  return { ...(parseEnv(text) as Environment), ...environment };
}
