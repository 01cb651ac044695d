import { performance } from 'node:perf_hooks';
import type { NativeAddon, NativePacketIo } from './native-addon.ts';
import type {
  BatchHandler,
  DtlsSession,
  PacketIo,
  PacketIoCounters,
  PacketIoOptions,
  SocketAddress,
  SrtpProfile,
} from './packet-io.ts';

const defaultSocketBufferBytes = 4 << 20;

/** PacketIo over the addon. */
export class AddonPacketIo implements PacketIo {
  readonly arena: Uint8Array;
  readonly slotCount: number;
  readonly inbox: Int32Array;
  readonly arrivals: Float64Array;
  readonly inboxAddresses: Uint8Array;
  readonly prefixes: Uint8Array;
  readonly outbox: Int32Array;
  readonly #native: NativePacketIo;
  readonly #counterNames: readonly (keyof PacketIoCounters)[];
  /** The certificate stays the same, and each description names one. */
  readonly #fingerprints = new Map<string, string>();

  constructor(addon: NativeAddon, options: PacketIoOptions) {
    const native = new addon.PacketIo(
      options.slotCount,
      options.maxTransports,
      options.gso ?? true,
      options.socketBufferBytes ?? defaultSocketBufferBytes,
      measureClockOriginNanos(),
    );
    this.#native = native;
    this.#counterNames = addon.counterNames;
    this.slotCount = options.slotCount;
    this.arena = native.arena;
    this.inbox = native.inbox;
    this.arrivals = native.arrivals;
    this.inboxAddresses = native.inboxAddresses;
    this.prefixes = native.prefixes;
    this.outbox = native.outbox;
  }

  nowMicros(): number {
    return performance.now() * 1000;
  }

  openSocket(address: string, port: number): { readonly socket: number; readonly port: number } {
    const socket = this.#native.openSocket(address, port);
    return { socket, port: this.#native.socketPort(socket) };
  }

  closeSocket(socket: number): void {
    this.#native.closeSocket(socket);
  }

  start(handler: BatchHandler): void {
    this.#native.start(handler);
  }

  createTransport(): number {
    return this.#native.createTransport();
  }

  setRemoteAddress(transport: number, socket: number, address: SocketAddress): void {
    this.#native.setRemoteAddress(transport, socket, address.address, address.port);
  }

  addRemoteAddress(transport: number, socket: number, address: SocketAddress): void {
    this.#native.addRemoteAddress(transport, socket, address.address, address.port);
  }

  installSrtp(transport: number, dtls: DtlsSession): void {
    this.#native.installSrtp(transport, dtls);
  }

  claimSocket(transport: number, socket: number): void {
    this.#native.claimSocket(transport, socket);
  }

  acceptFrom(socket: number, source: 'nothing' | 'anything' | SocketAddress): void {
    if (typeof source === 'string') this.#native.acceptFrom(socket, source === 'anything');
    else this.#native.acceptFrom(socket, source.address, source.port);
  }

  setRtcpAddress(transport: number, socket: number, address: SocketAddress): void {
    this.#native.setRtcpAddress(transport, socket, address.address, address.port);
  }

  installKeys(transport: number, profile: SrtpProfile, inbound: Uint8Array, outbound: Uint8Array): void {
    this.#native.installKeys(transport, profile, inbound, outbound);
  }

  useUnprotected(transport: number): void {
    this.#native.useUnprotected(transport);
  }

  closeTransport(transport: number): void {
    this.#native.closeTransport(transport);
  }

  createDtls(role: 'client' | 'server'): DtlsSession {
    return this.#native.createDtls(role === 'client');
  }

  localFingerprint(hash: 'sha-256' | 'sha-384' | 'sha-512'): string {
    let fingerprint = this.#fingerprints.get(hash);
    if (fingerprint === undefined) {
      fingerprint = this.#native.localFingerprint(hash);
      this.#fingerprints.set(hash, fingerprint);
    }
    return fingerprint;
  }

  sendTo(socket: number, address: SocketAddress, datagram: Uint8Array): void {
    this.#native.sendTo(socket, address.address, address.port, datagram);
  }

  sendRaw(transport: number, datagram: Uint8Array): void {
    this.#native.sendRaw(transport, datagram);
  }

  flush(count: number): void {
    this.#native.flush(count);
  }

  /** For tests: the next `calls` system calls to send fail with this error, such as EAGAIN. */
  injectSendFault(errorName: string, calls: number): void {
    this.#native.injectSendFault(errorName, calls);
  }

  get counters(): PacketIoCounters {
    const values = this.#native.counterValues;
    const counters = {} as Record<keyof PacketIoCounters, number>;
    this.#counterNames.forEach((name, i) => {
      counters[name] = values[i];
    });
    return counters;
  }

  get features(): PacketIo['features'] {
    const { gso, batchedIo, kernelTimestamps } = this.#native;
    return { gso, batchedIo, kernelTimestamps };
  }

  close(): void {
    this.#native.close();
  }
}

/**
 * CLOCK_MONOTONIC at the zero of performance.now(), in nanoseconds. Both are read one after the other, so each
 * difference is too large by the time between: the smallest of several is within a microsecond.
 */
function measureClockOriginNanos(): number {
  let smallest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 20; i++) {
    const now = performance.now();
    smallest = Math.min(smallest, Number(process.hrtime.bigint()) - now * 1e6);
  }
  return Math.round(smallest);
}
