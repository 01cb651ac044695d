import { after, before } from 'node:test';
import type { Page } from 'puppeteer-core';
import type { BrowserName } from '../../harness/browsers.ts';
import type { ServerOptions } from '../../harness/manifold-process.ts';
import { type PageOptions, type Stage, type StageTest, stage } from '../../harness/stage.ts';
import { smallPicture } from '../../page/media-source.ts';
import { type AppServer, startAppServer } from './app-server.ts';
import { pageBundle } from './page-bundle.ts';

/** Colours far apart after 4:2:0 sampling and quantization. */
export const colours = {
  red: [255, 0, 0],
  blue: [0, 0, 255],
  lime: [0, 255, 0],
  yellow: [255, 255, 0],
} as const;
export type Colour = keyof typeof colours;

export interface KurentoPage {
  /** Of the camera. Default: small. */
  readonly picture?: typeof smallPicture | typeof largePicture;
  /** kurento-utils knows Chrome by its name, which is another without a window. Some of its modes are for Chrome only. */
  readonly asChrome?: boolean;
}

/** Enough for several sizes. */
export const largePicture = { width: 960, height: 540, frameRate: 15 } as const;

export interface KurentoStage extends Stage {
  readonly app: AppServer;
  /** Where kurento-client finds the server under test. */
  readonly url: string;
  /** A page with kurento-utils, connected to a demo of the app server. Its camera shows one colour. */
  openAt(
    demo: string,
    browser: BrowserName,
    name: string,
    colour?: Colour,
    page?: KurentoPage,
  ): Promise<Page>;
}

export type KurentoTest = (
  name: string,
  run: (stage: KurentoStage) => Promise<void>,
  timeoutMs?: number,
) => void;

/** As `stage`, with one app server for a test file besides. */
export function kurentoStage(server: ServerOptions = {}): KurentoTest {
  const test: StageTest = stage({ server });
  let app: AppServer | null = null;
  before(async () => {
    // Not while the first test's time runs.
    await pageBundle();
  });
  after(() => app?.close());
  return (name, run, timeoutMs) =>
    test(
      name,
      async (it) => {
        const url = `ws://127.0.0.1:${it.server.httpPort}/kurento`;
        app ??= await startAppServer(url);
        const running = app;
        const stageWithApp: KurentoStage = {
          ...it,
          app: running,
          url,
          async openAt(demo, browser, label, colour, { picture = smallPicture, asChrome = false } = {}) {
            const options: PageOptions = {
              ownWindow: browser === 'firefox',
              ...(colour === undefined ? {} : { camera: { ...picture, colour } }),
            };
            const page = await it.open(browser, label, options);
            const agent = await page.browser().userAgent();
            if (asChrome) await page.setUserAgent(agent.replace('HeadlessChrome', 'Chrome'));
            await page.addScriptTag({ content: await pageBundle() });
            await page.evaluate((address) => kurentoPage.open(address), running.url(demo, label));
            return page;
          },
        };
        try {
          await run(stageWithApp);
          // Ends demos and clients while their pages are still there; what the client throws then counts as well.
          await running.reset();
          running.assertAlive();
        } catch (error) {
          // The next test gets another.
          app = null;
          it.defer(() => running.close());
          if (error instanceof Error) error.message += `\napp server: ${running.log.slice(-12).join('\n  ')}`;
          throw error;
        }
      },
      timeoutMs,
    );
}
