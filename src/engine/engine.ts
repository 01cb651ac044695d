/**
 * The one place with a clock, a timer and sockets: hands each received batch to the connections it is for,
 * flushes what they send, and runs their deadlines. All decisions are made below it.
 */
import { randomBytes, randomFillSync } from 'node:crypto';
import type { Logger } from '../log.ts';
import type { MediaContext } from '../media/media-context.ts';
import { createMediaCounters, type MediaCounters } from '../media/media-counters.ts';
import type { MediaTransport, MediaTransportOptions } from '../media/media-transport.ts';
import { finishRun } from '../media/transport-link.ts';
import { addressStride, InboxField, inboxStride, PacketKind } from '../packet-io/layout.ts';
import type { PacketIo, SocketAddress } from '../packet-io/packet-io.ts';
import { SendQueue } from '../packet-io/send-queue.ts';
import { familyOf, readAddress } from '../packet-io/socket-address.ts';
import { createDataCounters, type DataCounters } from '../webrtc/data-channels/data-counters.ts';
import type { DataLimits, DataOptions } from '../webrtc/data-channels/data-transport.ts';
import { createIceCounters, type IceCounters } from '../webrtc/ice/ice-lite-agent.ts';
import { readUsernameFragments } from '../webrtc/ice/stun-routing.ts';
import {
  type ConnectionChoices,
  type HostCandidate,
  PeerConnection,
  type PeerConnectionOptions,
} from '../webrtc/peer-connection.ts';
import { type PlainChoices, PlainConnection } from '../webrtc/plain/plain-connection.ts';
import type { PlainLine } from '../webrtc/plain/plain-line.ts';
import type { CodecCapability } from '../webrtc/sdp/codec-capabilities.ts';
import { share, sharedResult } from '../webrtc/sdp/shared-results.ts';
import { Deadline } from './deadline-queue.ts';
import { EngineTimer } from './engine-timer.ts';
import { createIceCredentials } from './ice-credentials.ts';
import { type AnnouncedAs, localCandidates } from './local-candidates.ts';
import { type MediaSocket, openMediaSockets } from './media-sockets.ts';
import { PlainPortRange, type PortRange } from './plain-port-range.ts';

export interface EngineOptions {
  readonly io: PacketIo;
  readonly log: Logger;
  /** Local addresses to receive media on, all with the same port. At least one. */
  readonly mediaAddresses: readonly string[];
  /** UDP port; 0 lets the system choose. Of a range, the first that is free on every address. */
  readonly mediaPort: number | PortRange;
  /** Addresses told to clients (NAT 1:1): for the local ones of the same family, or `external/local`. */
  readonly announcedAddresses: readonly string[];
  /** Default: `host`, in place of the local ones. */
  readonly announcedAs?: AnnouncedAs;
  readonly media: MediaTransportOptions;
  readonly ice: PeerConnectionOptions['ice'];
  /** Limits of data channels; connections have none without it. */
  readonly data?: DataLimits;
  readonly negotiation: PeerConnectionOptions['negotiation'];
  /** Of connections without ICE; there are none without it. */
  readonly plain?: {
    readonly ports: PortRange;
    /** Whether packets count only if they come from the host that the peer's description names. */
    readonly describedSourcesOnly: boolean;
  };
}

/** Whatever has a timer here. */
type TimedConnection = PeerConnection | PlainConnection;

/** 1900-01-01 to 1970-01-01 in ms: NTP's epoch against Unix's (RFC 5905 §6). */
const ntpEpochOffsetMs = 2_208_988_800_000;
/** Timers are not finer. */
const shortestWaitMs = 1;
export class Engine {
  readonly counters: MediaCounters = createMediaCounters();
  readonly dataCounters: DataCounters = createDataCounters();
  /** Of all connections together. */
  readonly iceCounters: IceCounters = createIceCounters();
  /** Bound media sockets. */
  readonly sockets: readonly MediaSocket[];
  readonly localCandidates: readonly HostCandidate[];

