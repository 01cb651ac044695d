/**
 * Which dialect a WebSocket connection belongs to. Path and query often say it; several dialects of the past
 * used the same path, and are told apart by the first frame.
 */
import type { WebSocketDialect } from './web-socket-dialect.ts';

const anyOtherPath = '*';

export class UpgradeRoutes {
  readonly #dialects: WebSocketDialect[] = [];

  add(dialect: WebSocketDialect): void {
    this.#dialects.push(dialect);
  }

  /** The dialects a request may be for, those to be asked first in front; empty when the path is nobody's. */
  candidates(path: string, query: URLSearchParams): readonly WebSocketDialect[] {
    const exact = this.#claiming(path, query);
    return exact.length > 0 ? exact : this.#claiming(anyOtherPath, query);
  }

  #claiming(path: string, query: URLSearchParams): readonly WebSocketDialect[] {
    const claiming = this.#dialects.filter(
      (dialect) => dialect.paths.includes(path) && (dialect.query === undefined || query.has(dialect.query)),
    );
    const byQuery = claiming.filter((dialect) => dialect.query !== undefined);
    return byQuery.length > 0 ? byQuery : claiming;
  }
}

/** The first that recognises the frame, else the first that takes anything, else null. */
export function dialectOfFirstFrame(
  candidates: readonly WebSocketDialect[],
  firstFrame: string,
): WebSocketDialect | null {
  return (
    candidates.find((dialect) => dialect.recognises?.(firstFrame) === true) ??
    candidates.find((dialect) => dialect.recognises === undefined) ??
    null
  );
}
