/**
 * One connection to a room: one WebSocket and one RTCPeerConnection that live and die together. The session makes a
 * new one after a failure.
 */
import type { Directory, MediaKind } from './directory.ts';
import type { LinkReason } from './link.ts';
import { finalCloseReason } from './link.ts';
import { LocalLines, type LocalTracks } from './local-lines.ts';
import * as messages from './messages.ts';
import { Negotiation } from './negotiation.ts';
import { streamIdsByMid } from './sdp-streams.ts';
import { SignalingClient } from './signaling-client.ts';
import type { ReceivingLine } from './tiles.ts';

export interface RoomConnectionOptions {
  readonly url: string;
  readonly identity: messages.Identity;
  readonly name: string;
  readonly tracks: LocalTracks;
  readonly iceServers: RTCIceServer[];
}

export interface RoomConnectionEvents {
  connected(): void;
  /** Media stopped flowing; it may come back by itself. */
  interrupted(): void;
  /** Once, and nothing after it: the connection is closed. */
  failed(reason: LinkReason, detail?: string): void;
  directory(directory: Directory | null): void;
  /** Lines began or ceased to receive. */
  linesChanged(): void;
  /** The server reports something that does not end the connection. */
  serverError(message: string): void;
}

/** The server answers within milliseconds; this long means that it never will. */
const answerTimeoutMs = 10_000;
/** ICE and DTLS together, with retransmissions on a bad network. */
const mediaTimeoutMs = 20_000;
/** For the leaving message to overtake the end of the media. */
const goodbyeMs = 150;
/** Interruptions shorter than this heal by themselves; after it new ICE credentials are tried. */
const iceRestartAfterMs = 4000;

export class RoomConnection {
  readonly peerConnection: RTCPeerConnection;
  readonly #options: RoomConnectionOptions;
  readonly #events: RoomConnectionEvents;
  readonly #signaling: SignalingClient;
  readonly #negotiation: Negotiation;
  #lines: LocalLines | null = null;
  #tracks: LocalTracks;
  #timer = 0;
  #restartTimer = 0;
  #offerSent = false;
  readonly #earlyCandidates: RTCIceCandidate[] = [];
  #everConnected = false;
  #closed = false;

