/** `manifold load`: the load generator as a user command. */
import { parseArgs } from 'node:util';
import type { LoadReport } from './load-report.ts';
import { LoadRun } from './load-run.ts';
import { type TrafficName, trafficShapes, videoAt } from './traffic.ts';

const usage = `Usage: manifold load [options]

Puts a load on a running Manifold (or any WHIP/WHEP server): publishers and subscribers with real ICE, DTLS and
SRTP, and reports loss, delay and, for a server on this machine, CPU and memory.

  --server URL          base address of the server            (http://127.0.0.1:8080)
  --room NAME           room to use                           (load)
  --publishers N        publishers                            (1)
  --subscribers N       subscribers, spread over the publishers (10)
  --traffic NAME        ${Object.keys(trafficShapes).join(', ')}   (video-bursts)
  --bitrate BITS        video bit rate, with --traffic video-…
  --feedback            subscribers tell what arrives when, as browsers do, and the server adapts to it
  --seconds N           length of the measured window         (10)
  --settle N            seconds before it that do not count   (5)
  --max-rate            raise the video rate until loss reaches 0.1 % or p99 delay 50 ms
  --pid PID             the server's process id, to measure its CPU and memory
  --token TOKEN         bearer token for WHIP and WHEP
  --json                print the report as JSON
  --help                this text
`;

/** The largest rate is the last that kept to these. */
const largestLossRatio = 0.001;
const largestP99DelayMs = 50;

/** Runs the command; returns the exit code. */
export async function runLoadCommand(args: string[]): Promise<number> {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const problem = check(values);
  if (problem !== null) {
    process.stderr.write(`${problem}\nSee manifold load --help.\n`);
    return 2;
  }
  const base = trafficShapes[values.traffic as TrafficName];
  const shape =
    values.bitrate === undefined
      ? base
      : videoAt(
          Number(values.bitrate),
          values.traffic === 'video-paced' ? Number(values.bitrate) / 8 / 1100 : 30,
        );
  const run = new LoadRun({
    server: new URL(values.server),
    room: values.room,
    publishers: Number(values.publishers),
    subscribers: Number(values.subscribers),
    shape,
    feedback: values.feedback,
    joinConcurrency: 16,
    progress: (message) => process.stderr.write(`${message}\n`),
    ...(values.token === undefined ? {} : { bearerToken: values.token }),
    ...(values.pid === undefined ? {} : { serverPid: Number(values.pid) }),
  });
  try {
    await run.start();
    const seconds = Number(values.seconds);
    const report = values['max-rate']
      ? await findLargestRate(run, seconds)
      : await run.measure(seconds, Number(values.settle));
    process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : formatReport(report));
    return 0;
  } catch (error) {
    process.stderr.write(`The load run failed: ${(error as Error).message}\n`);
    return 1;
  } finally {
    await run.close();
  }
}

/** A report with the bit rate it was reached at. */
export interface LargestRate extends LoadReport {
  readonly bitsPerSecond: number;
}

/** Doubles the video bit rate until the limits are broken, then halves the gap five times. */
export async function findLargestRate(run: LoadRun, secondsPerStep: number): Promise<LargestRate> {
  let good = 0;
  let bad = Number.POSITIVE_INFINITY;
  let best: LargestRate | null = null;
  let rate = 1_000_000;
  for (let step = 0; step < 16; step++) {
    run.setShape(videoAt(rate, 30));
    const report = await run.measure(secondsPerStep, 2);
    const ok = report.lossRatio < largestLossRatio && report.delayMs.p99 < largestP99DelayMs;
    if (ok) {
      good = rate;
      best = { ...report, bitsPerSecond: rate };
    } else bad = rate;
    if (bad / Math.max(good, 1) < 1.05) break;
    rate = bad === Number.POSITIVE_INFINITY ? rate * 2 : Math.round((Math.max(good, bad / 4) + bad) / 2);
  }
  if (best === null) throw new Error('even the lowest rate exceeds 0.1 % loss or 50 ms of delay');
  return best;
}

function parse(args: string[]) {
  return parseArgs({
    args,
    options: {
      server: { type: 'string', default: 'http://127.0.0.1:8080' },
      room: { type: 'string', default: 'load' },
      publishers: { type: 'string', default: '1' },
      subscribers: { type: 'string', default: '10' },
      traffic: { type: 'string', default: 'video-bursts' },
      bitrate: { type: 'string' },
      feedback: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '10' },
      settle: { type: 'string', default: '5' },
      'max-rate': { type: 'boolean', default: false },
      pid: { type: 'string' },
      token: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  }).values;
}

function check(values: ReturnType<typeof parse>): string | null {
  if (!Object.hasOwn(trafficShapes, values.traffic)) {
    return `--traffic: ${values.traffic} is not one of ${Object.keys(trafficShapes).join(', ')}.`;
  }
  if (!URL.canParse(values.server))
    return `--server: ${values.server} is not an address like http://host:8080.`;
  for (const key of ['publishers', 'subscribers', 'seconds', 'settle', 'bitrate', 'pid'] as const) {
    const value = values[key];
    if (value !== undefined && !(Number(value) > 0)) return `--${key}: ${value} is not a number above 0.`;
  }
  return null;
}

function formatReport(report: LoadReport | LargestRate): string {
  const lines = [
    ...('bitsPerSecond' in report
      ? [`largest rate      ${(report.bitsPerSecond / 1e6).toFixed(2)} Mbit/s`]
      : []),
    `subscribers       ${report.subscribers} (${report.silentSubscribers} of them received nothing)`,
    `packets           ${report.packetsReceived} of ${report.packetsExpected} received`,
    `loss              ${(report.lossRatio * 100).toFixed(3)} %`,
    `delay             p50 ${report.delayMs.p50.toFixed(2)} ms, p99 ${report.delayMs.p99.toFixed(2)} ms`,
    `joins             ${report.joins.perSecond.toFixed(0)}/s, p50 ${report.joins.p50Ms.toFixed(0)} ms`,
  ];
  if (report.server !== null) {
    const { server } = report;
    lines.push(
      `server CPU        ${server.cpuMicrosPerPacket.toFixed(2)} µs a packet, ${(server.cpuShare * 100).toFixed(0)} % of a core`,
      `server CPU        ${server.cpuMillisPerJoin.toFixed(2)} ms a join`,
      `stolen CPU        ${(server.stolenShare * 100).toFixed(1)} % of the machine's, by its host`,
      `server memory     ${(server.residentBytes / 2 ** 20).toFixed(0)} MiB, ${(server.residentBytesPerSubscriber / 1024).toFixed(0)} KiB a subscriber`,
    );
  }
  return `${lines.join('\n')}\n`;
}
