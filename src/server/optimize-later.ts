import { setFlagsFromString } from 'node:v8';

/**
 * Bytes of bytecode that a function runs before V8 considers to optimize it; V8's own choice is 67584. What runs for
 * each packet gets there within seconds all the same, while what joins and reports run is not worth the processor time
 * that optimizing it takes from packets (docs/benchmarks.md).
 */
const interruptBudget = 500_000;

/** For the whole process, so it is the command's to call, not the library's. A V8 that has no such flag says so and goes on. */
export function optimizeLater(): void {
  setFlagsFromString(`--interrupt-budget=${interruptBudget}`);
}
