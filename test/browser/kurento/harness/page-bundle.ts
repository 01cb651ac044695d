import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

let bundle: Promise<string> | null = null;

/** The page's script with kurento-utils in it, built once per process. */
export function pageBundle(): Promise<string> {
  bundle ??= build({
    entryPoints: [fileURLToPath(new URL('../page/kurento-page.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    // What browserify gives the package.
    define: { global: 'globalThis' },
    logLevel: 'error',
  }).then((result) => result.outputFiles[0]!.text);
  return bundle;
}
