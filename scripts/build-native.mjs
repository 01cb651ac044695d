/**
 * Builds the native addon with the node-gyp that comes with npm; the package's install script. Does nothing
 * when the addon is newer than its sources and made for this Node.js.
 */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const addon = join(root, 'build', 'Release', 'manifold.node');
/** Says which Node.js the addon was made for. */
const stamp = join(root, 'build', 'Release', 'manifold.node.made-for');
const madeFor = `${process.version} ${process.platform} ${process.arch}\n`;

/** @returns whether there is an addon now */
export function buildNative() {
  if (isFresh()) return true;
  const nodeGyp = findNodeGyp();
  if (nodeGyp === null) {
    console.error(
      'The native addon cannot be built: npm, which brings node-gyp, was not found. Install npm.',
    );
    return false;
  }
  console.log('Building the native addon …');
  const command = existsSync(join(root, 'build', 'Makefile')) ? 'build' : 'rebuild';
  const result = spawnSync(process.execPath, [nodeGyp, command, ...headerArguments()], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (result.status !== 0) {
    console.error(`${result.stdout ?? ''}${result.stderr ?? result.error ?? ''}`);
    console.error(
      'The native addon could not be built. It needs a C++17 compiler, make and Python 3:\n' +
        '    apt-get install build-essential python3\n' +
        "and Node's headers, which node-gyp downloads when they are not beside Node.js itself.",
    );
    return false;
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, madeFor);
  return true;
}

function isFresh() {
  if (!existsSync(addon) || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== madeFor) return false;
  const sources = readdirSync(join(root, 'native')).map((name) => join(root, 'native', name));
  const builtAt = statSync(addon).mtimeMs;
  return [join(root, 'binding.gyp'), ...sources].every((file) => statSync(file).mtimeMs <= builtAt);
}

/** npm tells its scripts where node-gyp is; outside of them it is found beside npm. */
function findNodeGyp() {
  const told = process.env.npm_config_node_gyp;
  if (told !== undefined && existsSync(told)) return told;
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const npm = join(folder, 'npm');
    if (!existsSync(npm)) continue;
    const nodeGyp = join(dirname(realpathSync(npm)), '..', 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');
    if (existsSync(nodeGyp)) return nodeGyp;
  }
  return null;
}

/** Uses the headers that came with Node.js, so that a machine without network can build. */
function headerArguments() {
  if (process.env.npm_config_nodedir) return [];
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  const versionHeader = join(prefix, 'include', 'node', 'node_version.h');
  if (!existsSync(versionHeader) || !existsSync(join(prefix, 'include', 'node', 'openssl', 'ssl.h')))
    return [];
  const header = readFileSync(versionHeader, 'utf8');
  const [major, minor, patch] = process.versions.node.split('.');
  const matches = [
    ['MAJOR', major],
    ['MINOR', minor],
    ['PATCH', patch],
  ].every(([part, value]) => new RegExp(`#define NODE_${part}_VERSION ${value}\\b`).test(header));
  return matches ? [`--nodedir=${prefix}`] : [];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = buildNative() ? 0 : 1;
