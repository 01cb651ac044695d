/**
 * Entry of the process the server under test runs in: a process of its own, so that a crash is seen as one, and its
 * memory and processor time are not mixed with those of the test. Started with --expose-gc by manifold-process.ts.
 */
import { once } from 'node:events';
import { createManifold } from '../../../src/index.ts';
import type { ServerReport, ServerRequest } from './manifold-process.ts';

const report = (message: ServerReport) => process.send!(message);

// A test that was killed leaves no server behind.
const orphaned = () => process.exit(1);
process.once('disconnect', orphaned);

report({ kind: 'loaded' });
const [start] = (await once(process, 'message')) as [Extract<ServerRequest, { kind: 'start' }>];
const manifold = await createManifold(start.configuration);
await manifold.listen();
report({ kind: 'listening', httpPort: manifold.httpPort, mediaPort: manifold.mediaPort });

process.on('message', (request: ServerRequest) => {
  if (request.kind === 'memory') {
    globalThis.gc?.();
    const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
    report({ kind: 'memory', id: request.id, rss, heapUsed, external, arrayBuffers });
  } else if (request.kind === 'close') {
    // The process has to end by itself: a handle left open keeps it, and the test sees that.
    process.off('disconnect', orphaned);
    void manifold.close().then(() => process.disconnect());
  }
});
