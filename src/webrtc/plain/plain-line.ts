import type { Logger } from '../../log.ts';
import type { InboundTrack } from '../../media/forwarding/inbound-track.ts';
import type { MediaContext } from '../../media/media-context.ts';
import { MediaTransport, type MediaTransportOptions } from '../../media/media-transport.ts';
import { InboxField, inboxStride, PacketKind } from '../../packet-io/layout.ts';
import type { PacketIo, SocketAddress, SrtpProfile } from '../../packet-io/packet-io.ts';
import type { MediaLine } from '../media-line.ts';
import { receives } from '../sdp/direction.ts';
import type { PlainRemoteLine } from './plain-description.ts';
import { isSame, SourceLatch } from './source-latch.ts';

/** The sockets of one m-line: RTP's on an even port, RTCP's on the next (RFC 3550 §11). */
export interface PlainSockets {
  /** What the peer is told. */
  readonly address: string;
  readonly rtp: { readonly socket: number; readonly port: number };
  readonly rtcp: { readonly socket: number; readonly port: number };
  /** RTCP comes with RTP: gives the second socket back. */
  joinRtcp(): void;
  /** Gives both back. */
  close(): void;
}

export interface PlainLineOptions {
  readonly io: PacketIo;
  readonly mediaContext: MediaContext;
  readonly media: MediaTransportOptions;
  /** Whether packets count only if they come from the host that the description names. */
  readonly describedSourcesOnly: boolean;
  readonly log: Logger;
  readonly deadlineChanged: () => void;
  /** The first media packet has come. */
  readonly trackStarted: (line: MediaLine, track: InboundTrack) => void;
  /** The peer has said goodbye on this line. */
  readonly saidGoodbye: () => void;
}

/** What was agreed for an m-line, besides what its transceiver says. */
export interface AgreedLine {
  readonly remote: PlainRemoteLine;
  readonly rtcpMux: boolean;
  /** null for plain RTP. */
  readonly keys: {
    readonly suite: SrtpProfile;
    readonly inbound: Uint8Array;
    readonly outbound: Uint8Array;
  } | null;
}

/**
 * One m-line of a peer without ICE: a transport with sockets of its own, and the media on it. Knows where its packets
 * go: to where the description says; to where they come from if it says nothing usable, if the peer asks for it, or if
 * keys prove that the peer is behind an address translation.
 */
export class PlainLine {
  readonly line: MediaLine;
  readonly sockets: PlainSockets;
  readonly transport: number;
  readonly media: MediaTransport;

  readonly #options: PlainLineOptions;
  readonly #io: PacketIo;
  readonly #rtp: SourceLatch;
  readonly #rtcp: SourceLatch;
  #agreed: AgreedLine | null = null;
  #rtpTo: SocketAddress | null = null;
  #closed = false;

  /** @throws Error at the limit of transports; the sockets are the caller's then */
  constructor(line: MediaLine, sockets: PlainSockets, options: PlainLineOptions) {
    this.line = line;
    this.sockets = sockets;
    this.#options = options;
    this.#io = options.io;
    this.transport = this.#io.createTransport();
    this.#io.claimSocket(this.transport, sockets.rtp.socket);
    this.#io.claimSocket(this.transport, sockets.rtcp.socket);
    this.#rtp = new SourceLatch(this.#io, sockets.rtp.socket);
    this.#rtcp = new SourceLatch(this.#io, sockets.rtcp.socket);
    this.media = new MediaTransport(this.transport, options.mediaContext, options.media, {
      trackStarted: (track) => options.trackStarted(line, track),
      saidGoodbye: options.saidGoodbye,
      forwarderFailed: ({ mid }, err) =>
        options.log.error(
          { err, transport: this.transport, mid },
          'bug: an unexpected error; nothing is sent on a line any more',
        ),
      deadlineChanged: options.deadlineChanged,
    });
  }

  /** Where its RTP comes from and goes to; null while unknown. */
  get remoteSource(): SocketAddress | null {
    return this.#rtp.source;
  }

  get remoteDestination(): SocketAddress | null {
    return this.#rtpTo;
  }

