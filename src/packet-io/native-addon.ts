import type { DtlsSession, PacketIoCounters, SrtpProfile } from './packet-io.ts';

/** PacketIo as the addon makes it: addresses are text and port, counters an array. */
export interface NativePacketIo {
  readonly arena: Uint8Array;
  readonly inbox: Int32Array;
  readonly arrivals: Float64Array;
  readonly inboxAddresses: Uint8Array;
  readonly prefixes: Uint8Array;
  readonly outbox: Int32Array;
  /** One value for each of `counterNames`. */
  readonly counterValues: Float64Array;
  readonly gso: boolean;
  readonly batchedIo: boolean;
  readonly kernelTimestamps: boolean;
  openSocket(address: string, port: number): number;
  socketPort(socket: number): number;
  closeSocket(socket: number): void;
  start(handler: (count: number) => void): void;
  createTransport(): number;
  setRemoteAddress(transport: number, socket: number, address: string, port: number): void;
  addRemoteAddress(transport: number, socket: number, address: string, port: number): void;
  installSrtp(transport: number, dtls: DtlsSession): void;
  claimSocket(transport: number, socket: number): void;
  acceptFrom(socket: number, any: boolean): void;
  acceptFrom(socket: number, address: string, port: number): void;
  setRtcpAddress(transport: number, socket: number, address: string, port: number): void;
  installKeys(transport: number, profile: SrtpProfile, inbound: Uint8Array, outbound: Uint8Array): void;
  useUnprotected(transport: number): void;
  closeTransport(transport: number): void;
  createDtls(client: boolean): DtlsSession;
  localFingerprint(hash: string): string;
  sendTo(socket: number, address: string, port: number, datagram: Uint8Array): void;
  sendRaw(transport: number, datagram: Uint8Array): void;
  flush(count: number): void;
  /** For tests: the next `calls` system calls to send fail with this error, such as EAGAIN. */
  injectSendFault(errorName: string, calls: number): void;
  close(): void;
}

/** Why the addon refused a packet. */
export type SrtpRefusal = 'malformed' | 'authentication' | 'replay' | 'ssrc-limit' | 'failed';

/** For tests: SRTP in both directions with the same keys, master keys where `derive` and session keys otherwise. A packet comes out, or why not. */
export interface SrtpContext {
  protectRtp(packet: Uint8Array): Buffer | SrtpRefusal;
  protectRtcp(packet: Uint8Array): Buffer | SrtpRefusal;
  unprotectRtp(packet: Uint8Array): Buffer | SrtpRefusal;
  unprotectRtcp(packet: Uint8Array): Buffer | SrtpRefusal;
  /** Continues an SSRC near this packet index, in both directions. */
  setRolloverCounter(ssrc: number, rolloverCounter: number, sequenceNumber: number): void;
  /** The index of the next SRTCP packet protected. */
  setRtcpIndex(index: number): void;
}

/** What `manifold.node` exports. */
export interface NativeAddon {
  readonly PacketIo: new (
    slotCount: number,
    maxTransports: number,
    gso: boolean,
    socketBufferBytes: number,
    clockOriginNanos: number,
  ) => NativePacketIo;
  readonly SrtpContext: new (
    profile: SrtpProfile,
    key: Uint8Array,
    salt: Uint8Array,
    derive: boolean,
  ) => SrtpContext;
  /** For tests: `bytes` bytes of the key that the KDF makes for this label. */
  deriveSrtpKey(
    profile: SrtpProfile,
    masterKey: Uint8Array,
    masterSalt: Uint8Array,
    label: number,
    bytes: number,
  ): Buffer;
  /** HMAC-SHA1 with `key` of `head` followed by bytes[start … end), into the 20 bytes of `digest`. */
  hmacSha1(
    digest: Uint8Array,
    key: Uint8Array,
    head: Uint8Array,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void;
  /** The numbers of native/layout.h by their names here. */
  readonly layout: Readonly<Record<string, number>>;
  readonly counterNames: readonly (keyof PacketIoCounters)[];
}
