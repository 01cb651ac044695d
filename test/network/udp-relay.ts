/**
 * A bad network for real programs: a UDP relay on loopback that sends what passes through a NetworkEmulator each
 * way. Each client address gets an upstream socket of its own, so the server sees the clients apart, as behind a NAT.
 *
 *     client ──► listening socket ──► emulator toServer ──► upstream socket of the client ──► server
 *     client ◄── listening socket ◄── emulator toClient ◄── upstream socket of the client ◄── server
 *
 * All clients share the two emulators: the relay is one access link.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import type { LinkChange, LinkParameters } from './link-parameters.ts';
import { type LinkStatistics, NetworkEmulator } from './network-emulator.ts';

export interface UdpRelayOptions {
  /** The server's media address; its host must be a loopback address. */
  readonly server: { readonly address: string; readonly port: number };
  readonly toServer?: Partial<LinkParameters>;
  readonly toClient?: Partial<LinkParameters>;
  /** Listening sockets, each on a port of its own: several servers' candidates for the client. Default 1. */
  readonly ports?: number;
  /** Makes losses and jitter repeatable, as far as real time is. Default 1. */
  readonly seed?: number;
}

export interface UdpRelayStatistics {
  readonly toServer: LinkStatistics;
  readonly toClient: LinkStatistics;
  /** Client addresses seen. */
  readonly clients: number;
  /** Datagrams dropped because there were more client addresses than the limit. */
  readonly droppedTooManyClients: number;
  /** Datagrams that arrived at an upstream socket from elsewhere than the server. */
  readonly droppedStrangers: number;
}

interface Client {
  readonly listener: Socket;
  readonly address: string;
  readonly port: number;
  upstream: Socket;
}

interface RelayedPacket {
  readonly length: number;
  readonly datagram: Uint8Array;
  readonly client: Client;
}

/** Client addresses at once: browsers use a handful each. */
const maxClients = 256;
const loopback = '127.0.0.1';
const socketBufferBytes = 1 << 20;

export class UdpRelay {
  readonly #server: { readonly address: string; readonly port: number };
  readonly #toServer: NetworkEmulator<RelayedPacket>;
  readonly #toClient: NetworkEmulator<RelayedPacket>;
  readonly #listeners: Socket[] = [];
  /** By listening port and client address. */
  readonly #clients = new Map<string, Client>();
  #droppedTooManyClients = 0;
  #droppedStrangers = 0;
  #timer: NodeJS.Timeout | null = null;
  #timerAt = Number.POSITIVE_INFINITY;
  #closed = false;

  private constructor(options: UdpRelayOptions) {
    if (!/^127\./.test(options.server.address)) throw new RangeError('the relay serves 127.0.0.0/8 only');
    this.#server = options.server;
    const seed = options.seed ?? 1;
    this.#toServer = new NetworkEmulator(options.toServer ?? {}, 2 * seed);
    this.#toClient = new NetworkEmulator(options.toClient ?? {}, 2 * seed + 1);
  }

  static async start(options: UdpRelayOptions): Promise<UdpRelay> {
    const relay = new UdpRelay(options);
    for (let index = 0; index < (options.ports ?? 1); index++) await relay.#listen();
    return relay;
  }

  /** Where clients send to. */
  get addresses(): { readonly address: string; readonly port: number }[] {
    return this.#listeners.map((listener) => ({ address: loopback, port: listener.address().port }));
  }