  /** Begins what was agreed. */
  start(agreed: AgreedLine): void {
    this.#agreed = agreed;
    const { remote, keys, rtcpMux } = agreed;
    if (keys === null) this.#io.useUnprotected(this.transport);
    else this.#io.installKeys(this.transport, keys.suite, keys.inbound, keys.outbound);
    if (rtcpMux) this.sockets.joinRtcp();
    this.#startMedia();
    if (this.#receives) this.#rtp.open();
    // What the peer only receives, it receives where it sends its RTCP from.
    else if (rtcpMux && remote.rtp !== null) this.#io.acceptFrom(this.sockets.rtp.socket, remote.rtp);
    if (!rtcpMux) this.#rtcp.open();
    this.#direct();
  }

  /**
   * Inbox record `index` came to a socket that takes any source yet. Whether it is the peer's; if so, nobody else is
   * listened to any more.
   */
  considerSource(index: number, from: SocketAddress): boolean {
    if (this.#closed || this.#agreed === null) return false;
    const { inbox, arena } = this.#io;
    const at = index * inboxStride;
    const nowMs = this.#options.mediaContext.clock.nowMs;
    const isRtp = inbox[at + InboxField.Kind] === PacketKind.Rtp;
    if (inbox[at + InboxField.Socket] !== this.sockets.rtp.socket) {
      // Reports come from the peer's host; unprotected, nothing else tells that they are its.
      if (isRtp || !(this.#agreed.keys !== null || this.#isKnownHost(from.address))) return false;
      if (!this.#rtcp.consider(from, nowMs)) return false;
      this.#direct();
      return true;
    }
    if (!isRtp) return this.#rtp.source !== null && isSame(this.#rtp.source, from);
    const payloadType = arena[inbox[at + InboxField.Offset] + 1] & 0x7f;
    if (!this.#mayCome(payloadType, from.address) || !this.#rtp.consider(from, nowMs)) return false;
    this.#direct();
    return true;
  }

  /** Whether sources have fallen silent. */
  check(nowMs: number): void {
    if (this.#agreed === null || this.#closed) return;
    const { rtpReceived, rtcpReceived } = this.media;
    if (this.#receives) this.#rtp.check(rtpReceived, nowMs);
    if (!this.#agreed.rtcpMux) this.#rtcp.check(rtcpReceived, nowMs);
  }

  /** Says goodbye and frees everything but the sockets, which are free after it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.media.close();
      this.#options.mediaContext.sendQueue.flush();
    } finally {
      this.#io.closeTransport(this.transport);
      this.sockets.close();
    }
  }

  get #receives(): boolean {
    const { currentDirection } = this.line.transceiver;
    return currentDirection !== null && receives(currentDirection);
  }

  #startMedia(): void {
    const { line, media } = this;
    const { receive, send } = line.transceiver;
    if (receive !== null) line.inbound = media.addReceiver(receive);
    if (send === null) return;
    const forwarder = media.addSender(send);
    line.forwarder = forwarder;
    forwarder.onStateChange = () => line.onForwarderChange?.();
    forwarder.setSource(line.source);
    line.onForwarderChange?.();
  }

  #mayCome(payloadType: number, address: string): boolean {
    const codecs = this.line.transceiver.receive?.codecs ?? [];
    const isAgreed = codecs.some(
      (codec) => codec.payloadType === payloadType || codec.rtxPayloadType === payloadType,
    );
    return isAgreed && this.#mayComeFrom(address);
  }

  #mayComeFrom(address: string): boolean {
    const { remote, keys } = this.#agreed!;
    const anyHost = keys !== null || !this.#options.describedSourcesOnly || remote.rtp === null;
    return anyHost || remote.rtp.address === address;
  }

  #isKnownHost(address: string): boolean {
    const { rtp, rtcp } = this.#agreed!.remote;
    return [rtp, rtcp, this.#rtp.source].some((known) => known?.address === address);
  }

  /** Sends to where the peer wants it, as far as that is known by now. */
  #direct(): void {
    const { remote, keys, rtcpMux } = this.#agreed!;
    const { rtp, rtcp } = this.sockets;
    const to = chooseDestination(remote, this.#rtp.source, keys !== null);
    if (to === null) return;
    if (this.#rtpTo === null || !isSame(this.#rtpTo, to))
      this.#io.setRemoteAddress(this.transport, rtp.socket, to);
    this.#rtpTo = to;
    if (!rtcpMux) {
      const reports = this.#rtcp.source ?? remote.rtcp ?? { ...to, port: Math.min(65_535, to.port + 1) };
      this.#io.setRtcpAddress(this.transport, rtcp.socket, reports);
    }
    this.media.setSendEnabled(true);
  }
}

function chooseDestination(
  { rtp, symmetric }: PlainRemoteLine,
  source: SocketAddress | null,
  authentic: boolean,
): SocketAddress | null {
  if (rtp === null || source === null) return source ?? rtp;
  return symmetric || (authentic && source.address !== rtp.address) ? source : rtp;
}
