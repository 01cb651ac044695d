/**
 * The client of the dialect as the original's page has it: it says `media` of all its tracks, subscribes to all it hears
 * of, and asks for permission only to share a screen. Socket messages are handled as they come, not one after another.
 */
import { signal } from '@preact/signals';
import { type PageAddress, socketAddress } from './page-address.ts';
import { cameraConstraints, encodingsOf, ordered, type SendingChoices } from './sending-choices.ts';
import {
  type CallFigures,
  readCallFigures,
  readDescription,
  readServerMessage,
  type ServerMessage,
  subscriptionsTo,
} from './server-messages.ts';
import { SizeReports } from './size-reports.ts';
import { VideoTiles } from './video-tiles.ts';

export type CallState = 'idle' | 'starting' | 'connected' | 'ended' | 'failed';

/** A wish to negotiate that came to nothing is repeated after this. */
const repeatWishMs = 2000;
const statisticsMs = 1000;

export class Call {
  readonly state = signal<CallState>('idle');
  readonly problem = signal<string | null>(null);
  readonly clientId = signal<string | null>(null);
  readonly stable = signal(true);
  readonly figures = signal<CallFigures | null>(null);
  readonly localStream = signal<MediaStream | null>(null);
  readonly screen = signal<MediaStream | null>(null);
  readonly tiles: VideoTiles;

  readonly #address: PageAddress;
  #socket: WebSocket | null = null;
  #connection: RTCPeerConnection | null = null;
  #channel: RTCDataChannel | null = null;
  #sizes: SizeReports | null = null;
  /** The page wants to offer. Any offer it answers and any answer it gets takes the wish away. */
  #needsNegotiation = false;
  #wishTimer: ReturnType<typeof setTimeout> | undefined;
  #statisticsTimer: ReturnType<typeof setInterval> | undefined;
  #screenSenders: RTCRtpSender[] = [];

  constructor(address: PageAddress) {
    this.#address = address;
    this.tiles = new VideoTiles({
      shown: (video, trackId) => this.#sizes?.watch(video, trackId),
      hidden: (video) => this.#sizes?.forget(video),
    });
  }

  get connection(): RTCPeerConnection | null {
    return this.#connection;
  }

  async start(choices: SendingChoices, iceServers: RTCIceServer[]): Promise<void> {
    this.state.value = 'starting';
    this.problem.value = null;
    try {
      await this.#openSocket();
      const stream = await openCamera(choices.codec);
      this.localStream.value = stream;
      const connection = this.#openConnection(iceServers);
      for (const track of [...stream.getAudioTracks(), ...stream.getVideoTracks()]) {
        this.#sendTrack(connection, track, stream, choices);
      }
      await this.#offer();
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    }
  }

