import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PacketKind } from '../../src/packet-io/layout.ts';
import type { DtlsSession, SocketAddress } from '../../src/packet-io/packet-io.ts';
import { TestEndpoint } from './test-endpoint.ts';

/** A key and self-signed certificate in files, made by the openssl tool. */
export class TestCertificate {
  readonly #folder = mkdtempSync(join(tmpdir(), 'manifold-test-'));
  readonly options: string[];

  constructor(...newKey: string[]) {
    const key = join(this.#folder, 'key.pem');
    const certificate = join(this.#folder, 'certificate.pem');
    execFileSync(
      'openssl',
      ['req', '-x509', '-nodes', '-days', '1', '-subj', '/CN=test', '-newkey', ...newKey].concat([
        '-keyout',
        key,
        '-out',
        certificate,
      ]),
      { stdio: 'ignore' },
    );
    this.options = ['-cert', certificate, '-key', key];
  }

  fingerprint(hash: 'sha256' | 'sha384' | 'sha512'): string {
    const text = execFileSync('openssl', [
      'x509',
      '-noout',
      '-fingerprint',
      `-${hash}`,
      '-in',
      this.options[1],
    ]);
    return text.toString().trim().split('=')[1];
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}

/** `openssl s_client` or `s_server` with everything it prints. */
export class OpensslPeer {
  output = '';
  readonly #process: ChildProcess;
  #wake: () => void = () => {};

  constructor(...options: string[]) {
    this.#process = spawn('openssl', options, { stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.on('data', (data) => {
        this.output += data;
        this.#wake();
      });
    this.#process.on('exit', () => this.#wake());
  }

  /** Resolves once the output matches; fails when the process ends before. */
  async until(pattern: RegExp): Promise<RegExpMatchArray> {
    for (;;) {
      const match = this.output.match(pattern);
      if (match) return match;
      if (this.#process.exitCode !== null) throw new Error(`openssl ended: ${this.output}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  write(text: string): void {
    this.#process.stdin?.write(text);
  }

  async close(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill();
      await once(this.#process, 'exit');
    }
  }
}

/** Drives one session over UDP, with its timer, until it has left the state 'connecting'. */
export class DtlsOverUdp {
  readonly endpoint = new TestEndpoint();
  readonly socket: number;
  readonly address: SocketAddress;
  readonly session: DtlsSession;
  remote: SocketAddress | null = null;
  #timer: NodeJS.Timeout | undefined;
  #taken = 0;

  constructor(role: 'client' | 'server') {
    const { socket, address } = this.endpoint.open();
    this.socket = socket;
    this.address = address;
    this.session = this.endpoint.io.createDtls(role);
    this.endpoint.onBatch = () => {
      for (; this.#taken < this.endpoint.received.length; this.#taken++) {
        const { kind, bytes, from } = this.endpoint.received[this.#taken];
        if (kind !== PacketKind.Dtls) continue;
        this.remote = from;
        this.session.receive(bytes);
      }
      this.drain();
    };
  }

  connect(remote: SocketAddress): void {
    this.remote = remote;
    this.session.start();
    this.drain();
  }

  drain(): void {
    for (
      let datagram = this.session.takeDatagram();
      datagram !== null;
      datagram = this.session.takeDatagram()
    )
      if (this.remote) this.endpoint.io.sendTo(this.socket, this.remote, datagram);
    clearTimeout(this.#timer);
    const timeoutMs = this.session.nextTimeoutMs();
    if (timeoutMs < 0) return;
    this.#timer = setTimeout(() => {
      this.session.handleTimeout();
      this.drain();
    }, timeoutMs);
  }

  untilState(state: DtlsSession['state']): Promise<void> {
    return this.endpoint.until(() => this.session.state === state);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.session.free();
    this.endpoint.close();
  }
}
