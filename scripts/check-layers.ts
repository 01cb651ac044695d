/**
 * Fails when a file imports from a layer above its own (docs/architecture.md). Types count: what a layer may
 * not know, it may not name.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isTestFile, sourceFiles } from './source-files.ts';
import { importsOf } from './source-scanner.ts';

/** From top to bottom. A file may import from its own layer and from those that follow. */
const layers: readonly (readonly [name: string, ...paths: string[]])[] = [
  ['composition', 'src/cli.ts', 'src/server.ts', 'src/index.ts', 'src/server/'],
  ['load', 'src/load/'],
  ['config', 'src/config/'],
  ['signaling', 'src/signaling/'],
  ['http', 'src/http/'],
  ['rooms', 'src/rooms/'],
  ['engine', 'src/engine/'],
  ['webrtc', 'src/webrtc/'],
  ['media', 'src/media/'],
  ['packet-io', 'src/packet-io/'],
  ['foundation', 'src/errors.ts', 'src/log.ts'],
];

/** Everything wrong with one file's imports. */
export function layerViolations(file: string, source: string): string[] {
  const own = layerOf(file);
  if (own === null) return [`${file}: belongs to no layer; name its folder in scripts/check-layers.ts.`];
  return importsOf(source).flatMap(({ specifier, line }) => {
    if (!specifier.startsWith('.')) return [];
    const target = normalize(join(dirname(file), specifier));
    const reason = violation(file, own, target);
    return reason === null ? [] : [`${file}:${line}: ${reason}`];
  });
}

function violation(file: string, own: number, target: string): string | null {
  if (!target.startsWith('src/')) return `imports ${target}, which is outside src.`;
  const other = layerOf(target);
  if (other === null) return `imports ${target}, which belongs to no layer.`;
  if (other < own) return `${layers[own][0]} imports ${target} of the higher layer ${layers[other][0]}.`;
  const [dialect, otherDialect] = [dialectOf(file), dialectOf(target)];
  if (dialect !== null && otherDialect !== null && dialect !== otherDialect) {
    return `the dialect ${dialect} imports ${target} of the dialect ${otherDialect}.`;
  }
  return null;
}

function layerOf(file: string): number | null {
  const index = layers.findIndex(([, ...paths]) =>
    paths.some((path) => (path.endsWith('/') ? file.startsWith(path) : file === path)),
  );
  return index < 0 ? null : index;
}

/** The folder below src/signaling; null for files shared by all dialects, and elsewhere. */
function dialectOf(file: string): string | null {
  return /^src\/signaling\/([^/]+)\//.exec(file)?.[1] ?? null;
}

/** The web pages know the wire protocol, not the server that speaks it. */
export function webViolations(file: string, source: string): string[] {
  return importsOf(source).flatMap(({ specifier, line }) => {
    const target = normalize(join(dirname(file), specifier));
    return specifier.startsWith('.') && !target.startsWith('web/')
      ? [`${file}:${line}: imports ${target}, which is outside web.`]
      : [];
  });
}

function main(): number {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const read = (file: string): string => readFileSync(join(root, file), 'utf8');
  const violations = [
    ...sourceFiles(root, 'src')
      .filter((file) => !isTestFile(file))
      .flatMap((file) => layerViolations(file, read(file))),
    ...sourceFiles(root, 'web').flatMap((file) => webViolations(file, read(file))),
  ];
  for (const violation of violations) console.error(violation);
  return violations.length === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main();
