/**
 * A client written after the flow of the ksfu README, without any library: requests over a WebSocket of the page's own,
 * no session ids, bare endpoint ids, candidates as flat strings, no gatherCandidates.
 */
import { attachTrack } from '../../page/playback.ts';

interface Response {
  readonly id: number;
  readonly result?: { readonly value?: unknown };
  readonly error?: { readonly code: number; readonly message: string };
}

interface OnEvent {
  readonly method: 'onEvent';
  readonly params: {
    readonly type: string;
    readonly data: { readonly endpoint: string; readonly candidate: string };
    readonly value: { readonly object: string; readonly type: string };
  };
}

export class ReadmeClient {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (response: Response) => void>();
  readonly #connections = new Map<string, RTCPeerConnection>();
  /** As they came. */
  readonly events: OnEvent[] = [];
  #requests = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(data as string) as Response | OnEvent;
      if ('method' in message) this.#takeEvent(message);
      else this.#waiting.get(message.id)?.(message);
    });
  }

  static async open(url: string): Promise<ReadmeClient> {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', () => reject(new Error(`${url} cannot be reached`)));
    });
    return new ReadmeClient(socket);
  }

  async request(method: string, params?: object): Promise<unknown> {
    const id = ++this.#requests;
    const response = await new Promise<Response>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, ...(params ? { params } : {}) }));
    });
    if (response.error !== undefined) throw new Error(`${method}: ${response.error.message}`);
    return response.result?.value;
  }

  /** @returns the part of the new endpoint's id behind the pipeline's */
  async connect(pipeline: string, source: MediaStream | null): Promise<string> {
    const made = (await this.request('create', {
      type: 'WebRtcEndpoint',
      constructorParams: { mediaPipeline: pipeline },
    })) as string;
    const endpoint = made.slice(made.lastIndexOf('/') + 1);
    const connection = new RTCPeerConnection();
    this.#connections.set(endpoint, connection);
    connection.addEventListener('track', ({ track }) => attachTrack(track));
    connection.addEventListener('icecandidate', ({ candidate }) => {
      if (candidate === null) return;
      const { candidate: text, sdpMid, sdpMLineIndex } = candidate;
      void this.request('invoke', {
        object: endpoint,
        operation: 'addIceCandidate',
        operationParams: { candidate: text, sdpMid, sdpMLineIndex },
      });
    });
    if (source !== null) for (const track of source.getTracks()) connection.addTrack(track, source);
    else for (const kind of ['audio', 'video']) connection.addTransceiver(kind, { direction: 'recvonly' });
    await this.request('subscribe', { object: endpoint, type: 'OnIceCandidate' });
    await connection.setLocalDescription();
    const answer = await this.request('invoke', {
      object: endpoint,
      operation: 'processOffer',
      operationParams: { offer: connection.localDescription!.sdp },
    });
    await connection.setRemoteDescription({ type: 'answer', sdp: answer as string });
    return endpoint;
  }

  #takeEvent(event: OnEvent): void {
    this.events.push(event);
    const { endpoint, candidate } = event.params.data;
    void this.#connections.get(endpoint)?.addIceCandidate({ candidate, sdpMLineIndex: 0 });
  }
}
