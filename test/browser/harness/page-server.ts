import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PageServer {
  readonly origin: string;
  close(): Promise<void>;
}

const emptyPage = '<!doctype html><meta charset="utf-8"><title>test page</title><body></body>';

/**
 * Serves an empty page, and files by name, from an origin that is not the media server's: a WHIP or WHEP page
 * normally lives elsewhere, so every exchange also proves the cross-origin headers.
 *
 * @param files path of the request → file to serve as a script
 */
export async function startPageServer(files: Readonly<Record<string, URL>> = {}): Promise<PageServer> {
  const server: Server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0]!;
    const file = files[path];
    if (file !== undefined) {
      readFile(file).then(
        (content) => response.writeHead(200, { 'content-type': 'text/javascript' }).end(content),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
      return;
    }
    if (path === '/') response.writeHead(200, { 'content-type': 'text/html' }).end(emptyPage);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
