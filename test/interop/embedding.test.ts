/** The README's example of using Manifold as a library, run as it stands there, but for its ports. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'puppeteer-core';
import { launchBrowser } from '../browser/harness/browsers.ts';
import { eventually, receives } from '../browser/harness/media-assertions.ts';
import { startPageServer } from '../browser/harness/page-server.ts';
import { toolkitBundle } from '../browser/harness/toolkit-bundle.ts';
import { smallPicture } from '../browser/page/media-source.ts';

const root = new URL('../../', import.meta.url);
const httpPortInReadme = 3000;
const mediaPortInReadme = 40_000;
const endTimeoutMs = 10_000;

async function exampleOfReadme(): Promise<string> {
  const readme = await readFile(new URL('README.md', root), 'utf8');
  const section = readme.slice(readme.indexOf('## As a library'));
  const code = /```js\n(.*?)```/s.exec(section)?.[1];
  assert.ok(code !== undefined, 'README.md has an example of the library');
  assert.ok(code.includes(`listen(${httpPortInReadme}`) && code.includes(`port: ${mediaPortInReadme}`), code);
  return code;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function openPage(browser: Browser, origin: string): Promise<Page> {
  const page = await browser.newPage();
  await page.evaluateOnNewDocument(await toolkitBundle());
  await page.goto(origin);
  return page;
}

async function endOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const timer = setTimeout(() => child.kill('SIGKILL'), endTimeoutMs);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(timer);
  return code;
}

test('the README’s example serves its own pages and a call, and ends at SIGTERM', {
  timeout: 90_000,
}, async (t) => {
  const httpPort = await freePort();
  const code = (await exampleOfReadme())
    .replaceAll(String(httpPortInReadme), String(httpPort))
    .replace(`port: ${mediaPortInReadme}`, 'port: 0');
  // Inside the package, its own name resolves to what the build made.
  const folder = new URL('test-output/', root);
  await mkdir(folder, { recursive: true });
  const file = new URL('embedding-example.mjs', folder);
  await writeFile(file, code);
  const child = spawn(process.execPath, [fileURLToPath(file)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => output.push(line));
  }
  const pages = await startPageServer();
  const browser = await launchBrowser('chromium');
  t.after(async () => {
    await browser.close();
    await pages.close();
    child.kill('SIGKILL');
  });

  await eventually('the example listens', 15_000, () => {
    if (child.exitCode !== null) throw new Error(`the example ended:\n${output.join('\n')}`);
    return output.some((line) => line.includes(`:${httpPort}/whip/`)) ? { value: true } : { pending: output };
  });
  const origin = `http://127.0.0.1:${httpPort}`;
  assert.equal(await (await fetch(`${origin}/anything`)).text(), 'my own pages');
  const health = (await (await fetch(`${origin}/health`)).json()) as { status: string };
  assert.equal(health.status, 'ok');

  const publisher = await openPage(browser, pages.origin);
  await publisher.evaluate(
    (url, what) => toolkit.publishWhip(url, what, { video: null, audio: null }),
    `${origin}/whip/embedded`,
    { video: true, audio: true, ...smallPicture },
  );
  const player = await openPage(browser, pages.origin);
  await player.evaluate((url) => toolkit.playWhep(url, ['audio', 'video']), `${origin}/whep/embedded`);
  await receives(player, { videos: 1, audios: 1 });
  assert.ok(
    output.some((line) => / joined embedded$/.test(line)),
    output.join('\n'),
  );

  child.kill('SIGTERM');
  assert.equal(await endOf(child), 0, `the example ended in order:\n${output.join('\n')}`);
});
