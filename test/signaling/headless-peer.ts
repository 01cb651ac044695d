/**
 * Peers without a browser: real ICE, DTLS and SRTP over the addon, offer and answer by the project's own negotiator in
 * the client's role, and a trickle of RTP on every sending line. Enough to bring a connection up and to see
 * whose media arrives; pictures are the browser tests' matter.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { IceClient } from '../../src/load/ice-client.ts';
import { headerExtensionUri, type MediaKind } from '../../src/media/rtp-parameters.ts';
import { openPacketIo } from '../../src/packet-io/addon.ts';
import { InboxField, inboxStride, PacketKind } from '../../src/packet-io/layout.ts';
import type { DtlsSession, PacketIo } from '../../src/packet-io/packet-io.ts';
import { SendQueue } from '../../src/packet-io/send-queue.ts';
import type { DataChannelInit } from '../../src/webrtc/data-channels/channel-init.ts';
import type { DataChannel } from '../../src/webrtc/data-channels/data-channel.ts';
import { createDataCounters } from '../../src/webrtc/data-channels/data-counters.ts';
import { DataTransport } from '../../src/webrtc/data-channels/data-transport.ts';
import { parseCandidate } from '../../src/webrtc/ice/candidate.ts';
import type { IceCredentials } from '../../src/webrtc/ice/ice-lite-agent.ts';
import { defaultCodecs } from '../../src/webrtc/sdp/codec-capabilities.ts';
import { defaultHeaderExtensions } from '../../src/webrtc/sdp/header-extensions.ts';
import { Negotiator, type RemoteTransportDescription } from '../../src/webrtc/sdp/negotiator.ts';
import type { SdpSemantics } from '../../src/webrtc/sdp/sdp-semantics.ts';
import type { Transceiver } from '../../src/webrtc/sdp/transceiver.ts';

const tickMs = 20;
const waitMs = 15_000;

/** VP8: payload descriptor with the start bit, then the frame header of a key frame (RFC 7741, RFC 6386 §9.1). */
const vp8KeyFrame = (side: number) => [0x10, 0x10, 0x00, 0x00, 0x9d, 0x01, 0x2a, side, 0, side, 0];
/** The same with temporal layers, of which every other picture is of the upper one: its frame is no key frame. */
const vp8OfLayers = (side: number, upper: boolean) =>
  upper
    ? [0x90, 0x20, 0x60, 0x11, 0x00, 0x00, 0, 0, 0, 0, 0, 0, 0]
    : [0x90, 0x20, 0x00, ...vp8KeyFrame(side).slice(1)];
/** The side of the smallest encoding; each next one has twice that. */
const smallestSide = 16;
/** Between the SSRCs of a track's encodings; that of its RTX is next to the first. */
const ssrcStep = 16;

/** The sockets, the clock and the packet dispatch of all headless peers of a test file. */
export class HeadlessNetwork {
  readonly io: PacketIo;
  readonly sendQueue: SendQueue;
  readonly #peers = new Map<number, HeadlessPeer>();
  readonly #timer: NodeJS.Timeout;

