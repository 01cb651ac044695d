import type { SignalingSocket } from './signaling-socket.ts';

/** What a signaling dialect registers to be given WebSocket connections. */
export interface WebSocketDialect {
  /** For logs and metrics. */
  readonly name: string;
  /**
   * Exact paths, without query. The path `*` stands for every path that nobody names, and only counts where no
   * exact path matches.
   */
  readonly paths: readonly string[];
  /**
   * A query parameter the dialect is recognised by. It then takes precedence over dialects without one, and
   * is not considered for a request that lacks the parameter.
   */
  readonly query?: string;
  /**
   * Whether this first frame is of the dialect. Asked only where several dialects share the path; nothing is
   * consumed, the dialect still receives the frame. A dialect without it takes what the others refuse.
   */
  recognises?(firstFrame: string): boolean;
  /**
   * Where several dialects share the path and the client has sent nothing for a moment: what this dialect's server says
   * first. The connection is nobody's yet; it may still turn out to be another dialect's.
   */
  greet?(socket: SignalingSocket): void;
  /** Takes a connection over. Set the handlers of `socket` before returning. */
  accept(socket: SignalingSocket): void;
}
