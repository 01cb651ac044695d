import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'puppeteer-core';

export const outputFolder = fileURLToPath(new URL('../../../test-output/', import.meta.url));

/** A page a test opened, with what it said on its console. */
export interface OpenedPage {
  readonly label: string;
  readonly page: Page;
  readonly console: string[];
}

const fileName = (text: string) =>
  text
    .replaceAll(/[^a-z0-9]+/gi, '-')
    .replaceAll(/^-|-$/g, '')
    .toLowerCase();

async function attempt(promise: Promise<unknown>): Promise<void> {
  // A page may be dead already, which is often the very reason of the failure; the rest is still worth keeping.
  await Promise.race([promise.catch(() => {}), new Promise((resolve) => setTimeout(resolve, 5000).unref())]);
}

/** Leaves a folder in test-output that shows how every page and the server were when a test failed. */
export async function saveDiagnostics(
  testName: string,
  pages: readonly OpenedPage[],
  serverLog: readonly string[],
  serverState: () => Promise<string>,
): Promise<string> {
  const folder = join(outputFolder, fileName(testName));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'server.txt'), serverLog.join('\n'));
  await attempt(serverState().then((text) => writeFile(join(folder, 'server-state.txt'), text)));
  for (const { label, page, console } of pages) {
    const base = join(folder, fileName(label));
    await writeFile(`${base}-console.txt`, console.join('\n'));
    if (page.isClosed()) continue;
    await attempt(
      page
        .evaluate(() => toolkit.describeConnections())
        .then((value) => writeFile(`${base}-connections.json`, JSON.stringify(value, null, 1))),
    );
    await attempt(page.screenshot({ path: `${base}.png` }));
  }
  return folder;
}

/** A picture for people, kept with the output of the run. */
export async function saveScreenshot(page: Page, name: string): Promise<void> {
  await mkdir(outputFolder, { recursive: true });
  await page.screenshot({ path: join(outputFolder, `${name}.png`) });
}

/** A picture that a page gave as a data URL, kept with the output of the run. @returns where */
export async function saveDataUrl(url: string, name: string): Promise<string> {
  await mkdir(outputFolder, { recursive: true });
  const path = join(outputFolder, `${fileName(name)}.png`);
  await writeFile(path, Buffer.from(url.slice(url.indexOf(',') + 1), 'base64'));
  return path;
}
