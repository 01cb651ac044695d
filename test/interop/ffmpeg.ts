import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a file holds, as ffprobe counts it by decoding it. */
export interface RecordedStream {
  readonly codec_type: string;
  readonly codec_name: string;
  readonly width?: number;
  readonly height?: number;
  readonly nb_read_frames: string;
}

/** One of Debian's tools as a peer that knows neither ICE nor DTLS. */
export class MediaTool {
  readonly log: string[] = [];
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => this.log.push(text));
    this.#exited = once(this.#child, 'close');
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Ends as Ctrl-C would end it: files are finished. */
  async stop(): Promise<void> {
    if (this.running) this.#child.kill('SIGINT');
    await this.#exited;
  }
}

export class Ffmpeg extends MediaTool {
  constructor(args: readonly string[]) {
    super('ffmpeg', ['-hide_banner', '-nostdin', '-y', ...args]);
  }
}

/** A picture green above and moving below, with a tone. */
export const greenPicture = { width: 320, height: 240, rate: 15 } as const;
export const greenSource: readonly string[] = [
  ...['-re', '-f', 'lavfi', '-i'],
  'color=c=0x20c040:size=320x120:rate=15[above];testsrc=size=320x120:rate=15[below];[above][below]vstack',
  ...['-re', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'],
];

export const encodeH264: readonly string[] = [
  ...['-map', '0:v', '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency'],
  ...['-profile:v', 'baseline', '-pix_fmt', 'yuv420p', '-g', '15', '-b:v', '300k'],
];
export const encodeOpus: readonly string[] = ['-map', '1:a', '-c:a', 'libopus', '-b:a', '48k'];

/** What a file holds; every frame of it is decoded. */
export async function probe(file: string): Promise<RecordedStream[]> {
  const { stdout } = await run('ffprobe', [
    ...['-v', 'error', '-count_frames', '-show_streams', '-of', 'json', file],
  ]);
  return (JSON.parse(stdout) as { streams: RecordedStream[] }).streams;
}

/** The colour in the middle of the upper half of each picture of a file. */
export async function coloursOf(file: string): Promise<[red: number, green: number, blue: number][]> {
  const { stdout } = await run(
    'ffmpeg',
    [
      ...['-v', 'error', '-i', file, '-map', '0:v', '-vf', 'crop=8:8:iw/2:ih/4,scale=1:1,format=rgb24'],
      ...['-fps_mode', 'passthrough', '-f', 'rawvideo', '-'],
    ],
    { encoding: 'buffer', maxBuffer: 1 << 20 },
  );
  return Array.from({ length: Math.floor(stdout.length / 3) }, (_, i) => [
    stdout[3 * i],
    stdout[3 * i + 1],
    stdout[3 * i + 2],
  ]);
}

/** The loudest sample of a file, dBFS. */
export async function peakOf(file: string): Promise<number> {
  const { stderr } = await run('ffmpeg', [
    '-i',
    file,
    '-map',
    '0:a',
    '-af',
    'volumedetect',
    '-f',
    'null',
    '-',
  ]);
  return Number(/max_volume: (-?[0-9.]+) dB/.exec(stderr)?.[1] ?? Number.NaN);
}

/** An even port that is free together with the next one, as far as can be told. */
export async function freePortPair(): Promise<number> {
  for (;;) {
    const first = createSocket('udp4').bind(0, '127.0.0.1');
    await once(first, 'listening');
    const { port } = first.address();
    const second = createSocket('udp4');
    const free = port % 2 === 0 && (await canBind(second, port + 1));
    first.close();
    second.close();
    if (free) return port;
  }
}

async function canBind(socket: ReturnType<typeof createSocket>, port: number): Promise<boolean> {
  socket.bind(port, '127.0.0.1');
  const outcome = await Promise.race([
    once(socket, 'listening').then(() => true),
    once(socket, 'error').then(() => false),
  ]);
  return outcome;
}
