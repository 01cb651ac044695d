import { setFlagsFromString } from 'node:v8';

/**
 * Has the main thread collect young garbage by itself. There are 2 MiB of it, and one thread is through that as soon as
 * several that have to be woken up first: 250 collections took 105 ms of processor time with what made the garbage, for
 * 190 by V8's own choice, in pauses of 0.5 ms either way.
 *
 * For the whole process, so it is the command's to call, not the library's. A V8 that has no such flag says so and goes on.
 */
export function scavengeAlone(): void {
  setFlagsFromString('--no-parallel-scavenge');
}
