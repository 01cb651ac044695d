/** What tests see of a client of Plan B: see plan-b-process.ts. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { eventually } from '../browser/harness/media-assertions.ts';
import type { PlanBReply, PlanBRequest, SeenVideo } from './plan-b-process.ts';

const program = fileURLToPath(new URL('plan-b-process.ts', import.meta.url));
/** What encoding may change of a brightness. */
const tolerance = 12;
const showsMs = 15_000;

export class PlanBPeer {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (reply: PlanBReply) => void>();
  #requests = 0;

  private constructor() {
    this.#child = fork(program);
    this.#child.on('message', (reply: PlanBReply) => {
      this.#waiting.get(reply.id)?.(reply);
      this.#waiting.delete(reply.id);
    });
    this.#child.once('exit', (code, signal) => {
      const error = `the client ended (${code ?? signal})`;
      for (const [id, resolve] of this.#waiting) resolve({ id, error });
    });
  }

  /** One that sends videos of these brightnesses. */
  static async start(...videos: readonly number[]): Promise<PlanBPeer> {
    const peer = new PlanBPeer();
    for (const brightness of videos) await peer.#ask({ kind: 'send', brightness });
    return peer;
  }

  offer(options: RTCOfferOptions = {}): Promise<string> {
    return this.#ask({ kind: 'offer', options }) as Promise<string>;
  }

  async accept(sdp: string): Promise<void> {
    await this.#ask({ kind: 'accept', sdp });
  }

  answer(sdp: string): Promise<string> {
    return this.#ask({ kind: 'answer', sdp }) as Promise<string>;
  }

  /** Waits until it is shown videos of exactly these brightnesses, in ascending order, and new pictures of each. */
  async shows(...brightnesses: readonly number[]): Promise<void> {
    let before = await this.#seen();
    await eventually(`pictures of ${brightnesses.join(' and ')}`, showsMs, async () => {
      const now = await this.#seen();
      const moving = [...now.values()].filter(({ id, frames }) => frames > (before.get(id)?.frames ?? 0));
      const shown = moving.map(({ brightness }) => brightness).sort((a, b) => a - b);
      before = now;
      return shown.length === brightnesses.length &&
        shown.every((brightness, index) => Math.abs(brightness - brightnesses[index]) < tolerance)
        ? { value: shown }
        : { pending: shown };
    });
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }

  async #seen(): Promise<Map<string, SeenVideo>> {
    const videos = (await this.#ask({ kind: 'seen' })) as SeenVideo[];
    return new Map(videos.map((video) => [video.id, video]));
  }

  #ask(request: PlanBRequest): Promise<unknown> {
    const id = this.#requests++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ value, error }) => {
        if (error === undefined) resolve(value);
        else reject(new Error(`${request.kind}: ${error}`));
      });
      this.#child.send({ id, request }, (error) => {
        if (error) reject(error);
      });
    });
  }
}
