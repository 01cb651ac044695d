/** A server in a process of its own that can be asked what memory it has in use: it collects garbage first. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createManifold, silentLogger } from '../../src/index.ts';

const manifold = await createManifold({
  http: { host: '127.0.0.1', port: 0 },
  kraken: { listen: false },
  media: { addresses: ['127.0.0.1'], port: 0, slots: 1024 },
  log: {
    ...silentLogger,
    error: (fields, message) => process.stderr.write(`${message}: ${String(fields)}\n`),
  },
  pages: false,
});
await manifold.listen();
process.on('message', async () => {
  // Finalizers of native objects run between collections.
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.();
    await sleep(20);
  }
  process.send?.(process.memoryUsage());
});
process.once('SIGTERM', () => void manifold.close().then(() => process.exit(0)));
process.send?.({ port: manifold.httpPort });
