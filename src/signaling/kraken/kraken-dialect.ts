/** The Kraken dialect: JSON-RPC by HTTP, whose clients learn everything by polling. */
import type { Hono } from 'hono';
import type { FairShare } from '../../http/fair-share.ts';
import type { HttpEnvironment } from '../../http/http-app.ts';
import type { Logger } from '../../log.ts';
import { AddressBudgets } from '../address-budgets.ts';
import { createMethods } from './methods.ts';
import { Peers, type PeersOptions } from './peers.ts';
import { createRpcRoutes, type RpcOptions, serveRpcAlone } from './rpc-routes.ts';
import type { TurnEntry, TurnServer } from './turn-credentials.ts';

export interface KrakenOptions extends Omit<PeersOptions, 'usesCodec'> {
  readonly log: Logger;
  /** Names of the codecs that its clients may use, in any case. */
  readonly codecs: readonly string[];
  readonly turn: TurnServer | null;
  /** What `turn` answers without a TURN server. */
  readonly iceServers: readonly { urls: readonly string[]; username?: string; credential?: string }[];
  /** Longest session description. */
  readonly maxSdpBytes: number;
  /** Calls a second of one address; 0 for any number. */
  readonly callsPerSecond: number;
  /** Whether an address may join once more by now. */
  readonly mayJoin: (address: string) => boolean;
  /** In which calls are done. */
  readonly turns: FairShare;
}

export interface KrakenDialect {
  /** For the port that all dialects share. */
  readonly routes: Hono<HttpEnvironment>;
  /** Makes an application on a port of its own serve nothing else. */
  serveAlone(hono: Hono<HttpEnvironment>): void;
  /** Answers no more calls: to be called before everybody's session ends, of which clients would be told. */
  stop(): void;
}

/** An SDP is escaped twice on its way, which about doubles its line ends and quotes. */
const bodyBytesPerSdpByte = 2;
/** Whatever else is in a call. */
const otherBodyBytes = 16_384;
/** Seconds' worth of calls that may come at once: an office that comes back after an outage does so together. */
const burstSeconds = 5;

export function createKrakenDialect(options: KrakenOptions): KrakenDialect {
  const { log, turn, codecs } = options;
  const names = new Set(codecs.map((name) => name.toLowerCase()));
  const peers = new Peers({ ...options, usesCodec: ({ name }) => names.has(name.toLowerCase()) }, now);
  const { callsPerSecond } = options;
  const calls = new AddressBudgets({ perSecond: callsPerSecond, burst: callsPerSecond * burstSeconds }, now);
  let stopping = false;
  const rpc: RpcOptions = {
    methods: createMethods({
      peers,
      turn,
      iceServers: options.iceServers.flatMap(separateUrls),
      mayPublish: options.mayJoin,
    }),
    log,
    maxBodyBytes: options.maxSdpBytes * bodyBytesPerSdpByte + otherBodyBytes,
    mayCall: (address) => calls.spend(address),
    share: options.turns,
    isStopping: () => stopping,
  };
  return {
    routes: createRpcRoutes(rpc),
    serveAlone: (hono) => serveRpcAlone(hono, rpc),
    stop() {
      stopping = true;
    },
  };
}

/** The clients read one URL from an entry. */
function separateUrls({
  urls,
  username,
  credential,
}: KrakenOptions['iceServers'][number]): readonly TurnEntry[] {
  return urls.map((url) => ({
    urls: url,
    ...(username === undefined ? {} : { username }),
    ...(credential === undefined ? {} : { credential }),
  }));
}

function now(): number {
  return performance.now();
}