  constructor({ maxPeers = 64 } = {}) {
    this.io = openPacketIo({ slotCount: 1024, maxTransports: maxPeers, gso: false });
    this.sendQueue = new SendQueue(this.io);
    this.io.start((count) => {
      const { inbox, arena } = this.io;
      for (let index = 0; index < count; index++) {
        const at = index * inboxStride;
        const offset = inbox[at + InboxField.Offset];
        const datagram = arena.subarray(offset, offset + inbox[at + InboxField.Length]);
        this.#peers
          .get(inbox[at + InboxField.Transport])
          ?.receive(inbox[at + InboxField.Kind], datagram, this.io.arrivals[index]);
      }
    });
    this.#timer = setInterval(() => {
      for (const peer of this.#peers.values()) peer.tick();
      this.sendQueue.flush();
    }, tickMs);
  }

  createPeer(options: HeadlessPeerOptions = {}): HeadlessPeer {
    const peer = new HeadlessPeer(this, (transport) => this.#peers.delete(transport), options);
    this.#peers.set(peer.transport, peer);
    return peer;
  }

  close(): void {
    clearInterval(this.#timer);
    for (const peer of [...this.#peers.values()]) peer.close();
    this.io.close();
  }
}

export interface HeadlessPeerOptions {
  /** Under which payload type its offers have Opus. Default: as Chromium, 111. */
  readonly opusPayloadType?: number;
  /** Does DTLS on a pair it has not nominated yet, and nominates when that is done, as Chromium may. Default: false. */
  readonly nominatesLate?: boolean;
  /** How its descriptions put tracks into m-lines. Default: as browsers do, unified-plan. */
  readonly semantics?: SdpSemantics;
}

interface LocalTrack {
  readonly kind: MediaKind;
  readonly streamId: string;
  readonly trackId: string;
  transceiver: Transceiver | null;
}

export class HeadlessPeer {
  readonly transport: number;
  readonly credentials = {
    usernameFragment: randomBytes(6).toString('base64'),
    password: randomBytes(18).toString('base64'),
  };
  readonly negotiator: Negotiator;
  /** The level its audio says it has, in dBov (RFC 6464); null for saying none. */
  audioLevel: number | null = null;
  /** Encodings of its video, smallest first: simulcast by SSRC group where there are several. */
  encodings = 1;
  /** Encodings it does not send at the moment. */
  readonly stoppedEncodings = new Set<number>();
  /** Ids of tracks that it does not send at the moment. */
  readonly stoppedTracks = new Set<string>();
  /** By track id, where the pictures of a track have another size than the rest: their width and height. */
  readonly sides = new Map<string, number>();
  /** Temporal layers of its video: 1 or 2. */
  temporalLayers = 1;
  /** Whether it sends media. */
  transmits = true;
  /** A packet on every line at each so many ticks of the network, which are 20 ms. */
  ticksPerPacket = 1;
  /** Whether its audio ends with the time it was sent at, in µs as the packet I/O counts them. */
  stamps = false;
  /** Told of every packet of audio or video, and when it arrived, in µs. */
  onPacket: ((packet: Uint8Array, arrivedUs: number) => void) | null = null;
  /** Told of every compound of RTCP. */
  onRtcp: ((packet: Uint8Array) => void) | null = null;
  /** Whether it begins a DTLS handshake once ICE is connected. */
  handshakes = true;
  /** Whether what comes over DTLS is lost. */
  deaf = false;
  readonly data: DataTransport;
  /** Data channels that the server opened. */
  readonly openedChannels: DataChannel[] = [];
  /** RTP packets received, by SSRC. */
  readonly received = new Map<number, number>();
  /** The payload type of the last of these. */
  readonly receivedPayloadTypes = new Map<number, number>();

  readonly #network: HeadlessNetwork;
  readonly #forget: (transport: number) => void;
  readonly #socket: number;
  readonly #nominatesLate: boolean;
  readonly #tracks: LocalTrack[] = [];
  readonly #sequenceNumbers = new Map<number, number>();
  #ice: IceClient | null = null;
  #dtls: DtlsSession | null = null;
  #dtlsDeadline = Number.POSITIVE_INFINITY;
  #closed = false;
  #ticks = 0;

  constructor(
    network: HeadlessNetwork,
    forget: (transport: number) => void,
    { opusPayloadType = 111, nominatesLate = false, semantics }: HeadlessPeerOptions = {},
  ) {
    this.#nominatesLate = nominatesLate;
    this.#network = network;
    this.#forget = forget;
    const { io } = network;
    this.#socket = io.openSocket('127.0.0.1', 0).socket;
    this.transport = io.createTransport();
    this.negotiator = new Negotiator({
      codecs: defaultCodecs
        .filter(({ name }) => name === 'opus' || name === 'VP8')
        .map((codec) =>
          codec.name === 'opus' ? { ...codec, preferredPayloadType: opusPayloadType } : codec,
        ),
      headerExtensions: defaultHeaderExtensions,
      localTransport: () => ({
        ...this.credentials,
        fingerprints: [{ algorithm: 'sha-256', value: io.localFingerprint('sha-256') }],
        candidates: [],
        iceLite: false,
      }),
      randomUint32: () => randomBytes(4).readUInt32BE(),
      sessionId: '1',
      cname: 'headless',
      maxMediaLines: 64,
      dataChannels: { port: 5000, maxMessageSize: 262_144 },
      ...(semantics === undefined ? {} : { semantics }),
    });
    this.data = new DataTransport({
      limits: { maxChannels: 64, maxMessageBytes: 262_144, maxBufferedBytes: 8 << 20 },
      counters: createDataCounters(),
      now: () => performance.now(),
      randomUint32: () => randomBytes(4).readUInt32BE(),
      sendPacket: (packet) => {
        this.#dtls?.sendApplicationData(packet);
        this.#sendDtls();
      },
      deadlineChanged: () => {},
      onChannel: (channel) => this.openedChannels.push(channel),
      reportBug: (_where, error) => {
        throw error;
      },
      onEnd: () => {},
    });
  }

  /** A data channel of its own; the next offer asks for it. */
  openDataChannel(label: string, init?: DataChannelInit): DataChannel {
    this.negotiator.addDataLine();
    return this.data.open(label, init);
  }

  get connected(): boolean {
    return this.#dtls?.state === 'connected';
  }

  /** A track as addTrack() takes it: on a line of its own, or on one the server offers to receive on. */
  addTrack(
    kind: MediaKind,
    streamId: string,
    trackId: string,
    direction: 'sendrecv' | 'sendonly' = 'sendrecv',
  ): void {
    const transceiver = this.negotiator.addTransceiver(kind, direction);
    transceiver.msid = { streamId, trackId };
    this.#tracks.push({ kind, streamId, trackId, transceiver });
  }

  addReceiver(kind: MediaKind): void {
    this.negotiator.addTransceiver(kind, 'recvonly');
  }

  createOffer(): string {
    const offer = this.negotiator.createOffer();
    if (this.encodings === 1) return offer;
    // As pages do that make simulcast out of one stream.
    return offer.replace(/(?=a=ssrc-group:FID (\d+))/, (_, ssrc) => {
      const ssrcs = this.#encodingSsrcs(Number(ssrc));
      const lines = [
        `ssrc-group:SIM ${ssrcs.join(' ')}`,
        ...ssrcs.slice(1).map((own) => `ssrc:${own} cname:headless`),
      ];
      return lines.map((line) => `a=${line}\r\n`).join('');
    });
  }

  #encodingSsrcs(first: number): number[] {
    return Array.from({ length: this.encodings }, (_, index) => (first + index * ssrcStep) >>> 0);
  }

  acceptAnswer(sdp: string): void {
    this.#useTransport(this.negotiator.setRemoteAnswer(sdp));
  }

  /** As browsers do, an offer of its own that is out is taken back, and its tracks wait for a line. */
  answerOffer(sdp: string): string {
    if (this.negotiator.signalingState === 'have-local-offer') {
      const before = new Set(this.negotiator.transceivers);
      this.negotiator.rollback();
      for (const track of this.#tracks) {
        if (track.transceiver === null || track.transceiver.mid !== null || !before.has(track.transceiver))
          continue;
        track.transceiver.stop();
        track.transceiver = null;
      }
    }
    this.#useTransport(this.negotiator.setRemoteOffer(sdp));
    for (const transceiver of this.negotiator.transceivers) {
      if (transceiver.stopped || !transceiver.remoteReceives) continue;
      if (this.#tracks.some((track) => track.transceiver === transceiver)) continue;
      const waiting = this.#tracks.find(
        (track) => track.transceiver === null && track.kind === transceiver.kind,
      );
      if (waiting === undefined) continue;
      waiting.transceiver = transceiver;
      transceiver.direction = transceiver.remoteDirection === 'sendrecv' ? 'sendrecv' : 'sendonly';
      transceiver.msid = { streamId: waiting.streamId, trackId: waiting.trackId };
    }
    return this.negotiator.createAnswer();
  }

  /** What is announced on the lines that receive now. */
  get remoteTracks(): {
    mid: string;
    kind: MediaKind;
    streamId: string | null;
    trackId: string | null;
    packets: number;
  }[] {
    return this.negotiator.transceivers.flatMap(({ mid, kind, receive, remoteMsid, stopped }) => {
      if (stopped || receive === null || mid === null) return [];
      const packets = receive.encodings.reduce((sum, { ssrc }) => sum + (this.received.get(ssrc) ?? 0), 0);
      return [
        { mid, kind, streamId: remoteMsid?.streamId ?? null, trackId: remoteMsid?.trackId ?? null, packets },
      ];
    });
  }

  receive(kind: number, datagram: Uint8Array, arrivedUs: number): void {
    const now = performance.now();
    if (kind === PacketKind.Rtp) {
      const ssrc = new DataView(datagram.buffer, datagram.byteOffset).getUint32(8);
      this.received.set(ssrc, (this.received.get(ssrc) ?? 0) + 1);
      this.receivedPayloadTypes.set(ssrc, datagram[1] & 0x7f);
      this.onPacket?.(datagram, arrivedUs);
    } else if (kind === PacketKind.Rtcp) this.onRtcp?.(datagram);
    else if (kind === PacketKind.Dtls && !this.deaf) {
      this.#dtls?.receive(datagram);
      this.#afterDtls(now);
    } else if (kind === PacketKind.Stun && this.#ice !== null) {
      const response = this.#ice.handleStun(now, datagram);
      this.#sendCheck(response);
      if (this.#ice.connected && this.#dtls === null && this.handshakes) {
        this.#dtls = this.#network.io.createDtls(this.#dtlsRole);
        if (this.#dtlsRole === 'client') this.#dtls.start();
        this.#afterDtls(now);
      }
    }
  }

  /** Sends a compound of RTCP at the next tick. */
  sendRtcp(packet: Uint8Array): void {
    const { sendQueue } = this.#network;
    const at = sendQueue.begin();
    sendQueue.prefixes.set(packet, at);
    sendQueue.commit(PacketKind.Rtcp, this.transport, packet.length, 0, 0);
  }

  /** Who answers an offer of the server is the one that waits (see Negotiator). */
  get #dtlsRole(): 'client' | 'server' {
    return this.negotiator.dtlsRole === 'passive' ? 'server' : 'client';
  }

  /** Uses new credentials of both ends; the result says whether the server has answered a check with them. */
  restartIce(local: IceCredentials, remote: IceCredentials): () => boolean {
    const ice = this.#ice;
    const answered = ice?.counters.answered ?? 0;
    ice?.restart(local, remote);
    return () => (ice?.counters.answered ?? 0) > answered;
  }

  tick(): void {
    const now = performance.now();
    this.#sendCheck(this.#ice?.handleTimeout(now) ?? null);
    if (this.#dtlsDeadline <= now) {
      this.#dtls?.handleTimeout();
      this.#afterDtls(now);
    }
    if (!this.connected) return;
    const line = this.negotiator.dataLine;
    if (line !== null) this.data.start(this.#dtlsRole, line);
    if (this.data.nextDeadline() <= now) this.data.handleTimeout();
    this.#ticks++;
    if (!this.transmits || this.#ticks % this.ticksPerPacket !== 0) return;
    for (const { transceiver, trackId } of this.#tracks) {
      if (!transceiver?.send || this.stoppedTracks.has(trackId)) continue;
      const side = this.sides.get(trackId) ?? smallestSide;
      const ssrcs = transceiver.kind === 'video' ? this.#encodingSsrcs(transceiver.ssrc) : [transceiver.ssrc];
      ssrcs.forEach((ssrc, encoding) => {
        if (!this.stoppedEncodings.has(encoding)) this.#sendRtp(transceiver, ssrc, side << encoding);
      });
    }
  }

  /** Ends as a browser does, with a DTLS close_notify. */
  hangUp(): void {
    this.#dtls?.close();
    this.#afterDtls(performance.now());
    this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#forget(this.transport);
    this.#dtls?.free();
    this.#dtls = null;
    this.#ice = null;
    this.#network.io.closeTransport(this.transport);
    this.#network.io.closeSocket(this.#socket);
  }

  #useTransport(remote: RemoteTransportDescription): void {
    if (this.#ice !== null) return;
    const addresses = remote.candidates
      .map((text) => parseCandidate(text))
      .filter(({ address }) => !address.includes(':'));
    const { address, port } = addresses[0];
    const remoteAddress = { family: 4 as const, address, port };
    this.#network.io.setRemoteAddress(this.transport, this.#socket, remoteAddress);
    this.#ice = new IceClient({
      local: this.credentials,
      remote,
      remoteAddress,
      randomBytes: (length) => randomBytes(length),
      ...(this.#nominatesLate ? { nominate: 'after-answer' as const } : {}),
    });
  }

  /** The first is answered; those after it nominate, where that is held back. */
  #sendCheck(check: Uint8Array | null): void {
    if (check === null || (this.#nominatesLate && this.#ice?.connected && !this.connected)) return;
    this.#network.io.sendRaw(this.transport, check);
  }

  #afterDtls(now: number): void {
    const dtls = this.#dtls;
    if (dtls === null) return;
    this.#sendDtls();
    for (let data = dtls.takeApplicationData(); data !== null; data = dtls.takeApplicationData()) {
      this.data.receive(data);
    }
    const timeout = dtls.nextTimeoutMs();
    const wasDue = this.#dtlsDeadline;
    this.#dtlsDeadline = timeout < 0 ? Number.POSITIVE_INFINITY : now + timeout;
    if (dtls.state === 'connected' && wasDue !== Number.POSITIVE_INFINITY) {
      this.#network.io.installSrtp(this.transport, dtls);
      this.#dtlsDeadline = Number.POSITIVE_INFINITY;
    }
  }

  #sendDtls(): void {
    const dtls = this.#dtls;
    for (let out = dtls?.takeDatagram() ?? null; out !== null; out = dtls?.takeDatagram() ?? null) {
      this.#network.io.sendRaw(this.transport, out);
    }
  }

  #sendRtp({ kind, send }: Transceiver, ssrc: number, side: number): void {
    const level = kind === 'audio' ? this.audioLevel : null;
    const levelId = send?.headerExtensions.find(({ uri }) => uri === headerExtensionUri.audioLevel)?.id;
    const extension =
      level === null || levelId === undefined ? [] : [0xbe, 0xde, 0, 1, levelId << 4, 0x80 | -level, 0, 0];
    const sequenceNumber = ((this.#sequenceNumbers.get(ssrc) ?? 0) + 1) & 0xffff;
    const picture =
      this.temporalLayers === 1
        ? vp8KeyFrame(side)
        : vp8OfLayers(side, sequenceNumber % this.temporalLayers === 1);
    const payload = [
      ...extension,
      ...(kind === 'video' ? picture : [0xf8, 0xff, 0xfe, ...(this.stamps ? timeStamp() : [])]),
    ];
    this.#sequenceNumbers.set(ssrc, sequenceNumber);
    const { sendQueue } = this.#network;
    const at = sendQueue.begin();
    const view = new DataView(sendQueue.prefixes.buffer, sendQueue.prefixes.byteOffset + at);
    view.setUint8(0, extension.length > 0 ? 0x90 : 0x80);
    view.setUint8(1, (send?.codecs[0].payloadType ?? 0) | 0x80);
    view.setUint16(2, sequenceNumber);
    view.setUint32(4, sequenceNumber * (kind === 'video' ? 90 : 48) * tickMs);
    view.setUint32(8, ssrc);
    payload.forEach((byte, index) => {
      view.setUint8(12 + index, byte);
    });
    sendQueue.commit(PacketKind.Rtp, this.transport, 12 + payload.length, 0, 0);
  }
}

/** The clock in µs by which packets are stamped on arrival. */
function timeStamp(): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(performance.now() * 1000);
  return bytes;
}

/** Waits until `condition` holds. @throws Error naming what was waited for */
export async function until(what: string, condition: () => boolean, ms = waitMs): Promise<void> {
  const end = performance.now() + ms;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Waited ${ms / 1000} s in vain for: ${what}`);
    await sleep(tickMs);
  }
}
