/**
 * Browsers and a server in the test's own process, so that a test can ask for layers and see what is forwarded.
 * Used by the tests of this folder and by the commands that run them at full length.
 */
import type { Browser, Page } from 'puppeteer-core';
import { createManifold, type Manifold, type Subscription, silentLogger } from '../../../src/index.ts';
import { UdpRelay, type UdpRelayOptions } from '../../network/udp-relay.ts';
import { type BrowserName, launchBrowser } from '../harness/browsers.ts';
import { type OpenedPage, saveDiagnostics } from '../harness/diagnostics.ts';
import { eventually } from '../harness/media-assertions.ts';
import { type PageServer, startPageServer } from '../harness/page-server.ts';
import { toolkitBundle } from '../harness/toolkit-bundle.ts';
import type { LayeredPublication } from '../page/layered-publisher.ts';

export interface LabPage {
  readonly page: Page;
  readonly relay: UdpRelay | null;
}

/** A page that plays what the room's publisher sends, and the server's side of it. */
export interface LabPlayer extends LabPage {
  readonly browser: BrowserName;
  readonly subscription: Subscription;
}

export interface LabPublisher extends LabPage {
  readonly room: string;
}

/** Parameters of a link in front of a page; null for none. */
export type LabNetwork = Omit<UdpRelayOptions, 'server' | 'ports'> | null;

const startTimeoutMs = 20_000;

export class Lab {
  readonly manifold: Manifold;
  /** What the server logged as an error, and who left. */
  readonly errors: string[];
  readonly #pages: PageServer;
  readonly #browsers = new Map<BrowserName, Browser>();
  readonly #cleanUps: (() => Promise<unknown>)[] = [];
  #opened: OpenedPage[] = [];
  #rooms = 0;

  private constructor(manifold: Manifold, errors: string[], pages: PageServer) {
    this.manifold = manifold;
    this.errors = errors;
    this.#pages = pages;
  }

  static async start(): Promise<Lab> {
    const errors: string[] = [];
    const manifold = await createManifold({
      http: { host: '127.0.0.1', port: 0 },
      media: { addresses: ['127.0.0.1'], port: 0 },
      pages: false,
      log: { ...silentLogger, error: (fields, message) => errors.push(`${message} ${String(fields)}`) },
    });
    // A client that the server gives up in the middle of a run is worth knowing of; those of closed pages are many.
    manifold.rooms.on('participantleft', ({ dialect, connectionState, connectionFailure, room }, reason) =>
      errors.push(
        `${dialect} participant of ${room.id} left: ${reason}, ${connectionState} ${connectionFailure ?? ''}`,
      ),
    );
    await manifold.listen();
    return new Lab(manifold, errors, await startPageServer());
  }

  /** Publishes in a room of its own; returns when the server has every encoding that comes. */
  async publish(publication: LayeredPublication, network: LabNetwork = null): Promise<LabPublisher> {
    const room = `lab-${++this.#rooms}`;
    const opened = await this.#open('chromium', 'publisher', network);
    await opened.page.evaluate(
      (url, what) => toolkit.publishLayered(url, what),
      this.#url('whip', room),
      publication,
    );
    await eventually('the publication', startTimeoutMs, () => {
      const [video] = this.manifold.rooms.rooms.get(room)?.publications() ?? [];
      return video === undefined ? { pending: 'nothing published' } : { value: video };
    });
    return { ...opened, room };
  }

  /** Plays what is published in a room; returns when a picture is shown. */
  async play(room: string, browser: BrowserName, network: LabNetwork = null): Promise<LabPlayer> {
    const before = new Set(this.manifold.rooms.rooms.get(room)?.participants.values());
    const opened = await this.#open(browser, `${browser} player`, network);
    await opened.page.evaluate((url) => toolkit.playLayered(url), this.#url('whep', room));
    await opened.page.evaluate(() => toolkit.watchFrames());
    const participants = [...(this.manifold.rooms.rooms.get(room)?.participants.values() ?? [])];
    const participant = participants.find((other) => !before.has(other));
    const subscription = [...(participant?.subscriptions.values() ?? [])].find(
      ({ publication }) => publication.kind === 'video',
    );
    if (subscription?.forwarder == null) throw new Error('the server has no subscription for the player');
    return { ...opened, browser, subscription };
  }

  /** @throws Error when what is published in a room has ended */
  assertPublished({ room }: LabPublisher): void {
    const [video] = this.manifold.rooms.rooms.get(room)?.publications() ?? [];
    if (video === undefined) throw new Error(`the publisher has gone: ${this.errors.join('; ')}`);
  }

  /** Closes the pages opened so far. */
  async closePages(): Promise<void> {
    for (const cleanUp of this.#cleanUps.splice(0).reverse()) await cleanUp().catch(() => {});
    this.#opened = [];
  }

  /** Leaves in test-output what the pages and the server were like. @returns the folder */
  async saveDiagnostics(name: string): Promise<string> {
    return await saveDiagnostics(name, this.#opened, this.errors, () =>
      Promise.resolve(JSON.stringify(this.manifold.rooms.snapshot(), null, 1)),
    );
  }

  async close(): Promise<void> {
    await this.closePages();
    for (const browser of this.#browsers.values()) await browser.close();
    await this.#pages.close();
    await this.manifold.close();
  }

  #url(protocol: 'whip' | 'whep', room: string): string {
    return `http://127.0.0.1:${this.manifold.httpPort}/${protocol}/${room}`;
  }

  async #open(browserName: BrowserName, label: string, network: LabNetwork): Promise<LabPage> {
    let browser = this.#browsers.get(browserName);
    if (browser === undefined) {
      browser = await launchBrowser(browserName);
      this.#browsers.set(browserName, browser);
    }
    const context = await browser.createBrowserContext();
    this.#cleanUps.push(() => context.close());
    const page = await context.newPage();
    const console: string[] = [];
    page.on('console', (message) => console.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => console.push(`uncaught: ${String(error)}`));
    this.#opened.push({ label, page, console });
    const { mediaPort } = this.manifold;
    let relay: UdpRelay | null = null;
    if (network !== null) {
      const opened = await UdpRelay.start({ ...network, server: { address: '127.0.0.1', port: mediaPort } });
      this.#cleanUps.push(() => opened.close());
      const redirection = { from: mediaPort, to: opened.addresses[0].port };
      await page.evaluateOnNewDocument(`globalThis.mediaRedirection = ${JSON.stringify(redirection)};`);
      relay = opened;
    }
    await page.evaluateOnNewDocument(await toolkitBundle());
    await page.goto(this.#pages.origin, { waitUntil: 'load' });
    return { page, relay };
  }
}
