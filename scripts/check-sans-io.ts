/**
 * Fails when src/webrtc or src/media reach for a clock, a timer, a socket, randomness or the environment: they
 * are state machines that are given the time and return what to send.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isTestFile, sourceFiles } from './source-files.ts';
import { importsOf, lineOf, maskSource } from './source-scanner.ts';

const folders = ['src/webrtc', 'src/media'];

/** Modules without side effects. Of node:crypto only the functions of the second list. */
const allowedModules = ['node:events', 'node:crypto', 'node:assert/strict', 'sdp-transform'];
const allowedCryptoFunctions = ['createHash', 'createHmac', 'timingSafeEqual'];

const forbidden: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/(?<![.\w$#])Date\b(?!\s*:)/g, 'a clock (Date)'],
  [/(?<![.\w$#])performance\s*[.?[]/g, 'a clock (performance)'],
  [/(?<![.\w$#])hrtime\b/g, 'a clock (hrtime)'],
  [/(?<![.\w$#])(?:setTimeout|setInterval|setImmediate|queueMicrotask)\s*\(/g, 'a timer'],
  [/\bMath\s*\.\s*random\b/g, 'randomness (Math.random)'],
  [/\b(?:getRandomValues|randomUUID|randomBytes|randomFillSync|randomInt)\b/g, 'randomness'],
  [/(?<![.\w$#])process\s*[.?[]/g, 'the environment (process)'],
  [/(?<![.\w$#])(?:globalThis|console)\s*[.?[]/g, 'the environment'],
  [/(?<![.\w$#])(?:fetch|require)\s*\(/g, 'the network or the file system'],
  [/(?<![.\w$#])new\s+(?:WebSocket|EventSource|Worker|RTCPeerConnection)\b/g, 'the network'],
];

/** Everything in one file that is not sans-I/O. */
export function sansIoViolations(file: string, source: string): string[] {
  const imports = importsOf(source).flatMap(({ specifier, clause, line }) => {
    if (specifier.startsWith('.')) return [];
    if (!allowedModules.includes(specifier)) return [`${file}:${line}: imports ${specifier}.`];
    if (specifier !== 'node:crypto' || clause.startsWith('type ')) return [];
    const names = clause
      .replace(/[{}]/g, '')
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
    const impure = names.filter(
      (name) => !name.startsWith('type ') && !allowedCryptoFunctions.includes(name.split(' as ')[0].trim()),
    );
    return impure.map((name) => `${file}:${line}: imports ${name} of node:crypto.`);
  });
  const code = maskSource(source);
  const uses = forbidden.flatMap(([pattern, what]) =>
    [...code.matchAll(pattern)].map((match) => `${file}:${lineOf(code, match.index)}: uses ${what}.`),
  );
  return [...imports, ...uses];
}

function main(): number {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const violations = folders
    .flatMap((folder) => sourceFiles(root, folder))
    .filter((file) => !isTestFile(file))
    .flatMap((file) => sansIoViolations(file, readFileSync(join(root, file), 'utf8')));
  for (const violation of violations) console.error(violation);
  return violations.length === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main();
