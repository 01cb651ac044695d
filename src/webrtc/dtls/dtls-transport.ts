/**
 * One DTLS association on one transport: drives the native session, checks the peer's certificate against the
 * fingerprints that signaling brought (RFC 8122), and installs the SRTP keys (RFC 5764).
 */
import { ProtocolError } from '../../errors.ts';
import type { DtlsSession, PacketIo } from '../../packet-io/packet-io.ts';

export interface Fingerprint {
  readonly algorithm: 'sha-256' | 'sha-384' | 'sha-512';
  /** Upper-case hex with colons. */
  readonly value: string;
}

export type DtlsState = 'connecting' | 'connected' | 'closed' | 'failed';
export type DtlsFailure = 'dtls-failed' | 'dtls-timeout' | 'fingerprint-mismatch';

/** Once ICE has a path, the handshake takes a few round trips; browsers give up at about this time too. */
const defaultHandshakeTimeoutMs = 30_000;

export interface DtlsTransportOptions {
  readonly role: 'client' | 'server';
  readonly fingerprints: readonly Fingerprint[];
  /** How long the handshake may take from pathReady() on. Default 30 s. */
  readonly handshakeTimeoutMs?: number | undefined;
  readonly onStateChange: (state: DtlsState) => void;
  /** Data of the peer whose certificate was found right; without it, such data is dropped. */
  readonly onData?: (data: Uint8Array) => void;
  /** Whether a peer without SRTP is of no use. Default: it is of none. */
  readonly requiresSrtp?: () => boolean;
}

export class DtlsTransport {
  readonly role: 'client' | 'server';
  state: DtlsState = 'connecting';
  failure: DtlsFailure | null = null;
  /** What exactly went wrong, for the log. */
  detail = '';
  /** Whether SRTP keys are installed. */
  protectsMedia = false;

  readonly #io: Pick<PacketIo, 'sendRaw' | 'installSrtp' | 'createDtls'>;
  readonly #transport: number;
  /** Made when the first datagram comes or goes: an OpenSSL session is large, and many clients never connect. */
  #opened: DtlsSession | null = null;
  readonly #handshakeTimeoutMs: number;
  readonly #onData: ((data: Uint8Array) => void) | undefined;
  readonly #requiresSrtp: () => boolean;
  readonly #onStateChange: (state: DtlsState) => void;
  #fingerprints: readonly Fingerprint[];
  #started = false;
  /** When OpenSSL wants to repeat a flight. */
  #repeatAt = Number.POSITIVE_INFINITY;
  /** When the handshake is given up: a server would otherwise wait for a ClientHello for ever. */
  #handshakeBy = Number.POSITIVE_INFINITY;

  constructor(
    io: Pick<PacketIo, 'sendRaw' | 'installSrtp' | 'createDtls'>,
    transport: number,
    options: DtlsTransportOptions,
  ) {
    this.#io = io;
    this.#transport = transport;
    this.role = options.role;
    this.#fingerprints = options.fingerprints;
    this.#handshakeTimeoutMs = options.handshakeTimeoutMs ?? defaultHandshakeTimeoutMs;
    this.#onStateChange = options.onStateChange;
    this.#onData = options.onData;
    this.#requiresSrtp = options.requiresSrtp ?? (() => true);
  }

  /** ICE has a path: the handshake's time begins to run, and the client side begins its handshake. Counts once. */
  pathReady(nowMs: number): void {
    if (this.#started || this.state !== 'connecting') return;
    this.#started = true;
    this.#handshakeBy = nowMs + this.#handshakeTimeoutMs;
    if (this.role === 'client') {
      this.#session.start();
      this.#afterStep(nowMs);
    }
  }

  receive(datagram: Uint8Array, nowMs: number): void {
    if (this.state === 'closed' || this.state === 'failed') return;
    this.#session.receive(datagram);
    this.#afterStep(nowMs);
  }

  /** Sends data to the peer; what comes before `connected` is lost. */
  send(data: Uint8Array): void {
    if (this.state !== 'connected') return;
    this.#session.sendApplicationData(data);
    this.#drain();
  }

  nextDeadline(): number {
    return Math.min(this.#repeatAt, this.#handshakeBy);
  }

  handleTimeout(nowMs: number): void {
    if (this.nextDeadline() > nowMs) return;
    if (this.#handshakeBy <= nowMs) {
      this.#fail('dtls-timeout', 'The handshake was not completed in time.');
      return;
    }
    this.#session.handleTimeout();
    this.#afterStep(nowMs);
  }

  /** @throws ProtocolError `fingerprint-mismatch` if the established peer's certificate is not among them */
  checkFingerprints(fingerprints: readonly Fingerprint[]): void {
    if (this.state === 'connected' && !this.#matches(fingerprints)) {
      throw new ProtocolError(
        'fingerprint-mismatch',
        'The description names another certificate than the connection uses; open a new connection instead.',
      );
    }
  }

  /** What the certificate of a handshake that is not done yet has to match. */
  expectFingerprints(fingerprints: readonly Fingerprint[]): void {
    this.#fingerprints = fingerprints;
  }

  close(): void {
    if (this.state === 'connected') {
      this.#session.close();
      this.#drain();
    }
    this.state = 'closed';
    this.#repeatAt = Number.POSITIVE_INFINITY;
    this.#handshakeBy = Number.POSITIVE_INFINITY;
    this.#opened?.free();
  }

  get #session(): DtlsSession {
    this.#opened ??= this.#io.createDtls(this.role);
    return this.#opened;
  }

  #afterStep(nowMs: number): void {
    this.#drain();
    const timeout = this.#session.nextTimeoutMs();
    this.#repeatAt = timeout < 0 ? Number.POSITIVE_INFINITY : nowMs + timeout;
    const state = this.#session.state;
    // What came before a close_notify counts.
    this.#deliver();
    if (state === this.state || this.state === 'closed') return;
    if (state === 'connected') this.#connected();
    else if (state === 'failed') this.#fail('dtls-failed', this.#session.failure);
    else this.#become(state);
    this.#deliver();
  }

  /** Only once the certificate is found right. Whoever takes the data may close this. */
  #deliver(): void {
    while (this.state === 'connected') {
      const data = this.#session.takeApplicationData();
      if (data === null) return;
      this.#onData?.(data);
    }
  }

  #connected(): void {
    if (!this.#matches(this.#fingerprints)) {
      this.#fail(
        'fingerprint-mismatch',
        'The certificate does not match the fingerprint of the description.',
      );
    } else if (this.#session.srtpProfile !== null) {
      this.#io.installSrtp(this.#transport, this.#session);
      this.protectsMedia = true;
      this.#become('connected');
    } else if (this.#requiresSrtp()) {
      this.#fail('dtls-failed', 'The peer agreed to no SRTP protection profile of ours.');
    } else {
      this.#become('connected');
    }
  }

  #matches(fingerprints: readonly Fingerprint[]): boolean {
    return fingerprints.some(({ algorithm, value }) => this.#session.peerFingerprint(algorithm) === value);
  }

  #fail(failure: DtlsFailure, detail: string): void {
    this.failure = failure;
    this.detail = detail;
    this.#repeatAt = Number.POSITIVE_INFINITY;
    this.#become('failed');
  }

  #become(state: DtlsState): void {
    this.state = state;
    this.#handshakeBy = Number.POSITIVE_INFINITY;
    this.#onStateChange(state);
  }

  #drain(): void {
    for (
      let datagram = this.#session.takeDatagram();
      datagram !== null;
      datagram = this.#session.takeDatagram()
    ) {
      this.#io.sendRaw(this.#transport, datagram);
    }
  }
}
