import { after, before, test } from 'node:test';
import type { Browser, Page } from 'puppeteer-core';
import type { PageCamera } from '../page/media-source.ts';
import type { MediaRedirection } from '../page/tracked-peer-connection.ts';
import { type BrowserName, launchBrowser } from './browsers.ts';
import { type OpenedPage, saveDiagnostics } from './diagnostics.ts';
import { type ManifoldProcess, type ServerOptions, startManifold } from './manifold-process.ts';
import { type PageServer, startPageServer } from './page-server.ts';
import { toolkitBundle } from './toolkit-bundle.ts';

export interface StageOptions {
  /** Or what makes them, once what the file itself starts is there. */
  readonly server?: ServerOptions | (() => Promise<ServerOptions>);
  /** Scripts the page server offers besides the empty page. */
  readonly files?: Readonly<Record<string, URL>>;
}

export interface PageOptions {
  /** URL to open; default the empty page of the page server. */
  readonly url?: string;
  readonly redirection?: MediaRedirection;
  /** Merged into what the page makes its connections with. */
  readonly configuration?: RTCConfiguration;
  /** What the page gets when it asks for a camera. */
  readonly camera?: PageCamera;
  /** Firefox draws nothing of a tab in the background: neither what its page paints nor what it shows. */
  readonly ownWindow?: boolean;
}

/** What one test may use; all of it is closed when the test ends. */
export interface Stage {
  readonly server: ManifoldProcess;
  readonly pages: PageServer;
  /** A room name no other test of the file uses. */
  readonly room: string;
  open(browser: BrowserName, label: string, options?: PageOptions): Promise<Page>;
  /** Runs at the end of the test, last registered first. */
  defer(cleanUp: () => Promise<void> | void): void;
}

export type StageTest = (name: string, run: (stage: Stage) => Promise<void>, timeoutMs?: number) => void;

const defaultTimeoutMs = 60_000;
/** After a test's own deadline, for its diagnostics and its clean-up. */
const aftermathMs = 30_000;

/**
 * One server, one page server and at most one process of each browser for a test file. Tests of the file run one
 * after another, each in fresh browser contexts. A failing test leaves its diagnostics in test-output.
 */
export function stage(options: StageOptions = {}): StageTest {
  let server!: ManifoldProcess;
  let pages!: PageServer;
  const browsers = new Map<BrowserName, Browser>();
  let roomNumber = 0;

  before(async () => {
    const serverOptions = typeof options.server === 'function' ? await options.server() : options.server;
    // Each by itself: where one does not start, the other is closed all the same, and does not keep the process.
    const start = async () => {
      server = await startManifold(serverOptions);
    };
    const startPages = async () => {
      pages = await startPageServer(options.files);
    };
    const started = await Promise.allSettled([start(), startPages()]);
    for (const one of started) if (one.status === 'rejected') throw one.reason;
  });
  after(async () => {
    for (const browser of browsers.values()) await browser.close();
    await pages?.close();
    await server?.close();
  });

  async function browserOf(name: BrowserName): Promise<Browser> {
    let browser = browsers.get(name);
    if (browser === undefined || !browser.connected) {
      browser = await launchBrowser(name);
      browsers.set(name, browser);
    }
    return browser;
  }

  return (name, run, timeoutMs = defaultTimeoutMs) => {
    test(name, { timeout: timeoutMs + aftermathMs }, async () => {
      const opened: OpenedPage[] = [];
      const cleanUps: (() => Promise<void> | void)[] = [];
      const logStart = server.log.length;
      const it: Stage = {
        server,
        pages,
        room: `room-${++roomNumber}`,
        async open(browserName, label, pageOptions = {}) {
          const context = await (await browserOf(browserName)).createBrowserContext();
          cleanUps.push(() => context.close());
          const page = await context.newPage({ type: pageOptions.ownWindow ? 'window' : 'tab' });
          const console: string[] = [];
          page.on('console', (message) => console.push(`${message.type()}: ${message.text()}`));
          page.on('pageerror', (error) => console.push(`uncaught: ${String(error)}`));
          opened.push({ label, page, console });
          const { redirection, configuration, camera } = pageOptions;
          if (redirection !== undefined) {
            await page.evaluateOnNewDocument(`globalThis.mediaRedirection = ${JSON.stringify(redirection)};`);
          }
          if (configuration !== undefined) {
            await page.evaluateOnNewDocument(
              `globalThis.addedConfiguration = ${JSON.stringify(configuration)};`,
            );
          }
          if (camera !== undefined) {
            await page.evaluateOnNewDocument(`globalThis.pageCamera = ${JSON.stringify(camera)};`);
          }
          await page.evaluateOnNewDocument(await toolkitBundle());
          await page.goto(pageOptions.url ?? pages.origin, { waitUntil: 'load' });
          return page;
        },
        defer(cleanUp) {
          cleanUps.push(cleanUp);
        },
      };
      try {
        await within(timeoutMs, run(it));
        server.assertAlive();
      } catch (error) {
        const folder = await saveDiagnostics(name, opened, server.log.slice(logStart), () =>
          server.describe(),
        );
        if (error instanceof Error) error.message += `\n(diagnostics: ${folder})`;
        throw error;
      } finally {
        for (const cleanUp of cleanUps.reverse()) await Promise.resolve(cleanUp()).catch(() => {});
      }
    });
  };
}

/** A deadline of our own: node's would end the test before it could say what it saw. */
async function within(timeoutMs: number, run: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the test took longer than ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([run, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