  readonly #options: EngineOptions;
  readonly #io: PacketIo;
  readonly #log: Logger;
  readonly #clock = {
    nowMs: performance.now(),
    ntpOffsetMs: Date.now() - performance.now() + ntpEpochOffsetMs,
  };
  readonly #context: MediaContext;
  readonly #sendQueue: SendQueue;
  readonly #random = new Uint32Array(256);
  #randomUsed = 256;

  /** By transport id. */
  readonly #connections: (PeerConnection | undefined)[] = [];
  readonly #media: (MediaTransport | undefined)[] = [];
  readonly #plain: (PlainConnection | undefined)[] = [];
  readonly #plainPorts: PlainPortRange;
  readonly #byUsernameFragment = new Map<string, PeerConnection>();
  readonly #fragmentsOf = new Map<PeerConnection, readonly string[]>();
  readonly #deadlineOf = new Map<TimedConnection, Deadline>();
  readonly #timer: EngineTimer;
  #closed = false;

  /** @throws Error with `code` (EADDRINUSE …) naming address and port */
  constructor(options: EngineOptions) {
    this.#options = options;
    this.#io = options.io;
    this.#log = options.log;
    this.#sendQueue = new SendQueue(options.io);
    this.#timer = new EngineTimer({
      log: options.log,
      begin: (nowMs) => {
        this.#clock.nowMs = nowMs;
      },
      end: () => this.#sendQueue.flush(),
      reportBug: (error) => this.reportBug('timer', error),
    });
    this.#context = {
      arena: options.io.arena,
      slotCount: options.io.slotCount,
      inbox: options.io.inbox,
      arrivals: options.io.arrivals,
      sendQueue: this.#sendQueue,
      clock: this.#clock,
      ring: { newest: -1 },
      counters: this.counters,
      randomUint32: () => this.#randomUint32(),
    };
    this.sockets = openMediaSockets(options.io, options.mediaAddresses, options.mediaPort);
    this.#plainPorts = new PlainPortRange(
      this.#io,
      options.plain?.ports ?? null,
      options.mediaAddresses,
      options.announcedAddresses,
    );
    this.localCandidates = this.#localCandidates(options.announcedAddresses);
  }

  /** Starts receiving. */
  start(): void {
    this.#io.start((count) => this.#receiveBatch(count));
  }

  get connectionCount(): number {
    return this.#deadlineOf.size;
  }

  /** Engine time in ms; monotonic. */
  now(): number {
    return performance.now();
  }

  /**
   * @param choices what is special about it
   * @throws Error when the limit of transports is reached
   */
  createPeerConnection(choices: ConnectionChoices = {}): PeerConnection {
    this.#clock.nowMs = performance.now();
    const { negotiation, data } = this.#options;
    const { usesCodec, dataChannels = true, codecOrder, sdpSemantics } = choices;
    let deadline: Deadline | null = null;
    const connection: PeerConnection = new PeerConnection({
      io: this.#io,
      mediaContext: this.#context,
      media: this.#options.media,
      ice: { ...this.#options.ice, counters: this.iceCounters },
      data: data === undefined || !dataChannels ? undefined : this.#dataOptions(data),
      negotiation: {
        codecs: this.#codecsOf(usesCodec),
        headerExtensions: negotiation.headerExtensions,
        maxMediaLines: negotiation.maxMediaLines,
        maxSdpBytes: negotiation.maxSdpBytes,
        codecOrder: codecOrder ?? negotiation.codecOrder,
        semantics: sdpSemantics ?? negotiation.semantics,
      },
      localCandidates: this.localCandidates,
      announceAddresses: (addresses) => this.#localCandidatesWith(addresses),
      createIceCredentials,
      log: this.#log,
      deadlineChanged: () => {
        if (deadline !== null) this.#timer.set(deadline, connection.nextDeadline());
      },
      usernameFragmentsChanged: (changed) => this.#routeFragments(changed),
    });
    deadline = new Deadline((nowMs) => this.#runDeadline(connection, nowMs));
    this.#connections[connection.transport] = connection;
    this.#media[connection.transport] = connection.media;
    this.#deadlineOf.set(connection, deadline);
    this.#timer.set(deadline, connection.nextDeadline());
    connection.once('closed', () => this.#forget(connection));
    return connection;
  }

  /**
   * A connection to a peer without ICE and DTLS. Its sockets are opened when they are needed.
   * @param usesCodec which of the engine's codecs the connection may use; default all
   */
  createPlainConnection(
    choices: PlainChoices = {},
    { usesCodec }: Pick<ConnectionChoices, 'usesCodec'> = {},
  ): PlainConnection {
    this.#clock.nowMs = performance.now();
    const { negotiation, media, plain } = this.#options;
    let deadline: Deadline | null = null;
    const connection: PlainConnection = new PlainConnection({
      io: this.#io,
      mediaContext: this.#context,
      media,
      codecs: this.#codecsOf(usesCodec),
      maxSdpBytes: negotiation.maxSdpBytes ?? Number.POSITIVE_INFINITY,
      ...choices,
      describedSourcesOnly: plain?.describedSourcesOnly ?? false,
      createKey: (bytes) => randomBytes(bytes),
      openSockets: (family, towards) => this.#plainPorts.open(family, towards),
      log: this.#log,
      deadlineChanged: () => {
        if (deadline !== null) this.#timer.set(deadline, connection.nextDeadline());
      },
      lineOpened: (opened, line) => this.#routeLine(line, opened),
      lineClosed: (line) => this.#routeLine(line, undefined),
    });
    deadline = new Deadline((nowMs) => this.#runDeadline(connection, nowMs));
    this.#deadlineOf.set(connection, deadline);
    connection.once('closed', () => this.#forgetDeadline(connection));
    return connection;
  }

  /**
   * Calls `run` once after `delayMs`, on the engine's own timer.
   * @returns a function that cancels it
   */
  after(delayMs: number, run: () => void): () => void {
    const deadline = new Deadline(run);
    this.#timer.set(deadline, performance.now() + delayMs);
    return () => this.#timer.clear(deadline);
  }

  /** Runs something that may send media or RTCP outside a batch, with the clock set, and flushes after it. */
  run<T>(action: () => T): T {
    this.#clock.nowMs = performance.now();
    try {
      return action();
    } finally {
      this.#sendQueue.flush();
    }
  }

  /** Logs a bug with its stack. Ending the session it happened in is the caller's. */
  reportBug(where: string, error: unknown): void {
    this.#log.error({ err: error, where }, 'bug: an unexpected error');
  }

  /** Closes all connections and sockets. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#clock.nowMs = performance.now();
    for (const connection of [...this.#connections, ...this.#plain]) {
      try {
        connection?.close();
      } catch (error) {
        this.reportBug('closing', error);
      }
    }
    this.#sendQueue.flush();
    this.#timer.close();
    this.#io.close();
  }

  #codecsOf(usesCodec: ConnectionChoices['usesCodec']): readonly CodecCapability[] {
    const { codecs } = this.#options.negotiation;
    if (usesCodec === undefined) return share(codecs);
    return sharedResult(share(codecs), 'used', () => codecs.filter(usesCodec), share(usesCodec));
  }

  /** Media first: it need not wait for the reports of hundreds, and is sent before those are read. */
  #receiveBatch(count: number): void {
    this.#clock.nowMs = performance.now();
    this.#receiveAll(count, true);
    finishRun(this.#context);
    this.#sendQueue.flush();
    this.#receiveAll(count, false);
    this.#sendQueue.flush();
  }

  /** Those of the batch that are RTP, or those that are not. */
  #receiveAll(count: number, rtp: boolean): void {
    const { inbox } = this.#io;
    for (let index = 0; index < count; index++) {
      const at = index * inboxStride;
      if ((inbox[at + InboxField.Kind] === PacketKind.Rtp) !== rtp) continue;
      try {
        this.#receive(index);
      } catch (error) {
        this.#sessionBug(inbox[at + InboxField.Transport], error);
      }
    }
  }

  #receive(index: number): void {
    const inbox = this.#io.inbox;
    const at = index * inboxStride;
    const transport = inbox[at + InboxField.Transport];
    if (inbox[at + InboxField.NewSource] !== 0 && !this.#considerSource(index, transport)) {
      // It has its place in the ring all the same.
      const number = inbox[at + InboxField.PacketNumber];
      if (number >= 0) this.#context.ring.newest = number;
      return;
    }
    switch (inbox[at + InboxField.Kind]) {
      case PacketKind.Rtp:
        this.#context.ring.newest = inbox[at + InboxField.PacketNumber];
        this.#media[transport]?.receiveRtp(index);
        break;
      case PacketKind.Rtcp:
        this.#media[transport]?.receiveRtcp(index);
        break;
      case PacketKind.Stun:
        this.#receiveStun(index, transport);
        break;
      case PacketKind.Dtls:
        this.#receiveDtls(at, transport);
        break;
    }
  }

  /** Of a connection without ICE: whether this is the peer's, from whose address no packet has come yet. */
  #considerSource(index: number, transport: number): boolean {
    const from = readAddress(this.#io.inboxAddresses, index * addressStride);
    if (this.#plain[transport]?.considerSource(transport, index, from) === true) return true;
    this.counters.sourcesRefused++;
    return false;
  }

  #receiveDtls(at: number, transport: number): void {
    const connection = this.#connections[transport];
    if (connection === undefined) this.counters.dtlsUnrouted++;
    else connection.receiveDtls(this.#datagram(at));
  }

  #datagram(at: number): Uint8Array {
    const offset = this.#io.inbox[at + InboxField.Offset];
    return this.#io.arena.subarray(offset, offset + this.#io.inbox[at + InboxField.Length]);
  }

  /** By the user fragment first: the address may still belong to a client's earlier connection. */
  #receiveStun(index: number, transport: number): void {
    const at = index * inboxStride;
    const datagram = this.#datagram(at);
    const fragments = readUsernameFragments(datagram);
    const connection =
      (fragments === null ? undefined : this.#byUsernameFragment.get(fragments.local)) ??
      this.#connections[transport];
    if (connection === undefined) {
      this.counters.stunUnrouted++;
      return;
    }
    const from: SocketAddress = readAddress(this.#io.inboxAddresses, index * addressStride);
    const socket = this.#io.inbox[at + InboxField.Socket];
    try {
      const response = connection.receiveStun(datagram, socket, from);
      if (response !== null) this.#io.sendTo(socket, from, response);
    } catch (error) {
      // Not that of the address, which may be another's or nobody's.
      this.#sessionBug(connection.transport, error);
    }
  }

  #runDeadline(connection: TimedConnection, nowMs: number): void {
    try {
      connection.handleTimeout(nowMs);
    } catch (error) {
      this.#connectionBug(connection, connection.transport, error);
    }
    const deadline = this.#deadlineOf.get(connection);
    // Never at once again: a machine that does not move its deadline on must not stop everything else.
    if (deadline !== undefined)
      this.#timer.set(deadline, Math.max(connection.nextDeadline(), nowMs + shortestWaitMs));
  }

  #routeFragments(connection: PeerConnection): void {
    for (const fragment of this.#fragmentsOf.get(connection) ?? []) this.#byUsernameFragment.delete(fragment);
    const fragments = connection.ice.localUsernameFragments;
    this.#fragmentsOf.set(connection, fragments);
    for (const fragment of fragments) this.#byUsernameFragment.set(fragment, connection);
  }

  #forget(connection: PeerConnection): void {
    this.#connections[connection.transport] = undefined;
    this.#media[connection.transport] = undefined;
    for (const fragment of this.#fragmentsOf.get(connection) ?? []) this.#byUsernameFragment.delete(fragment);
    this.#fragmentsOf.delete(connection);
    this.#forgetDeadline(connection);
  }

  #routeLine({ transport, media }: PlainLine, connection: PlainConnection | undefined): void {
    this.#plain[transport] = connection;
    this.#media[transport] = connection === undefined ? undefined : media;
  }

  #forgetDeadline(connection: TimedConnection): void {
    const deadline = this.#deadlineOf.get(connection);
    if (deadline !== undefined) this.#timer.clear(deadline);
    this.#deadlineOf.delete(connection);
  }

  /** A bug ends the one session it happened in; the others go on. */
  #sessionBug(transport: number, error: unknown): void {
    this.#connectionBug(this.#connections[transport] ?? this.#plain[transport], transport, error);
  }

  #connectionBug(connection: TimedConnection | undefined, transport: number, error: unknown): void {
    this.reportBug(`transport ${transport}`, error);
    try {
      connection?.abort();
    } catch (closeError) {
      this.reportBug(`closing transport ${transport}`, closeError);
    }
  }

  /** Those where `addresses` are told instead of whatever is configured for their family. */
  #localCandidatesWith(addresses: readonly string[]): HostCandidate[] {
    const families = addresses.map(familyOf);
    const others = this.#options.announcedAddresses.filter(
      (address) => !families.includes(familyOf(address)),
    );
    return this.#localCandidates([...addresses, ...others]);
  }

  #localCandidates(announced: readonly string[]): HostCandidate[] {
    return localCandidates(this.sockets, announced, this.#options.announcedAs ?? 'host');
  }

  #dataOptions(limits: DataLimits): DataOptions {
    const now = (): number => {
      this.#clock.nowMs = performance.now();
      return this.#clock.nowMs;
    };
    const reportBug = (where: string, error: unknown): void => this.reportBug(where, error);
    return { limits, counters: this.dataCounters, now, reportBug };
  }

  #randomUint32(): number {
    if (this.#randomUsed === this.#random.length) {
      randomFillSync(this.#random);
      this.#randomUsed = 0;
    }
    return this.#random[this.#randomUsed++];
  }
}
