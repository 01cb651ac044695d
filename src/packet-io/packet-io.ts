/** The typed face of the addon: batched UDP, SRTP and DTLS. Knows nothing of what packets mean. */

/** What DTLS agrees on (RFC 5764, RFC 7714), and in the second line what keys may also be given for (RFC 4568, RFC 6188). */
export type SrtpProfile =
  | 'AEAD_AES_128_GCM'
  | 'AEAD_AES_256_GCM'
  | 'AES_CM_128_HMAC_SHA1_80'
  | 'AES_CM_128_HMAC_SHA1_32'
  | 'AES_256_CM_HMAC_SHA1_80'
  | 'AES_256_CM_HMAC_SHA1_32';

export interface SocketAddress {
  readonly family: 4 | 6;
  readonly address: string;
  readonly port: number;
}

export interface PacketIoOptions {
  /** RTP packets kept readable for retransmission; a power of two. */
  readonly slotCount: number;
  /** Most transports at once; createTransport() throws beyond it. */
  readonly maxTransports: number;
  /** Use UDP GSO where the kernel has it. Default true. */
  readonly gso?: boolean;
  /** Bytes asked for each socket's receive and send buffer. Default 4 MiB. */
  readonly socketBufferBytes?: number;
}

/** Called once per batch; `count` inbox records are valid until it returns (RTP slots stay longer). */
export type BatchHandler = (count: number) => void;

/** Counters the addon keeps, read at scrape time. */
export interface PacketIoCounters {
  readonly datagramsReceived: number;
  readonly bytesReceived: number;
  readonly receiveBatches: number;
  readonly rtpReceived: number;
  readonly rtcpReceived: number;
  readonly stunReceived: number;
  readonly dtlsReceived: number;
  readonly droppedUnknownKind: number;
  readonly droppedUnknownAddress: number;
  readonly droppedOversize: number;
  readonly droppedNoKeys: number;
  readonly droppedAuthentication: number;
  readonly droppedReplay: number;
  readonly droppedSsrcLimit: number;
  readonly datagramsSent: number;
  readonly bytesSent: number;
  readonly sendCalls: number;
  readonly gsoSegmentsSent: number;
  readonly flushes: number;
  readonly sendWouldBlock: number;
  readonly sendDroppedBufferFull: number;
  readonly sendErrors: number;
  readonly connectionRefused: number;
  readonly protectErrors: number;
}

/**
 * One DTLS 1.2 association without a socket or a clock of its own. After every call that may make output
 * (start, receive, sendApplicationData, handleTimeout, close), drain `takeDatagram()` until it returns null.
 */
export interface DtlsSession {
  /** Client role only: makes the first flight. */
  start(): void;
  /** Feeds one datagram. Never throws for what the peer sent: look at `state`. */
  receive(datagram: Uint8Array): void;
  /** The next datagram to send, or null. */
  takeDatagram(): Uint8Array | null;
  /**
   * Encrypts one piece of application data, of at most 1163 bytes, into a datagram.
   * @returns false unless connected, or where it is empty or too long
   */
  sendApplicationData(data: Uint8Array): boolean;
  /** The next piece of application data the peer sent, or null. What 64 untaken pieces leave no room for is lost. */
  takeApplicationData(): Uint8Array | null;
  /** Milliseconds until handleTimeout() is due, or -1. */
  nextTimeoutMs(): number;
  handleTimeout(): void;
  readonly state: 'connecting' | 'connected' | 'closed' | 'failed';
  /** Why it failed, as OpenSSL says it; empty otherwise. */
  readonly failure: string;
  /** Once connected: the negotiated protection, or null if the peer refused use_srtp. */
  readonly srtpProfile: SrtpProfile | null;
  /** Once connected: upper-case hex with colons, or null where the peer sent no certificate. */
  peerFingerprint(hash: 'sha-256' | 'sha-384' | 'sha-512'): string | null;
  /** Sends close_notify. */
  close(): void;
  /** Frees native memory; nothing may be called after it. */
  free(): void;
}

