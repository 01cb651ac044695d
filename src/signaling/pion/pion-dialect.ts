/** The Pion_SFU dialect: `{"event", "data"}` over WebSocket, on every path that no other dialect claims. */
import type { WebSocketDialect } from '../../http/web-socket-dialect.ts';
import type { Logger } from '../../log.ts';
import { defaultTimings, type PionTimings } from './pion-peer.ts';
import { type JoinableRooms, PionSocket } from './pion-socket.ts';

export interface PionOptions {
  readonly rooms: JoinableRooms;
  readonly log: Logger;
  /** Whether an address may join once more by now. */
  readonly mayJoin: (address: string) => boolean;
  /** Default 16. */
  readonly maxPeersPerSocket?: number;
  readonly timings?: Partial<PionTimings>;
}

const defaultMaxPeersPerSocket = 16;

export function createPionDialect(options: PionOptions): WebSocketDialect {
  const { rooms, log, mayJoin, maxPeersPerSocket = defaultMaxPeersPerSocket } = options;
  const timings = { ...defaultTimings, ...options.timings };
  return {
    name: 'pion',
    paths: ['/', '/ws', '*'],
    accept(socket) {
      const { remoteAddress } = socket.request;
      const mayJoinFromHere = () => mayJoin(remoteAddress);
      new PionSocket(socket, {
        ...{ rooms, log, timings, maxPeersPerSocket, after, now },
        mayJoin: mayJoinFromHere,
      });
    },
  };
}

function now(): number {
  return performance.now();
}

function after(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
}
