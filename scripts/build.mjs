/** Builds everything: the native addon where it is missing or old, src → dist/, web → dist/web/. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildNative } from './build-native.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);

/** @returns {Promise<boolean>} whether all of it succeeded */
async function build() {
  for (const tool of ['typescript', 'esbuild']) {
    if (!isInstalled(tool)) {
      console.error(`${tool} is not installed. Run: npm ci --include=dev`);
      return false;
    }
  }
  return buildNative() && compileSources() && (await bundlePages());
}

function compileSources() {
  const manifest = require.resolve('typescript/package.json');
  const tsc = join(dirname(manifest), require(manifest).bin.tsc);
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) {
    // What was compiled before would be run as if it were this source.
    rmSync(join(root, 'dist', 'tsconfig.build.tsbuildinfo'), { force: true });
    console.error('The TypeScript sources do not compile; see above.');
    return false;
  }
  chmodSync(join(root, 'dist', 'cli.js'), 0o755);
  return true;
}

async function bundlePages() {
  const { buildPages } = await import('./build-pages.mjs');
  try {
    await buildPages(join(root, 'web'), join(root, 'dist', 'web'));
    return true;
  } catch (error) {
    // esbuild has already shown its own errors with their places.
    console.error(`The web pages cannot be built: ${error instanceof Error ? error.message : error}`);
    return false;
  }
}

function isInstalled(name) {
  return existsSync(join(root, 'node_modules', name, 'package.json'));
}

process.exitCode = (await build()) ? 0 : 1;
