import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';

export type DatagramKind = 'stun' | 'dtls' | 'rtp' | 'rtcp';

const datagramKinds: readonly DatagramKind[] = ['stun', 'dtls', 'rtp', 'rtcp'];
const mostSamples = 400;

/** By the first byte (RFC 7983), RTCP by the packet type (RFC 5761). */
function kindOf(datagram: Uint8Array): DatagramKind | null {
  const first = datagram[0] ?? 255;
  if (first < 4) return 'stun';
  if (first >= 20 && first < 64) return 'dtls';
  if (first < 128 || first > 191) return null;
  const type = datagram[1] ?? 0;
  return type >= 192 && type <= 223 ? 'rtcp' : 'rtp';
}

/**
 * Stands between one browser and the server, keeps samples of what the browser sends, and can send more to the server
 * from the very address the browser has there: what an attacker who spoofs that address could do.
 */
export class TappedRelay {
  readonly port: number;
  readonly samples: Record<DatagramKind, Uint8Array[]> = { stun: [], dtls: [], rtp: [], rtcp: [] };
  readonly #serverPort: number;
  readonly #clientSide: Socket;
  readonly #serverSide: Socket;
  #client: RemoteInfo | null = null;

  private constructor(serverPort: number, clientSide: Socket, serverSide: Socket) {
    this.#serverPort = serverPort;
    this.#clientSide = clientSide;
    this.#serverSide = serverSide;
    this.port = clientSide.address().port;
    clientSide.on('message', (datagram, from) => {
      this.#client = from;
      const kind = kindOf(datagram);
      if (kind !== null && this.samples[kind].length < mostSamples)
        this.samples[kind].push(Uint8Array.from(datagram));
      serverSide.send(datagram, serverPort, '127.0.0.1');
    });
    serverSide.on('message', (datagram) => {
      if (this.#client !== null) clientSide.send(datagram, this.#client.port, this.#client.address);
    });
  }

  static async open(serverPort: number): Promise<TappedRelay> {
    const sockets = [createSocket('udp4'), createSocket('udp4')] as const;
    for (const socket of sockets) await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return new TappedRelay(serverPort, ...sockets);
  }

  /** Whether there is something of every kind to imitate. */
  get complete(): boolean {
    return datagramKinds.every((kind) => this.samples[kind].length > 0);
  }

  /** Sends to the server as if the browser had. */
  inject(datagram: Uint8Array): Promise<void> {
    return new Promise((resolve) =>
      this.#serverSide.send(datagram, this.#serverPort, '127.0.0.1', () => resolve()),
    );
  }

  close(): void {
    this.#clientSide.close();
    this.#serverSide.close();
  }
}
