import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger, logsAreText, textOfLogLine } from './create-logger.ts';

function capture(): { lines: string[]; output: NodeJS.WriteStream } {
  const lines: string[] = [];
  const output = { write: (text: string) => lines.push(text) > 0, isTTY: false };
  return { lines, output: output as unknown as NodeJS.WriteStream };
}

test('JSON lines carry level, time, message and fields', () => {
  const { lines, output } = capture();
  createLogger({ level: 'info', format: 'json' }, output).info({ room: 'r' }, 'opened');
  const { time, ...rest } = JSON.parse(lines[0]) as Record<string, unknown>;
  assert.deepEqual(rest, { level: 'info', room: 'r', msg: 'opened' });
  assert.match(String(time), /^\d{4}-\d\d-\d\dT.*Z$/);
});

test('errors carry their stack, in JSON and in text', () => {
  for (const format of ['json', 'text'] as const) {
    const { lines, output } = capture();
    createLogger({ level: 'info', format }, output).error({ err: new Error('broken') }, 'bug');
    assert.match(lines.join(''), /Error: broken/);
    assert.match(lines.join(''), /create-logger\.test/);
  }
});

test('the level is a threshold', () => {
  const { lines, output } = capture();
  const log = createLogger({ level: 'warn', format: 'text' }, output);
  log.info({}, 'quiet');
  log.warn({ a: 1 }, 'loud');
  assert.equal(lines.length, 1);
  assert.match(lines[0], /^\d\d:\d\d:\d\d\.\d{3} warn {2}loud a=1\n$/);
});

test('text is one line without an error', () => {
  const line = '{"level":"info","time":"2026-01-01T10:20:30.123Z","msg":"hello","who":"me","n":{"x":1}}';
  assert.equal(textOfLogLine(line), '10:20:30.123 info  hello who=me n={"x":1}\n');
});

test('a name with a line break stays within its line', () => {
  const line = JSON.stringify({
    level: 'info',
    time: '2026-01-01T10:20:30.123Z',
    msg: 'joined',
    room: 'a\nb',
  });
  assert.equal(textOfLogLine(line), '10:20:30.123 info  joined room="a\\nb"\n');
});

test('auto is text only on a terminal', () => {
  assert.equal(logsAreText('auto', { isTTY: true }), true);
  assert.equal(logsAreText('auto', {}), false);
  assert.equal(logsAreText('json', { isTTY: true }), false);
});
