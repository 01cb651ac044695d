import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

let bundle: Promise<string> | null = null;

/** The page toolkit as one script, built once per process. */
export function toolkitBundle(): Promise<string> {
  bundle ??= build({
    entryPoints: [fileURLToPath(new URL('../page/toolkit.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
  }).then((result) => result.outputFiles[0]!.text);
  return bundle;
}
