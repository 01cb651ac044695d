/** Does something at a steady rate, whatever comes of it. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Short enough for a thousand a second to come a few at a time. */
const stepMs = 5;

/** @returns how often it was done, and in how many seconds: a machine that is too slow shows as a lower rate */
export async function paced(
  perSecond: number,
  seconds: number,
  act: () => void,
): Promise<{ count: number; seconds: number }> {
  const startedAt = performance.now();
  let count = 0;
  for (;;) {
    const elapsed = (performance.now() - startedAt) / 1000;
    const due = Math.min(elapsed, seconds) * perSecond;
    for (; count < due; count++) act();
    if (elapsed >= seconds) return { count, seconds: elapsed };
    await sleep(stepMs);
  }
}