export interface PacketIo {
  /** The RTP ring (slotCount slots), then the slots for one batch of other packets. */
  readonly arena: Uint8Array;
  readonly slotCount: number;
  /** Int32 inbox records, see layout.ts. */
  readonly inbox: Int32Array;
  /** Arrival time of each inbox record: monotonic microseconds on the clock of `nowMicros()`. */
  readonly arrivals: Float64Array;
  readonly inboxAddresses: Uint8Array;
  readonly prefixes: Uint8Array;
  readonly outbox: Int32Array;

  /** The clock of `arrivals`, equal to `performance.now() * 1000` up to its resolution. */
  nowMicros(): number;

  /**
   * Binds a UDP socket and receives from it once started. Port 0 picks a free one.
   * @throws Error with `code` (EADDRINUSE …) naming address and port.
   */
  openSocket(address: string, port: number): { readonly socket: number; readonly port: number };
  closeSocket(socket: number): void;
  /** Starts delivering batches. Whatever the handler queues in the outbox is sent by its own flush(). */
  start(handler: BatchHandler): void;

  createTransport(): number;
  /** Selects where a transport sends to, and accepts what comes from there as its own. */
  setRemoteAddress(transport: number, socket: number, address: SocketAddress): void;
  /** Also accepts packets from this address (an ICE pair not selected). At most 8 per transport, oldest forgotten. */
  addRemoteAddress(transport: number, socket: number, address: SocketAddress): void;
  /** Installs keys exported from a connected session with an SRTP profile. */
  installSrtp(transport: number, dtls: DtlsSession): void;
  /**
   * Makes a socket this transport's alone, which has no ICE: what comes to it is the transport's or nobody's, STUN and
   * DTLS are dropped, and nothing is accepted before acceptFrom(). The transport is closed before its sockets are.
   */
  claimSocket(transport: number, socket: number): void;
  /**
   * What a claimed socket accepts: nothing, what comes from one address, or anything that authenticates. What came as
   * one of anything has `NewSource` set in its record.
   */
  acceptFrom(socket: number, source: 'nothing' | 'anything' | SocketAddress): void;
  /** Sends the transport's RTCP from this socket to there, and no longer with its RTP. */
  setRtcpAddress(transport: number, socket: number, address: SocketAddress): void;
  /** Installs keys that were agreed elsewhere: each is a master key followed by its salt. */
  installKeys(transport: number, profile: SrtpProfile, inbound: Uint8Array, outbound: Uint8Array): void;
  /** Sends and takes plain RTP and RTCP. */
  useUnprotected(transport: number): void;
  /**
   * Drops addresses, keys and state; the id may be given out again. Datagrams still in the outbox are lost: flush
   * before.
   */
  closeTransport(transport: number): void;

  createDtls(role: 'client' | 'server'): DtlsSession;
  /** Fingerprint of our certificate, upper-case hex with colons. */
  localFingerprint(hash: 'sha-256' | 'sha-384' | 'sha-512'): string;

  /** Sends one datagram at once, outside the outbox. */
  sendTo(socket: number, address: SocketAddress, datagram: Uint8Array): void;
  /** Sends one unprotected datagram to a transport's remote address at once. */
  sendRaw(transport: number, datagram: Uint8Array): void;
  /**
   * Protects and sends the first `count` outbox records. Order is kept within a transport. An RTP packet sent again
   * with the sequence number it had must be the same to the last bit: under GCM its nonce is the same.
   */
  flush(count: number): void;

  readonly counters: PacketIoCounters;
  /** Facts found at start, for logs: whether GSO, recvmmsg and kernel timestamps are in use. */
  readonly features: {
    readonly gso: boolean;
    readonly batchedIo: boolean;
    readonly kernelTimestamps: boolean;
  };
  /** Closes sockets, transports and sessions. */
  close(): void;
}

/** Reads the record of `inboxAddresses` at byte offset `at` (`index * addressStride`). */
export type ReadAddress = (addresses: Uint8Array, at: number) => SocketAddress;
