/** The Kurento dialect: JSON-RPC 2.0 over WebSocket, at `/ws` among others and at `/kurento` alone. */
import type { FairShare } from '../../http/fair-share.ts';
import type { HttpApp } from '../../http/http-app.ts';
import type { WebSocketDialect } from '../../http/web-socket-dialect.ts';
import type { Logger } from '../../log.ts';
import type { Rooms } from '../../rooms/rooms.ts';
import type { SdpSemantics } from '../../webrtc/sdp/sdp-semantics.ts';
import { looksLikeJsonRpc } from './json-rpc.ts';
import { KurentoConnection } from './kurento-connection.ts';
import { MediaElement } from './media-element.ts';
import { ObjectModel } from './object-model.ts';
import { RpcCounts } from './rpc-counts.ts';

export interface KurentoOptions {
  readonly rooms: Rooms;
  readonly log: Logger;
  /** In which requests are worked on. */
  readonly share: FairShare;
  /** How long a session outlives its last connection. */
  readonly sessionTimeoutMs: number;
  readonly maxSessions: number;
  /** Whether getStats says more of each stream than the original does. */
  readonly detailedStats: boolean;
  /** How WebRtcEndpoints put tracks into m-lines. */
  readonly sdpSemantics: SdpSemantics;
}

/** For metrics and health. */
export interface KurentoFigures {
  readonly sessions: number;
  readonly pipelines: number;
  /** By type; every type there is. */
  readonly elements: ReadonlyMap<string, number>;
  readonly calls: ReadonlyMap<string, number>;
  readonly errors: ReadonlyMap<string, number>;
}

export interface KurentoDialect {
  /** Registers itself where other dialects are. */
  serve(app: HttpApp): void;
  /** Registers itself where it is alone. */
  serveAlone(app: HttpApp): void;
  figures(): KurentoFigures;
  /** Releases all objects and ends all sessions. */
  close(): void;
}

export function createKurentoDialect(options: KurentoOptions): KurentoDialect {
  const { log, share } = options;
  const nowMs = () => performance.now();
  const reportBug = (error: unknown) =>
    log.error({ err: error }, 'bug: in the Kurento dialect, outside of any request');
  const after = (delayMs: number, run: () => void) => {
    const guarded = () => {
      try {
        run();
      } catch (error) {
        reportBug(error);
      }
    };
    // No session is a reason for the process to stay.
    const timer = setTimeout(guarded, delayMs).unref();
    return () => clearTimeout(timer);
  };
  const model = new ObjectModel({ ...options, after, nowMs });
  const counts = new RpcCounts();
  const dialect: WebSocketDialect = {
    name: 'kurento',
    paths: ['/kurento'],
    accept(socket) {
      new KurentoConnection(socket, { model, share, counts });
    },
  };
  return {
    serve(app) {
      app.webSocket(dialect);
      app.webSocket({ ...dialect, paths: ['/ws'], recognises: looksLikeJsonRpc });
    },
    serveAlone(app) {
      app.webSocket({ ...dialect, paths: ['/kurento', '/ws', '/'] });
    },
    figures() {
      const elements = new Map<string, number>();
      for (const object of model.registry.objects) {
        if (!(object instanceof MediaElement)) continue;
        const { name } = object.objectClass;
        elements.set(name, (elements.get(name) ?? 0) + 1);
      }
      return {
        sessions: model.sessions.size,
        pipelines: model.registry.pipelineCount,
        elements,
        ...{ calls: counts.calls, errors: counts.errors },
      };
    },
    close: () => model.close(),
  };
}
