/** A whole server on 127.0.0.1 with ports the system chose, for tests over real HTTP and WebSockets. */
import { readFileSync } from 'node:fs';
import { createManifold, type Manifold, type ManifoldOptions, silentLogger } from '../../src/index.ts';

export interface RunningManifold {
  readonly manifold: Manifold;
  /** "http://127.0.0.1:…", without a slash at its end. */
  readonly http: string;
  readonly webSocket: string;
  /** What was logged as an error, which is to say every bug. */
  readonly errors: { fields: object; message: string }[];
  close(): Promise<void>;
}

export async function startManifold(options: ManifoldOptions = {}): Promise<RunningManifold> {
  const errors: RunningManifold['errors'] = [];
  const manifold = await createManifold({
    ...options,
    http: { host: '127.0.0.1', port: 0, ...options.http },
    kraken: { listen: false, ...options.kraken },
    media: { addresses: ['127.0.0.1'], port: 0, slots: 1024, ...options.media },
    log: { ...silentLogger, error: (fields, message) => errors.push({ fields, message }) },
    pages: false,
  });
  await manifold.listen();
  return {
    manifold,
    http: `http://127.0.0.1:${manifold.httpPort}`,
    webSocket: `ws://127.0.0.1:${manifold.httpPort}`,
    errors,
    close: () => manifold.close(),
  };
}

/** An offer that a browser made. */
export function browserOffer(
  name:
    | 'chromium-audio-video'
    | 'chromium-recvonly'
    | 'firefox-audio-video'
    | 'firefox-recvonly'
    | 'chromium-simulcast'
    | 'plan-b-chromium-two-videos',
): string {
  return readFileSync(new URL(`../../src/webrtc/sdp/fixtures/${name}.sdp`, import.meta.url), 'utf8');
}

/** Every line of an SDP that begins so, without that beginning. */
export function sdpLines(sdp: string, beginning: string): string[] {
  return sdp
    .split('\r\n')
    .filter((line) => line.startsWith(beginning))
    .map((line) => line.slice(beginning.length));
}
