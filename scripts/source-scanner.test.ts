import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importsOf, maskSource } from './source-scanner.ts';

const specifiers = (source: string): string[] => importsOf(source).map(({ specifier }) => specifier);

test('finds every form of import', () => {
  assert.deepEqual(
    specifiers(`import a from './a.ts';
import { b,
  type c as d } from "./b.ts";
import * as e from './e.ts';
import type { F } from './f.ts';
import './g.ts';
export { h } from './h.ts';
export * from './i.ts';
const j = await import('./j.ts');
type K = import('./k.ts').K;
import l$, { m } from './l.ts';`),
    ['./a.ts', './b.ts', './e.ts', './f.ts', './g.ts', './h.ts', './i.ts', './j.ts', './k.ts', './l.ts'],
  );
});

test('does not take comments, strings, templates and regular expressions for code', () => {
  assert.deepEqual(
    specifiers(`// import './a.ts'
/* import './b.ts' */
const c = "import './c.ts'";
const d = \`import './d.ts' \${e('import "./e.ts"')} import './f.ts'\`;
const g = /['"\`]/; import './real.ts';
const h = 4 / 2; const i = "x" / 1; import './also-real.ts';
a.import('./method.ts');`),
    ['./real.ts', './also-real.ts'],
  );
});

test('code inside a template is code, and braces in it do not end it', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the template is the test's input
  const masked = maskSource('`a ${ { x: Date.now() } } b ${`${y}`} Date`; z');
  assert.match(masked, /Date\.now/);
  assert.equal(masked.match(/Date/g)?.length, 1);
  assert.match(masked, /z$/);
});

test('keeps lengths and lines', () => {
  const source = "a\n/* x\ny */ 'str\\'ing' // end\nb";
  const masked = maskSource(source);
  assert.equal(masked.length, source.length);
  assert.equal(masked.split('\n').length, 4);
  assert.doesNotMatch(masked, /x|y|ing|end/);
});
