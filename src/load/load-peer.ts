/** One client of a load run: its own UDP socket, ICE (controlling), DTLS and SRTP towards the server. */
import { randomBytes } from 'node:crypto';
import type { DtlsSession, PacketIo } from '../packet-io/packet-io.ts';
import { IceClient } from './ice-client.ts';
import { closeSession, type LoadAnswer, openSession } from './whip-session.ts';

/** How long a join may take, from the HTTP request to installed keys. */
const joinTimeoutMs = 20_000;

export interface LoadPeerOptions {
  readonly io: PacketIo;
  /** WHIP address to publish to, or WHEP address to play from. */
  readonly url: URL;
  readonly kind: 'audio' | 'video';
  readonly direction: 'sendonly' | 'recvonly';
  readonly ssrc: number;
  readonly feedback: boolean;
  readonly bearerToken?: string;
  /** Local address of its socket; of the same family as the server's. */
  readonly localAddress: string;
}

export class LoadPeer {
  readonly transport: number;
  readonly options: LoadPeerOptions;
  /** From the HTTP request to installed keys, once joined. */
  joinMs = 0;

  readonly #io: PacketIo;
  readonly #socket: number;
  #ice: IceClient | null = null;
  #dtls: DtlsSession | null = null;
  #answer: LoadAnswer | null = null;
  #dtlsDeadline = Number.POSITIVE_INFINITY;
  #joined: (() => void) | null = null;
  #failed: ((error: Error) => void) | null = null;

  constructor(options: LoadPeerOptions) {
    this.options = options;
    this.#io = options.io;
    this.#socket = options.io.openSocket(options.localAddress, 0).socket;
    this.transport = options.io.createTransport();
  }

  /** Joins: HTTP, ICE, DTLS. @throws Error saying at which step it failed */
  async join(): Promise<void> {
    const start = performance.now();
    const { io, url, kind, direction, ssrc, feedback, bearerToken } = this.options;
    const local = {
      usernameFragment: randomBytes(6).toString('base64'),
      password: randomBytes(18).toString('base64'),
    };
    const offer = { kind, direction, ssrc, feedback, ...local, fingerprint: io.localFingerprint('sha-256') };
    const answer = await openSession(url, offer, bearerToken);
    this.#answer = answer;
    io.setRemoteAddress(this.transport, this.#socket, answer.remote);
    this.#ice = new IceClient({
      local,
      remote: answer,
      remoteAddress: answer.remote,
      randomBytes: (length) => randomBytes(length),
    });
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () =>
          reject(new Error(`joining ${url} took longer than ${joinTimeoutMs / 1000} s (${this.#stage()})`)),
        joinTimeoutMs,
      );
      this.#joined = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#failed = (error) => {
        clearTimeout(timer);
        reject(error);
      };
      this.handleTimeout(performance.now());
    });
    this.joinMs = performance.now() - start;
  }

  get connected(): boolean {
    return this.#dtls?.state === 'connected';
  }

  receiveStun(datagram: Uint8Array, nowMs: number): void {
    const ice = this.#ice;
    if (ice === null) return;
    const response = ice.handleStun(nowMs, datagram);
    if (response !== null) this.#io.sendRaw(this.transport, response);
    if (ice.connected && this.#dtls === null) this.#startDtls(nowMs);
  }

  receiveDtls(datagram: Uint8Array, nowMs: number): void {
    this.#dtls?.receive(datagram);
    this.#afterDtls(nowMs);
  }

  /** Sends checks and retransmissions that are due. */
  handleTimeout(nowMs: number): void {
    const ice = this.#ice;
    if (ice === null) return;
    if (ice.nextDeadline() <= nowMs) {
      const request = ice.handleTimeout(nowMs);
      if (request !== null) this.#io.sendRaw(this.transport, request);
    }
    if (this.#dtlsDeadline <= nowMs) {
      this.#dtls?.handleTimeout();
      this.#afterDtls(nowMs);
    }
  }

  /** Leaves: DELETE, then the socket. */
  async close(): Promise<void> {
    if (this.#answer !== null) {
      await closeSession(this.#answer.resource, this.options.bearerToken).catch(() => {
        // The server may be gone already: leaving is all that was wanted.
      });
    }
    this.#dtls?.free();
    this.#dtls = null;
    this.#ice = null;
    this.#io.closeTransport(this.transport);
    this.#io.closeSocket(this.#socket);
  }

  #startDtls(nowMs: number): void {
    this.#dtls = this.#io.createDtls('client');
    this.#dtls.start();
    this.#afterDtls(nowMs);
  }

  #afterDtls(nowMs: number): void {
    const dtls = this.#dtls;
    if (dtls === null) return;
    for (let out = dtls.takeDatagram(); out !== null; out = dtls.takeDatagram())
      this.#io.sendRaw(this.transport, out);
    const timeout = dtls.nextTimeoutMs();
    this.#dtlsDeadline = timeout < 0 ? Number.POSITIVE_INFINITY : nowMs + timeout;
    if (dtls.state === 'failed')
      this.#failed?.(new Error(`DTLS with ${this.options.url} failed: ${dtls.failure}`));
    if (dtls.state !== 'connected' || this.#joined === null) return;
    if (dtls.peerFingerprint('sha-256') !== this.#answer?.fingerprint) {
      this.#failed?.(
        new Error(`${this.options.url}: the certificate does not match the answer's fingerprint`),
      );
    } else {
      this.#io.installSrtp(this.transport, dtls);
      this.#joined();
    }
    this.#joined = null;
  }

  #stage(): string {
    if (this.#ice?.connected !== true) return 'no ICE check was answered';
    return `DTLS is ${this.#dtls?.state ?? 'not started'}`;
  }
}
