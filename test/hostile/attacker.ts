import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Attack, AttackerMessage, AttackReport } from './attack.ts';

/** Somebody who means ill, in a process of its own. */
export class Attacker {
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;

  constructor(port: number) {
    const entry = fileURLToPath(new URL('attacker-process.ts', import.meta.url));
    this.#child = fork(entry, [String(port)], { execArgv: ['--import', 'tsx'] });
    this.#ended = once(this.#child, 'exit').then(([code]) => {
      throw new Error(`the attacker ended with ${String(code)}`);
    });
    // It is an error only while something is waited for.
    this.#ended.catch(() => {});
  }

  /** One attack, to its end. */
  async attack(attack: Attack): Promise<AttackReport> {
    this.#child.send(attack);
    const [message] = (await Promise.race([once(this.#child, 'message'), this.#ended])) as [AttackerMessage];
    if ('error' in message) throw new Error(message.error);
    return message.report;
  }

  async close(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }
}