  get statistics(): UdpRelayStatistics {
    return {
      toServer: { ...this.#toServer.statistics },
      toClient: { ...this.#toClient.statistics },
      clients: this.#clients.size,
      droppedTooManyClients: this.#droppedTooManyClients,
      droppedStrangers: this.#droppedStrangers,
    };
  }

  /** Changes the network while it runs. */
  update(change: { toServer?: Partial<LinkParameters>; toClient?: Partial<LinkParameters> }): void {
    const now = performance.now();
    if (change.toServer) this.#toServer.update(now, change.toServer);
    if (change.toClient) this.#toClient.update(now, change.toClient);
    this.#pump();
  }

  /** Changes to come; `atMs` counts from this call. */
  schedule(changes: { toServer?: readonly LinkChange[]; toClient?: readonly LinkChange[] }): void {
    const now = performance.now();
    const absolute = (steps: readonly LinkChange[]) =>
      steps.map((step) => ({ atMs: now + step.atMs, parameters: step.parameters }));
    if (changes.toServer) this.#toServer.schedule(absolute(changes.toServer));
    if (changes.toClient) this.#toClient.schedule(absolute(changes.toClient));
    this.#pump();
  }

  /**
   * Gives every client a new upstream socket: the server sees them come from other ports, as when a NAT forgets
   * its bindings. What the server still sends to the old ports is lost.
   */
  async rebind(): Promise<void> {
    const replaced = [...this.#clients.values()].map((client) => {
      const old = client.upstream;
      client.upstream = newUpstream();
      this.#receiveFrom(client.upstream, client);
      const bound = once(client.upstream, 'listening');
      // The old port is given back only when the new one is taken, so the two differ.
      return bound.then(() => old.close());
    });
    await Promise.all(replaced);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const sockets = [...this.#listeners, ...[...this.#clients.values()].map((client) => client.upstream)];
    await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  }

  async #listen(): Promise<void> {
    const listener = createSocket({ type: 'udp4', recvBufferSize: socketBufferBytes });
    listener.on('message', (datagram, from) => this.#fromClient(listener, datagram, from));
    // A client that has gone away shows as an ICMP error; the relay does not care.
    listener.on('error', () => {});
    listener.bind(0, loopback);
    await once(listener, 'listening');
    this.#listeners.push(listener);
  }

  #fromClient(listener: Socket, datagram: Uint8Array, from: RemoteInfo): void {
    const key = `${listener.address().port} ${from.address} ${from.port}`;
    let client = this.#clients.get(key);
    if (client === undefined) {
      if (this.#clients.size >= maxClients) {
        this.#droppedTooManyClients++;
        return;
      }
      client = { listener, address: from.address, port: from.port, upstream: newUpstream() };
      this.#receiveFrom(client.upstream, client);
      this.#clients.set(key, client);
    }
    this.#toServer.enqueue(performance.now(), { length: datagram.length, datagram, client });
    this.#pump();
  }

  #receiveFrom(upstream: Socket, client: Client): void {
    upstream.on('message', (datagram, from) => {
      if (from.port !== this.#server.port || from.address !== this.#server.address) {
        this.#droppedStrangers++;
        return;
      }
      this.#toClient.enqueue(performance.now(), { length: datagram.length, datagram, client });
      this.#pump();
    });
    upstream.on('error', () => {});
  }

  /** Sends on what is due and sets the timer for what is not. */
  #pump(): void {
    if (this.#closed) return;
    const now = performance.now();
    for (const { datagram, client } of this.#toServer.take(now)) {
      client.upstream.send(datagram, this.#server.port, this.#server.address);
    }
    for (const { datagram, client } of this.#toClient.take(now)) {
      client.listener.send(datagram, client.port, client.address);
    }
    const next = Math.min(this.#toServer.nextDeadline(), this.#toClient.nextDeadline());
    // A timer that fires early costs a look, moving it for every packet would cost more.
    if (next >= this.#timerAt) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timerAt = next;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.#timerAt = Number.POSITIVE_INFINITY;
        this.#pump();
      },
      Math.max(1, Math.ceil(next - now)),
    );
  }
}

/** A socket on a free port; what is sent before it is bound waits. */
function newUpstream(): Socket {
  const upstream = createSocket({ type: 'udp4', recvBufferSize: socketBufferBytes });
  upstream.bind(0, loopback);
  return upstream;
}
