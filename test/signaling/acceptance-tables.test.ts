/** The tables of acceptance checks in the documentation are exact: all checks are in them, and the tests they name exist. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

interface Table {
  readonly page: string;
  readonly checks: number;
  /** What the page calls the files of tests. */
  readonly files: Readonly<Record<string, string>>;
}

const tables: readonly Table[] = [
  {
    page: 'docs/dialects/kraken.md',
    checks: 28,
    files: {
      http: 'test/signaling/kraken-http.test.ts',
      calls: 'test/signaling/kraken-calls.test.ts',
      media: 'test/signaling/kraken-media.test.ts',
      timeouts: 'test/signaling/kraken-timeouts.test.ts',
      callback: 'test/signaling/kraken-callback.test.ts',
      browser: 'test/browser/kraken-dialect.test.ts',
      restart: 'test/browser/kraken-restart.test.ts',
    },
  },
  {
    page: 'docs/dialects/talksy.md',
    checks: 25,
    files: {
      headless: 'test/signaling/talksy.test.ts',
      hostile: 'test/signaling/talksy-hostile.test.ts',
      browser: 'test/browser/talksy-dialect.test.ts',
    },
  },
];

/** Of check 25 of Talksy, which needs a TURN server of ours. */
const unserved = /^not served: /;

/** [25, …] of "checks 25, 28: three mornin callers", wherever titles of tests stand in the source. */
function checksOf(source: string): Set<number> {
  const numbers = [...source.matchAll(/\b(?:it|test)\(\s*[`'"]checks? ([\d, ]+):/g)].flatMap(([, list]) =>
    list.split(',').map(Number),
  );
  return new Set(numbers);
}

/** The rows "| 15 first subscribe | media: … |" by their numbers. */
function rowsOf(whole: string): Map<number, string> {
  const page = whole.slice(whole.indexOf('## The acceptance checks'));
  const rows = new Map<number, string>();
  for (const [, numbers, , places] of page.matchAll(/^\| (\d+(?:, \d+)*) ([^|]*)\| ([^|]*) \|$/gm)) {
    for (const number of numbers.split(',')) rows.set(Number(number), places);
  }
  return rows;
}

for (const { page, checks, files } of tables) {
  describe(`the table of ${page}`, () => {
    const rows = rowsOf(read(page));

    it('has every check, and no other', () => {
      assert.deepEqual(
        [...rows.keys()],
        Array.from({ length: checks }, (_, index) => index + 1),
      );
    });

    it('names, for each check, files in which there are tests of it', () => {
      const tested = Object.entries(files).map(([word, path]) => [word, checksOf(read(path))] as const);
      for (const [number, places] of rows) {
        if (unserved.test(places)) continue;
        const words = places.replace(/"[^"]*"/g, '');
        const named = tested.filter(([word]) => new RegExp(`\\b${word}\\b`).test(words));
        assert.ok(named.length > 0, `check ${number} is tested nowhere`);
        for (const [word, numbers] of named)
          assert.ok(numbers.has(number), `no test of check ${number} in ${word}`);
      }
    });

    it('quotes titles as they are, and files that exist', () => {
      const source = Object.values(files).map(read).join('\n');
      for (const places of rows.values()) {
        for (const [, title] of places.matchAll(/"([^"]+)"/g)) {
          // An ellipsis is something left out.
          const parts = title.split('…').map((part) => part.trim());
          assert.ok(
            source.split('\n').some((line) => parts.every((part) => line.includes(part))),
            `there is no test "${title}"`,
          );
        }
        for (const [, file] of places.matchAll(/`([\w./-]+\.test\.ts)`/g)) {
          if (file.startsWith('src/')) assert.ok(read(file).length > 0);
        }
      }
    });
  });
}