  /** The original closes its socket only: the server has to notice. */
  disconnect(): void {
    this.state.value = 'ended';
    this.#socket?.close();
    clearInterval(this.#statisticsTimer);
    clearTimeout(this.#wishTimer);
    this.#sizes?.end();
    if (this.#address.quirks) return;
    this.#connection?.close();
    for (const stream of [this.localStream.value, this.screen.value]) {
      for (const track of stream?.getTracks() ?? []) track.stop();
    }
    this.localStream.value = null;
    this.screen.value = null;
    this.tiles.clear();
  }

  switchQuality(level: string): void {
    this.#send('switch_quality', level);
  }

  async shareScreen(): Promise<void> {
    const connection = this.#connection;
    if (connection === null) return;
    const screen = await navigator.mediaDevices.getDisplayMedia({ video: true, audio: true });
    this.screen.value = screen;
    this.#screenSenders = screen
      .getTracks()
      .map((track) => connection.addTransceiver(track, { direction: 'sendonly', streams: [screen] }).sender);
    screen.getVideoTracks()[0]?.addEventListener('ended', () => this.stopScreen());
    this.#wish();
  }

  stopScreen(): void {
    const screen = this.screen.value;
    if (screen === null) return;
    const silent = screen.getAudioTracks().length === 0;
    for (const track of screen.getTracks()) track.stop();
    this.screen.value = null;
    // Without audio, the original fails here, and never says that the screen has gone.
    if (silent && this.#address.quirks) return;
    for (const sender of this.#screenSenders.splice(0)) this.#connection?.removeTrack(sender);
    this.#wish();
  }

  async #openSocket(): Promise<void> {
    const socket = new WebSocket(socketAddress(location, this.#address));
    this.#socket = socket;
    socket.onmessage = (event) => {
      const message = readServerMessage(String(event.data));
      if (message !== null) void this.#receive(message).catch((error: unknown) => console.error(error));
    };
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = () => reject(new Error('The server cannot be reached.'));
    });
    socket.onclose = (event) => {
      if (this.state.value === 'starting' || this.state.value === 'connected') {
        this.#fail(`The server ended the call${event.reason === '' ? '' : `: ${event.reason}`}.`);
      }
    };
  }

  #openConnection(iceServers: RTCIceServer[]): RTCPeerConnection {
    const connection = new RTCPeerConnection({ iceServers });
    this.#connection = connection;
    connection.onicecandidate = ({ candidate }) => {
      if (candidate !== null) this.#send('candidate', candidate.candidate);
    };
    connection.onconnectionstatechange = () => {
      if (connection.connectionState === 'connected') this.state.value = 'connected';
      if (connection.connectionState === 'failed') this.#fail('The connection to the server has failed.');
    };
    connection.ontrack = ({ track, streams: [stream] }) => {
      if (stream !== undefined) this.tiles.add(track, stream);
    };
    connection.ondatachannel = ({ channel }) => this.#openChannel(channel);
    return connection;
  }

  #sendTrack(
    connection: RTCPeerConnection,
    track: MediaStreamTrack,
    stream: MediaStream,
    choices: SendingChoices,
  ): void {
    const video = track.kind === 'video';
    const transceiver = connection.addTransceiver(track, {
      direction: 'sendrecv',
      streams: [stream],
      ...(video ? { sendEncodings: encodingsOf(choices) } : {}),
    });
    const codecs = RTCRtpReceiver.getCapabilities(track.kind)?.codecs ?? [];
    const preferred = video
      ? `video/${choices.codec}`
      : this.#address.disableRed
        ? 'audio/opus'
        : 'audio/red';
    transceiver.setCodecPreferences?.(ordered(codecs, preferred));
  }

  /** Only what tiles are made after this is measured, as in the original. */
  #openChannel(channel: RTCDataChannel): void {
    if (channel.label !== 'internal') return;
    this.#channel = channel;
    this.#sizes = new SizeReports((text) => this.#tell(text), this.#address.quirks);
    channel.onmessage = ({ data }) => this.tiles.noteVoice(String(data));
    this.#statisticsTimer = setInterval(() => void this.#reportStatistics(), statisticsMs);
  }

  async #receive({ type, data }: ServerMessage): Promise<void> {
    const connection = this.#connection;
    switch (type) {
      case 'clientid':
        this.clientId.value = String(data);
        break;
      case 'answer':
      case 'offer': {
        const description = readDescription(data);
        if (connection === null || description === null) break;
        this.#takeWishAway();
        await connection.setRemoteDescription(description);
        if (type === 'answer') break;
        await connection.setLocalDescription(await connection.createAnswer());
        this.#send('answer', connection.localDescription?.sdp);
        break;
      }
      case 'candidate':
        await connection?.addIceCandidate(data as RTCIceCandidateInit);
        break;
      case 'tracks_added':
        this.#send(
          'tracks_added',
          Object.fromEntries(Object.keys(data as object).map((id) => [id, 'media'])),
        );
        break;
      case 'tracks_available':
        this.#send('subscribe_tracks', subscriptionsTo(data));
        break;
      case 'allow_renegotiation':
        if (data && this.#needsNegotiation) await this.#offer();
        break;
      case 'network_condition':
        this.stable.value = data !== 0;
        break;
      case 'track_stats':
        this.figures.value = readCallFigures(data);
        break;
    }
  }

  async #offer(): Promise<void> {
    const connection = this.#connection;
    if (connection === null) return;
    await connection.setLocalDescription(await connection.createOffer());
    this.#send('offer', connection.localDescription?.sdp);
  }

  #wish(): void {
    this.#needsNegotiation = true;
    this.#send('is_allow_renegotiation');
  }

  /** An offer of the server in between takes the wish away with nothing done; the original waits for another click. */
  #takeWishAway(): void {
    const wished = this.#needsNegotiation;
    this.#needsNegotiation = false;
    clearTimeout(this.#wishTimer);
    if (!wished || this.#address.quirks) return;
    this.#wishTimer = setTimeout(() => {
      const undone = this.#connection?.getTransceivers().some(({ sender, currentDirection }) => {
        const sends = currentDirection === 'sendrecv' || currentDirection === 'sendonly';
        return sends !== (sender.track !== null);
      });
      if (undone === true) this.#wish();
    }, repeatWishMs);
  }

  async #reportStatistics(): Promise<void> {
    const report = await this.#connection?.getStats();
    let bitrate = 0;
    let reason = 'none';
    report?.forEach((entry: Record<string, unknown>) => {
      if (entry.type === 'candidate-pair' && typeof entry.availableOutgoingBitrate === 'number') {
        bitrate = entry.availableOutgoingBitrate;
      }
      const limited = entry.type === 'outbound-rtp' ? entry.qualityLimitationReason : undefined;
      if (limited !== 'cpu' && limited !== 'bandwidth') return;
      reason = reason === 'none' || reason === limited ? limited : 'both';
    });
    this.#tell(
      JSON.stringify({
        type: 'stats',
        data: { available_outgoing_bitrate: bitrate, quality_limitation_reason: reason },
      }),
    );
  }

  #tell(text: string): void {
    if (this.#channel?.readyState === 'open') this.#channel.send(text);
  }

  #send(type: string, data?: unknown): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ type, data }));
  }

  #fail(problem: string): void {
    this.disconnect();
    this.problem.value = problem;
    this.state.value = 'failed';
  }
}

/** Not every camera can do what the original insists on. */
async function openCamera(codec: SendingChoices['codec']): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: true, video: cameraConstraints[codec] });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'OverconstrainedError') throw error;
    return await navigator.mediaDevices.getUserMedia({ audio: true, video: cameraConstraints.VP9 });
  }
}
