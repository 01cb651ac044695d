/** The call, for browser tests and the console: `window.__call`. */
import type { Call } from './call.ts';

declare global {
  interface Window {
    __call?: Call;
  }
}

export function exposeForTests(call: Call): void {
  window.__call = call;
}
