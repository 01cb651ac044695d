import type { SocketAddress } from '../packet-io/packet-io.ts';
import type { Connection } from '../webrtc/connection.ts';
import type { DtlsState } from '../webrtc/dtls/dtls-transport.ts';
import type { IceState } from '../webrtc/ice/ice-lite-agent.ts';
import { IsolatingEmitter } from './isolating-emitter.ts';

/** The way packets go. */
export interface SelectedPath {
  /** "candidate:…" of our side. */
  readonly local: string;
  readonly remote: SocketAddress;
  /** The client's preference for its own candidate. */
  readonly priority: number;
}

export interface TransportViewEvents {
  icestatechange: [state: IceState];
  dtlsstatechange: [state: DtlsState];
  selectedpathchange: [path: SelectedPath];
  /** The client has said goodbye of all media that it sends. It may speak again. */
  goodbye: [];
}

/** What a dialect may see of a participant's connection below its media: ICE, DTLS, and whether anything comes. */
export class TransportView extends IsolatingEmitter<TransportViewEvents> {
  readonly #connection: Connection;

  constructor(connection: Connection, reportBug: (where: string, error: unknown) => void) {
    super(reportBug);
    this.#connection = connection;
    connection.on('icestatechange', (state) => this.emit('icestatechange', state));
    connection.on('dtlsstatechange', (state) => this.emit('dtlsstatechange', state));
    connection.on('goodbye', () => this.emit('goodbye'));
    connection.on('selectedpairchange', () => {
      if (this.selectedPath !== null) this.emit('selectedpathchange', this.selectedPath);
    });
  }

  /** Where there is no ICE, what it never leaves. */
  get iceState(): IceState {
    return this.#connection.ice?.state ?? 'new';
  }

  /** null before the client has described its side. */
  get dtlsState(): DtlsState | null {
    return this.#connection.dtlsState;
  }

  /** null until the client has chosen one. */
  get selectedPath(): SelectedPath | null {
    const { ice, localCandidates } = this.#connection;
    if (ice === null || ice.selected === null) return null;
    const { socket, remote, priority } = ice.selected;
    const local = localCandidates.find((candidate) => candidate.socket === socket)?.candidate ?? '';
    return { local, remote, priority };
  }

  /** RTP and RTCP packets of the client, so far. */
  get packetsHeard(): number {
    return this.#connection.media.packetsHeard;
  }

  /** Bits per second the client says it can receive (REMB); null unless it does. */
  get remoteEstimate(): number | null {
    return this.#connection.media.remoteEstimate;
  }

  /** Tells the client these addresses instead of those of the same family, from the next description on. */
  announceAddresses(addresses: readonly string[]): void {
    this.#connection.announceAddresses(addresses);
  }
}
