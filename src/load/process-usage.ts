import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Linux counts process times in ticks of 10 ms (USER_HZ, fixed at 100 for user space). */
const microsPerTick = 10_000;

export interface ProcessUsage {
  /** User and system time since the process began, in µs. */
  readonly cpuMicros: number;
  readonly residentBytes: number;
  /** For how long each of a virtual machine's processors, on average, was kept from running by its host, in µs. */
  readonly stolenMicros: number;
}

/**
 * CPU time and memory of a process on this machine, from Linux's /proc.
 * @throws Error if there is no such process, or no /proc
 */
export function readProcessUsage(pid: number): ProcessUsage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command name may hold spaces and parentheses: fields are counted from its last parenthesis (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const rss = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  // Of all processors: user, nice, system, idle, iowait, irq, softirq, steal.
  const [, ...machine] = /^cpu .*$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[0].split(/ +/) ?? [];
  return {
    cpuMicros: ticks * microsPerTick,
    residentBytes: Number(rss?.[1] ?? 0) * 1024,
    stolenMicros: (Number(machine[7] ?? 0) * microsPerTick) / cpus().length,
  };
}
