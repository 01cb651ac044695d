/** Files of the package that the running server needs; the same from src/ and from dist/. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const packageRoot = new URL('../../', import.meta.url);

export const packageVersion: string = (
  JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8')) as { version: string }
).version;

/** The built web pages, or null where `npm run build` has not made them. */
export function webDirectory(): string | null {
  const directory = fileURLToPath(new URL('dist/web', packageRoot));
  return existsSync(directory) ? directory : null;
}
