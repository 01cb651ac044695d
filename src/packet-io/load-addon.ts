import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as layout from './layout.ts';
import type { NativeAddon } from './native-addon.ts';

/** The addon's place below the package's root. */
const builtPath = join('build', 'Release', 'manifold.node');

/** This file is at most so many folders below the package's root, whether in src or in dist. */
const maxDepth = 4;

let loaded: NativeAddon | undefined;

/**
 * Loads the addon once.
 * @throws Error that says what to do, where it is not built or does not fit this Node.js or these sources.
 */
export function loadAddon(): NativeAddon {
  if (loaded) return loaded;
  const path = findAddon();
  let addon: NativeAddon;
  try {
    addon = createRequire(import.meta.url)(path) as NativeAddon;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The native addon ${path} cannot be loaded: ${reason}`, { cause: error });
  }
  checkLayout(addon.layout);
  loaded = addon;
  return addon;
}

/**
 * Where the addon is. The environment variable MANIFOLD_ADDON names another build of it.
 * @throws Error that says what to do, where there is none.
 */
export function findAddon(): string {
  if (process.env.MANIFOLD_ADDON) return process.env.MANIFOLD_ADDON;
  const start = dirname(fileURLToPath(import.meta.url));
  let folder = start;
  for (let depth = 0; depth <= maxDepth; depth++) {
    const path = join(folder, builtPath);
    if (existsSync(path)) return path;
    folder = dirname(folder);
  }
  throw new Error(
    `The native addon is not built: there is no ${builtPath} above ${start}. ` +
      'Run `npm rebuild` in the package (it needs a C++17 compiler, make and Python 3); ' +
      'if it was installed with --ignore-scripts, install it without.',
  );
}

/** Both sides address the same memory by these numbers: a difference would be silent nonsense. */
export function checkLayout(native: Readonly<Record<string, number>>): void {
  const expected: Record<string, number> = {
    slotBytes: layout.slotBytes,
    batchSize: layout.batchSize,
    inboxStride: layout.inboxStride,
    addressStride: layout.addressStride,
    outboxStride: layout.outboxStride,
    outboxCapacity: layout.outboxCapacity,
    prefixArenaBytes: layout.prefixArenaBytes,
    maxPrefixBytes: layout.maxPrefixBytes,
  };
  for (const [name, value] of Object.entries(layout.InboxField)) expected[`inbox${name}`] = value;
  for (const [name, value] of Object.entries(layout.OutboxField)) expected[`outbox${name}`] = value;
  for (const [name, value] of Object.entries(layout.PacketKind)) expected[name.toLowerCase()] = value;
  for (const name of new Set([...Object.keys(expected), ...Object.keys(native)])) {
    if (expected[name] === native[name]) continue;
    throw new Error(
      `The native addon does not fit these sources: its ${name} is ${native[name]}, not ${expected[name]}. ` +
        'Run `npm rebuild` in the package.',
    );
  }
}
