import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';

/** TypeScript files below a folder, as paths with `/`, sorted. A folder that is not there has none. */
export function sourceFiles(root: string, folder: string): string[] {
  try {
    return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => `${folder}/${name.split(sep).join('/')}`)
      .filter((name) => /\.tsx?$/.test(name) && !name.includes('/node_modules/'))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

export function isTestFile(file: string): boolean {
  return /\.test\.tsx?$/.test(file);
}
