/**
 * Bundles the web pages. A page is a folder of web/ with an index.html; what it refers to becomes an asset with
 * a hash of its content in its name. web/demo is served as /, another folder under its name.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';

const rootPage = 'demo';
const scripts = ['.ts', '.tsx', '.js', '.jsx', '.mjs'];

/**
 * @param {string} source the folder web/
 * @param {string} target replaced as a whole, once everything is built
 */
export async function buildPages(source, target) {
  const pages = readdirSync(source, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(source, entry.name, 'index.html')))
    .map((entry) => entry.name);
  const staging = `${target}.new`;
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  for (const page of pages) await buildPage(join(source, page), staging, page === rootPage ? '' : page);
  rmSync(target, { recursive: true, force: true });
  renameSync(staging, target);
}

async function buildPage(folder, target, address) {
  const html = readFileSync(join(folder, 'index.html'), 'utf8');
  const references = [...html.matchAll(/\b(?:src|href)="([^"]+)"/g)]
    .map((match) => match[1])
    .filter((reference) => findReferenced(folder, reference) !== null);
  const entryPoints = references.map((reference) => findReferenced(folder, reference));
  const outputs = entryPoints.length === 0 ? new Map() : await bundle(folder, entryPoints, target);
  let built = html;
  const styles = new Set();
  for (const [index, reference] of references.entries()) {
    const output = outputs.get(resolve(entryPoints[index]));
    built = built.replaceAll(`="${reference}"`, `="${output.file}"`);
    if (output.style !== undefined) styles.add(output.style);
  }
  const links = [...styles].map((style) => `<link rel="stylesheet" href="${style}">`).join('');
  built = built.replace('</head>', `${links}</head>`);
  const folderOfPage = join(target, address);
  mkdirSync(folderOfPage, { recursive: true });
  writeFileSync(join(folderOfPage, 'index.html'), built);
}

/** The file of web/ that a page means; null for other servers' and for paths of our own server. */
function findReferenced(folder, reference) {
  if (/^([a-z]+:|\/\/|#)/i.test(reference)) return null;
  const file = join(reference.startsWith('/') ? dirname(folder) : folder, reference.split(/[?#]/)[0]);
  if (existsSync(file) && extname(file) !== '') return file;
  // A page may say main.js where the source is main.tsx.
  const stem = file.slice(0, file.length - extname(file).length);
  return scripts.map((extension) => stem + extension).find((candidate) => existsSync(candidate)) ?? null;
}

async function bundle(folder, entryPoints, target) {
  const result = await build({
    absWorkingDir: folder,
    entryPoints: [...new Set(entryPoints)],
    outdir: join(target, 'assets'),
    outbase: folder,
    entryNames: `${basename(folder)}-[name]-[hash]`,
    assetNames: `${basename(folder)}-[name]-[hash]`,
    publicPath: '/assets',
    bundle: true,
    minify: true,
    sourcemap: true,
    format: 'esm',
    target: ['es2022', 'chrome100', 'firefox100', 'safari15'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    // Files that a page refers to itself are copied; those that a script or a style imports get an address.
    loader: { '.svg': 'copy', '.png': 'copy', '.ico': 'copy', '.woff2': 'copy', '.webmanifest': 'copy' },
    metafile: true,
    logLevel: 'warning',
  });
  const address = (file) => `/assets/${basename(file)}`;
  const outputs = new Map();
  for (const [file, { entryPoint, inputs, cssBundle }] of Object.entries(result.metafile.outputs)) {
    const source = entryPoint ?? (file.endsWith('.map') ? undefined : Object.keys(inputs)[0]);
    if (source === undefined) continue;
    const absolute = resolve(folder, source);
    if (outputs.has(absolute) && entryPoint === undefined) continue;
    outputs.set(absolute, {
      file: address(file),
      ...(cssBundle === undefined ? {} : { style: address(relative(folder, cssBundle)) }),
    });
  }
  return outputs;
}