  constructor(options: RoomConnectionOptions, events: RoomConnectionEvents) {
    this.#options = options;
    this.#events = events;
    this.#tracks = options.tracks;
    this.peerConnection = new RTCPeerConnection({
      bundlePolicy: 'max-bundle',
      iceServers: options.iceServers,
    });
    this.#negotiation = new Negotiation(
      {
        createOffer: () => this.#describe(),
        answerOffer: async (sdp) => {
          await this.peerConnection.setRemoteDescription({ type: 'offer', sdp });
          return this.#describe();
        },
        acceptAnswer: (sdp) => this.peerConnection.setRemoteDescription({ type: 'answer', sdp }),
        addCandidate: (candidate) => this.peerConnection.addIceCandidate(candidate),
      },
      {
        sendOffer: (sdp) => this.#sendOffer(sdp),
        sendAnswer: (sdp) => this.#send(messages.answer(options.identity, sdp)),
        settled: () => this.#settled(),
        failed: (error) =>
          this.#fail('negotiation-failed', error instanceof Error ? error.message : undefined),
      },
    );
    this.#listen();
    this.#signaling = new SignalingClient(options.url, {
      opened: () => this.#join(),
      message: (message) => this.#receive(message),
      closed: (wasOpen, reason) =>
        this.#fail(finalCloseReason(reason) ?? (wasOpen ? 'server-closed' : 'server-unreachable')),
    });
  }

  setTracks(tracks: LocalTracks): void {
    this.#tracks = tracks;
    if (!this.#closed) this.#lines?.update(tracks);
  }

  /** How large the pictures that arrive are shown, all of them. */
  tellShown(sizes: readonly messages.ShownSize[]): void {
    if (!this.#closed && this.#everConnected) this.#send(messages.shown(this.#options.identity, sizes));
  }

  midOf(source: 'microphone' | 'camera' | 'screen'): string | null {
    return this.#lines?.midOf(source) ?? null;
  }

  /** The lines that receive now. */
  receivingLines(): ReceivingLine[] {
    const streams = streamIdsByMid(this.peerConnection.remoteDescription?.sdp ?? '');
    return this.#receivers().map(({ mid, receiver }) => ({
      mid,
      kind: receiver.track.kind as MediaKind,
      streamId: streams.get(mid) ?? null,
    }));
  }

  receiverOf(mid: string): RTCRtpReceiver | null {
    return this.#receivers().find((entry) => entry.mid === mid)?.receiver ?? null;
  }

  /** Leaves without a further event. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    window.clearTimeout(this.#timer);
    window.clearTimeout(this.#restartTimer);
    this.#negotiation.close();
    this.#send(messages.leaveRoom(this.#options.identity));
    this.#signaling.close();
    // A moment later, or the server sees the media end before it reads that we are leaving.
    window.setTimeout(() => this.peerConnection.close(), goodbyeMs);
  }

  #listen(): void {
    const connection = this.peerConnection;
    connection.addEventListener('negotiationneeded', () => this.#negotiation.request());
    connection.addEventListener('connectionstatechange', () => this.#mediaStateChanged());
    connection.addEventListener('icecandidate', ({ candidate }) => {
      // End-of-candidates is not signalled in this dialect.
      if (candidate === null || candidate.candidate === '') return;
      if (this.#offerSent) this.#sendCandidate(candidate);
      else this.#earlyCandidates.push(candidate);
    });
  }

  #join(): void {
    this.#send(messages.joinRoom(this.#options.identity, this.#options.name));
    this.#setTimer(answerTimeoutMs, 'no-answer');
    this.#lines = new LocalLines(this.peerConnection, this.#tracks, (mid, muted) =>
      this.#send(messages.mute(this.#options.identity, mid, muted)),
    );
  }

  #receive(message: messages.ServerMessage): void {
    switch (message.type) {
      case 'offer':
        this.#negotiation.receiveOffer(message.sdp, () => this.#events.directory(message.directory));
        break;
      case 'answer':
        this.#negotiation.receiveAnswer(message.sdp, () => this.#events.directory(message.directory));
        break;
      case 'candidate':
        this.#negotiation.receiveCandidate(message.candidate);
        break;
      case 'media':
        this.#events.directory(message.directory);
        break;
      case 'encodings':
        this.#lines?.setUnusedEncodings(message.mid, message.unused);
        break;
      case 'error':
        if (this.#everConnected) this.#events.serverError(message.message);
        else if (message.code === 'shutting-down') this.#fail('server-closed');
        else this.#fail('refused', message.message);
        break;
    }
  }

  /** Lets the browser make what is due, offer or answer, and returns it. */
  async #describe(): Promise<string> {
    await this.peerConnection.setLocalDescription();
    return this.peerConnection.localDescription?.sdp ?? '';
  }

  #sendOffer(sdp: string): void {
    this.#send(messages.offer(this.#options.identity, sdp));
    this.#setTimer(answerTimeoutMs, 'no-answer');
    this.#offerSent = true;
    for (const candidate of this.#earlyCandidates.splice(0)) this.#sendCandidate(candidate);
  }

  #settled(): void {
    window.clearTimeout(this.#timer);
    if (!this.#everConnected) this.#setTimer(mediaTimeoutMs, 'media-timeout');
    this.#lines?.settled();
    this.#events.linesChanged();
  }

  #mediaStateChanged(): void {
    if (this.#closed) return;
    window.clearTimeout(this.#restartTimer);
    switch (this.peerConnection.connectionState) {
      case 'connected':
        this.#everConnected = true;
        if (!this.#negotiation.awaitingAnswer) window.clearTimeout(this.#timer);
        this.#events.connected();
        break;
      case 'disconnected':
        this.#events.interrupted();
        this.#restartTimer = window.setTimeout(() => this.peerConnection.restartIce(), iceRestartAfterMs);
        break;
      case 'failed':
        this.#fail('media-failed');
        break;
    }
  }

  #receivers(): { mid: string; receiver: RTCRtpReceiver }[] {
    return this.peerConnection.getTransceivers().flatMap(({ mid, currentDirection, receiver }) => {
      const receiving = currentDirection === 'sendrecv' || currentDirection === 'recvonly';
      return mid !== null && receiving ? [{ mid, receiver }] : [];
    });
  }

  #sendCandidate(candidate: RTCIceCandidate): void {
    this.#send(messages.iceCandidate(this.#options.identity, candidate));
  }

  #send(text: string): void {
    this.#signaling.send(text);
  }

  #setTimer(ms: number, reason: LinkReason): void {
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#fail(reason), ms);
  }

  #fail(reason: LinkReason, detail?: string): void {
    if (this.#closed) return;
    this.close();
    this.#events.failed(reason, detail);
  }
}
