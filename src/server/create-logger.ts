/** Makes the process's logger: JSON lines for machines, or text for people. */
import { Writable } from 'node:stream';
import { pino } from 'pino';
import type { Logger } from '../log.ts';

export interface LoggingOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** auto: text on a terminal, JSON elsewhere. */
  readonly format: 'auto' | 'json' | 'text';
}

export function logsAreText(format: LoggingOptions['format'], output: { isTTY?: boolean }): boolean {
  return format === 'text' || (format === 'auto' && output.isTTY === true);
}

export function createLogger(options: LoggingOptions, output: NodeJS.WriteStream = process.stdout): Logger {
  const settings = {
    level: options.level,
    base: null,
    // Names instead of pino's numbers, and times that people can read as well.
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
  };
  if (!logsAreText(options.format, output)) return pino(settings, output);
  const formatted = new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done): void {
      output.write(textOfLogLine(line));
      done();
    },
  });
  return pino(settings, formatted);
}

/** `12:30:01.123 warn  message  key=value …`, and the stack of an error below it. */
export function textOfLogLine(line: string): string {
  const { level, time, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const details = Object.entries(fields)
    .map(([key, value]) => ` ${key}=${plainOrQuoted(value)}`)
    .join('');
  const clock = String(time).slice(11, 23);
  const error = err as { stack?: string; message?: string } | undefined;
  const stack =
    error === undefined ? '' : `\n  ${(error.stack ?? error.message ?? '').replaceAll('\n', '\n  ')}`;
  return `${clock} ${String(level).padEnd(5)} ${String(msg)}${details}${stack}\n`;
}

/** Clients choose names of rooms and of themselves: no line break of theirs may look like a line of ours. */
function plainOrQuoted(value: unknown): string {
  return typeof value === 'string' && /^[!-~]+$/.test(value) ? value : JSON.stringify(value);
}
