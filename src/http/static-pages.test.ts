import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Hono } from 'hono';
import type { HttpEnvironment } from './http-app.ts';
import { serveStaticPages } from './static-pages.ts';

describe('static pages', () => {
  const hono = new Hono<HttpEnvironment>();
  let directory: string;
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    hono.request(path, { headers, method });

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'manifold-pages-'));
    mkdirSync(join(directory, 'web/admin'), { recursive: true });
    mkdirSync(join(directory, 'web/assets'));
    writeFileSync(join(directory, 'secret.txt'), 'secret');
    writeFileSync(join(directory, 'web/index.html'), '<h1>demo</h1>');
    writeFileSync(join(directory, 'web/admin/index.html'), '<h1>admin</h1>');
    writeFileSync(join(directory, 'web/assets/main-ABCD2345.js'), 'let a = 1;'.repeat(100));
    assert.equal(serveStaticPages({ hono, webSocket() {} }, join(directory, 'web')), 6);
  });
  after(() => rmSync(directory, { recursive: true }));

  test('serves a folder by its index.html', async () => {
    assert.equal(await (await get('/')).text(), '<h1>demo</h1>');
    for (const path of ['/admin', '/admin/', '/admin/index.html']) {
      const response = await get(path);
      assert.equal(await response.text(), '<h1>admin</h1>');
      assert.equal(response.headers.get('Content-Type'), 'text/html; charset=utf-8');
      assert.match(response.headers.get('Content-Security-Policy') ?? '', /default-src 'self'/);
    }
  });

  test('pages are asked for again each time, hashed assets never', async () => {
    const page = await get('/');
    assert.equal(page.headers.get('Cache-Control'), 'no-cache');
    const again = await get('/', { 'If-None-Match': page.headers.get('ETag') ?? '' });
    assert.equal(again.status, 304);
    assert.equal(await again.text(), '');
    assert.match((await get('/assets/main-ABCD2345.js')).headers.get('Cache-Control') ?? '', /immutable/);
  });

  test('compresses for those who can read it', async () => {
    const response = await get('/assets/main-ABCD2345.js', { 'Accept-Encoding': 'gzip, br' });
    assert.equal(response.headers.get('Content-Encoding'), 'gzip');
    const body = Buffer.from(await response.arrayBuffer());
    assert.equal(response.headers.get('Content-Length'), String(body.length));
    assert.equal(gunzipSync(body).toString(), 'let a = 1;'.repeat(100));
    assert.equal((await get('/assets/main-ABCD2345.js')).headers.get('Content-Encoding'), null);
  });

  test('HEAD has the headers alone', async () => {
    const response = await get('/', {}, 'HEAD');
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('Content-Length'), '13');
    assert.equal(await response.text(), '');
  });

  test('no path leads out of the folder, and other methods find nothing', async () => {
    for (const path of ['/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/assets', '/assets/']) {
      assert.equal((await get(path)).status, 404, path);
    }
    assert.equal((await get('/', {}, 'POST')).status, 404);
  });
});
