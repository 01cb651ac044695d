/**
 * Fuzzes the addon's parsers with libFuzzer for a bounded time. Needs clang with its runtime and the OpenSSL
 * headers; says so and ends well where they are missing.
 *
 *     node --import tsx scripts/fuzz-native.ts [seconds, default 30]
 *
 * Inputs that crashed once are kept in native/fuzz/crashers and tried first.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const seconds = Number(process.argv[2] ?? 30);
const output = join(root, 'build', 'fuzz');
const fuzzer = join(output, 'datagram_fuzzer');
const corpus = join(output, 'corpus');
const crashers = join(root, 'native', 'fuzz', 'crashers');
const sources = [
  'native/fuzz/datagram_fuzzer.cc',
  'native/hmac_sha1.cc',
  'native/srtp.cc',
  'native/srtp_cipher.cc',
];

function run(command: string, options: readonly string[]): void {
  const { status, signal, error } = spawnSync(command, options, { cwd: root, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) {
    console.error(`${command} ended with ${signal ?? status}`);
    process.exit(1);
  }
}

/** One packet of each kind for each profile, so that the fuzzer need not find the headers by itself. */
function writeSeeds(): void {
  const rtp = Buffer.from('b2e0123400000001000000050000000100000002bede000110aa0000c0ffee', 'hex');
  const rtcp = Buffer.from('80c8000600000005aabbccddaabbccdd00000001000000020000000a', 'hex');
  const dtls = Buffer.from('16fefd000100000000000500101111111111111111111111111111111111', 'hex');
  for (const [name, packet] of Object.entries({ rtp, rtcp, dtls }))
    for (let profile = 0; profile < 3; profile++)
      writeFileSync(join(corpus, `${name}-${profile}`), Buffer.concat([Buffer.of(profile), packet]));
}

if (spawnSync('clang++', ['--version']).status !== 0) {
  console.log('clang++ is not installed: the native parsers are not fuzzed.');
  process.exit(0);
}
mkdirSync(corpus, { recursive: true });
mkdirSync(crashers, { recursive: true });
run('clang++', [
  '-std=c++17',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-O1',
  '-g',
  '-fsanitize=fuzzer,address,undefined',
  '-fno-sanitize-recover=undefined',
  ...sources,
  '-lcrypto',
  '-o',
  fuzzer,
]);
const saved = readdirSync(crashers).map((name) => join(crashers, name));
if (saved.length > 0) run(fuzzer, saved);
writeSeeds();
run(fuzzer, [
  `-max_total_time=${seconds}`,
  '-max_len=1600',
  '-print_final_stats=1',
  `-artifact_prefix=${crashers}/`,
  corpus,
]);
