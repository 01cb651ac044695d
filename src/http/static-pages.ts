/**
 * Serves the built web pages from memory. Only files that were there at start can be asked for, so that no
 * path leads anywhere else.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { HttpApp } from './http-app.ts';

interface Page {
  readonly body: Buffer;
  readonly gzipped: Buffer;
  readonly type: string;
  readonly etag: string;
  readonly cacheControl: string;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

/** The build puts a hash of the content into the names of assets: `main-5KDN3QZA.js`. */
const hashedName = /-[A-Z0-9]{8}\.[a-z0-9]+$/;
const immutable = 'public, max-age=31536000, immutable';
/** Pages are asked for again each time; the entity tag makes that cheap. */
const revalidate = 'no-cache';

/** Own scripts and styles only; signaling goes to this server, media previews are blobs. */
const contentSecurityPolicy =
  "default-src 'self'; connect-src 'self' ws: wss: http: https:; img-src 'self' data: blob:; " +
  "media-src 'self' blob: mediastream:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; " +
  "frame-ancestors 'self'";

/**
 * @param directory what `npm run build` made of web/; `index.html` of a folder is served as the folder
 * @returns how many addresses are served
 */
export function serveStaticPages(app: HttpApp, directory: string): number {
  const pages = loadPages(directory);
  app.hono.on(['GET', 'HEAD'], '*', async (context, next) => {
    const page = pages.get(context.req.path);
    if (page === undefined) {
      await next();
      return undefined;
    }
    const headers: Record<string, string> = {
      ETag: page.etag,
      'Cache-Control': page.cacheControl,
      Vary: 'Accept-Encoding',
      'X-Content-Type-Options': 'nosniff',
    };
    if (context.req.header('if-none-match') === page.etag)
      return new Response(null, { status: 304, headers });
    headers['Content-Type'] = page.type;
    if (page.type.startsWith('text/html')) {
      headers['Content-Security-Policy'] = contentSecurityPolicy;
      headers['Referrer-Policy'] = 'no-referrer';
    }
    const gzip = /\bgzip\b/.test(context.req.header('accept-encoding') ?? '');
    const body = gzip ? page.gzipped : page.body;
    if (gzip) headers['Content-Encoding'] = 'gzip';
    headers['Content-Length'] = String(body.length);
    return new Response(context.req.method === 'HEAD' ? null : new Uint8Array(body), { headers });
  });
  return pages.size;
}

function loadPages(directory: string): Map<string, Page> {
  const pages = new Map<string, Page>();
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath ?? entry.path, entry.name);
    const path = file.slice(directory.length).split(sep).join('/');
    const page = loadPage(file);
    for (const address of addressesOf(path.startsWith('/') ? path : `/${path}`)) pages.set(address, page);
  }
  return pages;
}

/** `/admin/index.html` is also `/admin/` and `/admin`; `/admin.html` is also `/admin`. */
function addressesOf(path: string): readonly string[] {
  if (path === '/index.html') return ['/', path];
  if (path.endsWith('/index.html')) {
    const folder = path.slice(0, -'/index.html'.length);
    return [folder, `${folder}/`, path];
  }
  return path.endsWith('.html') ? [path.slice(0, -'.html'.length), path] : [path];
}

function loadPage(file: string): Page {
  const body = readFileSync(file);
  return {
    body,
    gzipped: gzipSync(body),
    type: types[extname(file)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    cacheControl: hashedName.test(file) ? immutable : revalidate,
  };
}
