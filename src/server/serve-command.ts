/** `manifold serve`: reads the configuration, runs the server, and ends it in order. */
import { existsSync } from 'node:fs';
import { homedir, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { type CommandLine, parseCommandLine } from '../config/command-line.ts';
import { readConfigFile } from '../config/config-file.ts';
import { configAsToml, flagsHelp } from '../config/config-text.ts';
import { environmentWithFile } from '../config/environment-file.ts';
import { type TranslatedFile, translateKrakenFile } from '../config/kraken-file.ts';
import { configFileVariable, readConfigWithNotes } from '../config/read-config.ts';
import { type Config, servesTls } from '../config/schema.ts';
import { ListenError } from '../http/listen-error.ts';
import type { Logger } from '../log.ts';
import type { Manifold } from '../server.ts';
import { createLogger, logsAreText } from './create-logger.ts';
import { reachableAddresses } from './local-addresses.ts';
import { runMonitor } from './monitor-command.ts';
import { optimizeLater } from './optimize-later.ts';
import { packageVersion } from './package-files.ts';
import { startBanner } from './start-banner.ts';
import { StartError } from './start-error.ts';

const help = `manifold ${packageVersion}: a WebRTC SFU that speaks many signaling dialects

Usage: manifold [serve] [flags]
       manifold load [flags]        put a load on a running server; see manifold load --help

  --config <file>, -c               Configuration file, TOML; also ${configFileVariable}. See
                                    config.sample.toml. That of a Kraken engine is understood, too.
  --service <engine|monitor>, -s    As Kraken has it: engine is the server, and the default.
  --print-config                    Print the configuration in effect, secrets hidden, and exit.
  --version                         Print the version and exit.
  --help, -h                        Print this and exit.

Every flag below can also be set in the file (--http-port: port in [http]) and in the environment
(MANIFOLD_HTTP_PORT). Flags win over the environment, which wins over the file. The environment is
completed by the file .env in the working directory. The variables of ksfu (HTTP_PORT, ICE_SINGLE_PORT
and others: see .env.example) are understood, too; those of Manifold's own names win over them.

`;

/** Longer than calls may take to end: whatever hangs then is cut off by the exit. */
const exitMarginMs = 1000;

/** @throws ConfigError, StartError */
export async function runServeCommand(args: readonly string[]): Promise<number | null> {
  const line = parseCommandLine(args);
  if (line.help) {
    process.stdout.write(`${help}${flagsHelp()}\n`);
    return 0;
  }
  if (line.version) {
    process.stdout.write(`manifold ${packageVersion}\n`);
    return 0;
  }
  optimizeLater();
  const environment = environmentWithFile(process.env, '.env');
  const file = readFile(line, environment[configFileVariable]);
  const { config, notes } = readConfigWithNotes({
    ...(file === null ? {} : { file }),
    environment,
    flags: line.flags,
  });
  if (line.printConfig) {
    process.stdout.write(`${configAsToml(config)}\n`);
    return 0;
  }
  if (line.service === 'monitor') await runMonitor(config);
  else await serve(config, [...(file?.notes ?? []), ...notes]);
  return null;
}

/** The file that is named; else, as Kraken does it, one in the home directory if there is one. */
function readFile(line: CommandLine, fromEnvironment: string | undefined): TranslatedFile | null {
  const named = line.configFile ?? fromEnvironment ?? '';
  const krakenFile = join(homedir(), '.kraken/engine.toml');
  const isKraken = named === '' && line.service !== null && existsSync(krakenFile);
  const name = isKraken ? krakenFile : named.replace(/^~(?=\/)/, homedir());
  return name === '' ? null : translateKrakenFile(readConfigFile(name), addressesOf);
}

function addressesOf(networkInterface: string): readonly string[] | null {
  const addresses = networkInterfaces()[networkInterface];
  return addresses === undefined ? null : reachableAddresses({ [networkInterface]: addresses });
}

async function serve(config: Config, notes: readonly string[]): Promise<void> {
  const log = createLogger(config.logging);
  for (const note of notes) log.warn({}, note);
  const manifold = await openMedia(config, log);
  endOnSignals(manifold, log);
  try {
    await manifold.listen();
  } catch (error) {
    await manifold.close();
    if (error instanceof ListenError) throw httpStartError(error, config);
    throw error;
  }
  if (logsAreText(config.logging.format, process.stdout)) process.stdout.write(startBanner(manifold));
  else {
    log.info(
      {
        version: packageVersion,
        http: manifold.addresses,
        kraken: manifold.krakenAddress,
        mediaAddresses: manifold.mediaAddresses,
        mediaPort: manifold.mediaPort,
      },
      'serving',
    );
  }
}

/** Loads the server only now, so that a wrong configuration is told at once, also where the addon is missing. */
async function openMedia(config: Config, log: Logger): Promise<Manifold> {
  try {
    const { createManifold } = await import('../server.ts');
    return await createManifold({ ...config, log });
  } catch (error) {
    throw mediaStartError(error as NodeJS.ErrnoException, config.media) ?? error;
  }
}

/** Says how to choose another port or address. */
function httpStartError(error: ListenError, config: Config): StartError {
  const tls = servesTls(config.http) && error.port === config.http.tlsPort;
  const flag = error.code === 'EADDRNOTAVAIL' ? '--http-host' : tls ? '--http-tls-port' : '--http-port';
  return new StartError(`${error.message} Choose another with ${flag}.`, { cause: error });
}

function mediaStartError(
  error: NodeJS.ErrnoException,
  { port, portRange }: Config['media'],
): StartError | null {
  const { code, message } = error;
  if (code === 'EADDRINUSE' && portRange !== '') {
    return new StartError(
      `No UDP port of ${portRange} for media is free (${message}). Choose others with --media-port-range.`,
      { cause: error },
    );
  }
  if (code === 'EADDRINUSE') {
    return new StartError(
      `UDP port ${port} for media is in use by another program (${message}). Choose another with --media-port.`,
      { cause: error },
    );
  }
  if (code === 'EADDRNOTAVAIL' || code === 'EACCES') {
    return new StartError(`Media cannot be received: ${message}. See --media-addresses and --media-port.`, {
      cause: error,
    });
  }
  return message.startsWith('The native addon') ? new StartError(message, { cause: error }) : null;
}

/** SIGTERM and SIGINT end calls in order; a second one exits at once. */
function endOnSignals(manifold: Manifold, log: Logger): void {
  let ending = false;
  const end = (signal: NodeJS.Signals): void => {
    if (ending) process.exit(1);
    ending = true;
    log.info({ signal }, 'ending all calls');
    setTimeout(() => {
      log.warn({}, 'calls did not end in time');
      process.exit(1);
    }, manifold.config.timeouts.shutdownMs + exitMarginMs).unref();
    void manifold.close().then(
      () => {
        log.info({}, 'stopped');
        process.exit(0);
      },
      (error: unknown) => {
        log.error({ err: error }, 'bug: stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}
