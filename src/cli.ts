#!/usr/bin/env -S node --max-semi-space-size=2
/**
 * The command `manifold`. A small young generation suits it: packets make no garbage, so a large one would only be
 * memory that joins fill and nothing gives back.
 */
import { ConfigError } from './config/config-error.ts';
import { packageVersion } from './server/package-files.ts';
import { runServeCommand } from './server/serve-command.ts';
import { StartError } from './server/start-error.ts';

interface Subcommand {
  readonly summary: string;
  /** @returns the exit code; null to go on running */
  run(args: readonly string[]): Promise<number | null>;
}

const subcommands: Readonly<Record<string, Subcommand>> = {
  serve: {
    summary: 'Run the server; what is done when no command is given.',
    run: runServeCommand,
  },
  load: {
    summary: 'Put a load on a running server and report what it delivers.',
    // Loaded when asked for, so that the server's start does not pay for it.
    run: async (args) => (await import('./load/load-command.ts')).runLoadCommand([...args]),
  },
};

const wrongUsage = 2;

async function main(args: readonly string[]): Promise<number | null> {
  const [first, ...rest] = args;
  if (first === undefined || first.startsWith('-')) {
    if (args.includes('--version')) {
      process.stdout.write(`manifold ${packageVersion}\n`);
      return 0;
    }
    return subcommands.serve.run(args);
  }
  const subcommand = Object.hasOwn(subcommands, first) ? subcommands[first] : undefined;
  if (subcommand !== undefined) return subcommand.run(rest);
  const summaries = Object.entries(subcommands).map(
    ([name, { summary }]) => `  manifold ${name.padEnd(7)} ${summary}`,
  );
  process.stderr.write(
    `manifold: there is no command ${first}.\n\n${summaries.join('\n')}\n\nSee manifold --help.\n`,
  );
  return wrongUsage;
}

// Whoever has read the output may be gone, as `head` is, or the reader of a log: calls go on without.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

try {
  const exitCode = await main(process.argv.slice(2));
  if (exitCode !== null) process.exitCode = exitCode;
} catch (error) {
  if (error instanceof ConfigError) {
    for (const problem of error.problems) process.stderr.write(`manifold: ${problem}\n`);
    process.exitCode = wrongUsage;
  } else if (error instanceof StartError) {
    process.stderr.write(`manifold: ${error.message}\n`);
    process.exitCode = 1;
  } else {
    process.stderr.write(`manifold: ${(error as Error).stack}\n`);
    process.exitCode = 1;
  }
}
