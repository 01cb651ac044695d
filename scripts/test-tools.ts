/** The programs that the tests need besides Node.js: what is missing, and getting it from Debian. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

export interface TestTool {
  /** For people. */
  readonly name: string;
  /** The Debian packages that bring it. */
  readonly packages: readonly string[];
  isThere(): boolean;
}

/** How this machine lets us install packages, or why it does not. */
export type Installer = { readonly command: readonly string[] } | { readonly reason: string };

const python = '/usr/bin/python3';

export const chromium: TestTool = {
  name: 'Chromium',
  packages: ['chromium'],
  isThere: () => existsSync(process.env.CHROMIUM ?? '/usr/bin/chromium'),
};

export const firefox: TestTool = {
  name: 'Firefox',
  packages: ['firefox-esr'],
  isThere: () => existsSync(process.env.FIREFOX ?? '/usr/bin/firefox-esr'),
};

export const openssl: TestTool = {
  name: 'the openssl command',
  packages: ['openssl'],
  isThere: () => succeeds('openssl', 'version'),
};

export const ffmpeg: TestTool = {
  name: 'ffmpeg',
  packages: ['ffmpeg'],
  isThere: () => succeeds('ffmpeg', '-version'),
};

/** A TURN server; the tests start one of their own. */
export const coturn: TestTool = {
  name: 'coturn',
  packages: ['coturn'],
  isThere: () => succeeds('turnserver', '--version'),
};

export const aiortc: TestTool = {
  name: 'aiortc (Python)',
  packages: ['python3', 'python3-aiortc'],
  isThere: () => succeeds(python, '-c', 'import aiortc'),
};

export const gstreamer: TestTool = {
  name: 'GStreamer with webrtcbin',
  packages: [
    'python3-gi',
    'gir1.2-gst-plugins-bad-1.0',
    'gstreamer1.0-tools',
    'gstreamer1.0-plugins-base',
    'gstreamer1.0-plugins-good',
    'gstreamer1.0-plugins-bad',
    'gstreamer1.0-nice',
  ],
  isThere: () =>
    ['webrtcbin', 'nicesrc', 'vp8enc', 'opusenc'].every((element) => succeeds('gst-inspect-1.0', element)) &&
    succeeds(
      python,
      '-c',
      'import gi; gi.require_version("GstWebRTC", "1.0"); from gi.repository import GstWebRTC',
    ),
};

/**
 * Gets what is missing.
 * @returns null, or what to tell the person who wants to run the tests
 */
export function obtainTools(
  tools: readonly TestTool[],
  installer: () => Installer = findInstaller,
): string | null {
  const missing = tools.filter((tool) => !tool.isThere());
  if (missing.length === 0) return null;
  const packages = [...new Set(missing.flatMap((tool) => tool.packages))];
  const names = missing.map((tool) => tool.name).join(', ');
  const found = installer();
  if ('reason' in found)
    return `The tests need ${names}, and ${found.reason}.\nInstall on Debian: ${howTo(packages)}`;
  console.log(`Installing ${names}: ${packages.join(' ')}`);
  const [program, ...prefix] = [...found.command, 'apt-get'];
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...packages]]) {
    const result = spawnSync(program, [...prefix, '-qq', ...args], { env: environment, encoding: 'utf8' });
    if (result.status !== 0) {
      const output = `${result.stdout ?? ''}${result.stderr ?? ''}`.trim().split('\n').slice(-5).join('\n');
      return `apt-get ${args[0]} failed:\n${output}\nThe tests need ${names}. Install on Debian: ${howTo(packages)}`;
    }
  }
  const still = missing.filter((tool) => !tool.isThere()).map((tool) => tool.name);
  return still.length === 0
    ? null
    : `${still.join(', ')} cannot be used although the packages are installed.`;
}

function findInstaller(): Installer {
  if (!succeeds('apt-get', '--version')) return { reason: 'this is not a Debian system' };
  if (process.getuid?.() === 0) return { command: [] };
  if (succeeds('sudo', '-n', 'true')) return { command: ['sudo', '-n', '--preserve-env=DEBIAN_FRONTEND'] };
  return { reason: 'installing them needs root or sudo without a password' };
}

function howTo(packages: readonly string[]): string {
  return `apt-get install --no-install-recommends ${packages.join(' ')}`;
}

function succeeds(program: string, ...args: string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore', timeout: 60_000 }).status === 0;
}
