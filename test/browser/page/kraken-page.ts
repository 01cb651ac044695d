/**
 * Pages that live as the two public web clients of Kraken do, quirks included: kraken.fm and mornin. Neither looks at
 * the state of its connection; the errors of a poll are their only way back.
 */
import {
  decodeName,
  encodeName,
  escapeLikeGo,
  KrakenRpc,
  type MadeCall,
  type RpcReply,
} from './kraken-rpc.ts';

export interface KrakenJoin {
  readonly client: 'kraken.fm' | 'mornin';
  readonly api: string;
  readonly room: string;
  readonly name: string;
  /** Default: a new one. Tabs of one browser share it. */
  readonly uuid?: string;
  /** Pause between polls in ms. Default: 3000, as the clients have it. */
  readonly pollMs?: number;
}

export interface KrakenView {
  /** Names on the tiles, the own one first. */
  readonly tiles: string[];
  /** Audio elements that play. */
  readonly playing: number;
  readonly cid: string;
  readonly joins: number;
  readonly mutes: number;
  readonly calls: MadeCall[];
  readonly retries: number;
  /** What ended the chain of polls, if something did: the client is dead then. */
  readonly failure: string | null;
  readonly connection: string;
  /** Of the local candidate in use. */
  readonly candidateType: string | null;
}

const defaultPollMs = 3000;
const morninPauseMs = 500;

class Client {
  readonly rpc: KrakenRpc;
  readonly #join: KrakenJoin;
  readonly #uuid: string;
  readonly #uid: string;
  readonly #rid: string;
  /** By the id of the track, as both clients find them. */
  readonly #tiles = new Map<string, string>();
  readonly #audios = new Map<string, HTMLAudioElement>();
  #cid = '';
  #joins = 0;
  #mutes = 0;
  #failure: string | null = null;
  #stream: MediaStream | null = null;
  #pc: RTCPeerConnection | null = null;

  constructor(join: KrakenJoin) {
    this.#join = join;
    this.rpc = new KrakenRpc(join.api);
    this.#uuid = join.uuid ?? crypto.randomUUID();
    const escapeText = join.client === 'mornin' ? encodeURIComponent : escapeLikeGo;
    this.#rid = escapeText(join.room);
    this.#uid = escapeText(`${this.#uuid}:${encodeName(join.name)}`);
  }

  get #mornin(): boolean {
    return this.#join.client === 'mornin';
  }

  start(): void {
    this.#joinRoom().catch((error: unknown) => {
      this.#failure = String(error);
    });
  }

  async #joinRoom(): Promise<void> {
    this.#joins++;
    const turn = await this.rpc.call('turn', [this.#mornin ? this.#uuid : this.#uid]);
    const pc = new RTCPeerConnection({
      bundlePolicy: 'max-bundle',
      rtcpMuxPolicy: 'require',
      ...(this.#mornin
        ? { iceServers: turn.data as RTCIceServer[], iceTransportPolicy: 'relay' as const }
        : {}),
    });
    this.#pc = pc;
    pc.addEventListener('track', (event) => this.#show(event));
    if (this.#mornin) pc.createDataChannel('chat');
    pc.addEventListener('icecandidate', ({ candidate }) => {
      void this.rpc.call('trickle', [this.#rid, this.#uid, this.#cid, JSON.stringify(candidate)]);
    });
    this.#stream ??= await navigator.mediaDevices.getUserMedia({ audio: true, video: false });
    for (const track of this.#stream.getTracks()) pc.addTrack(track, this.#stream);
    await pc.setLocalDescription(await pc.createOffer());
    const published = await this.rpc.call('publish', [
      this.#rid,
      this.#uid,
      JSON.stringify(pc.localDescription),
    ]);
    // An error leaves the page as it is, without a message.
    if (published.error !== undefined) return;
    const data = published.data as { track: string; sdp: RTCSessionDescriptionInit; jsep: string };
    const answer = this.#mornin ? data.sdp : (JSON.parse(data.jsep) as RTCSessionDescriptionInit);
    if (answer.type !== 'answer') return;
    await pc.setRemoteDescription(answer);
    this.#cid = data.track;
    await this.#poll(pc);
  }

  async #poll(pc: RTCPeerConnection): Promise<void> {
    const reply = await this.rpc.call('subscribe', [this.#rid, this.#uid, this.#cid]);
    if (this.#mustRejoin(reply)) {
      this.#tiles.clear();
      if (this.#mornin) await new Promise((resolve) => setTimeout(resolve, morninPauseMs));
      pc.close();
      await this.#joinRoom();
      return;
    }
    if (reply.error === undefined)
      await this.#takeOffer(pc, reply.data as RTCSessionDescriptionInit & { jsep: string });
    setTimeout(() => {
      this.#poll(pc).catch((error: unknown) => {
        this.#failure = String(error);
      });
    }, this.#join.pollMs ?? defaultPollMs);
  }

  async #takeOffer(pc: RTCPeerConnection, data: RTCSessionDescriptionInit & { jsep: string }): Promise<void> {
    // mornin hands data itself to the connection, kraken.fm what is in jsep.
    const offer = this.#mornin ? data : (JSON.parse(data.jsep) as RTCSessionDescriptionInit);
    if (offer.type !== 'offer') return;
    await pc.setRemoteDescription(offer);
    const answer = await pc.createAnswer();
    await pc.setLocalDescription(answer);
    await this.rpc.call('answer', [this.#rid, this.#uid, this.#cid, JSON.stringify(answer)]);
  }

  #mustRejoin({ error }: RpcReply): boolean {
    if (error === undefined) return false;
    if (this.#mornin) return true;
    const code = typeof error === 'object' ? error.code : null;
    return code === 5002001 || code === 5002002;
  }

  #show({ track, streams }: RTCTrackEvent): void {
    const streamId = this.#mornin ? streams[0]!.id : streams[0]!.id.replaceAll('+', ' ');
    const [uuid, name] = decodeURIComponent(streamId).split(':');
    if (uuid === this.#uuid) return;
    this.#tiles.set(track.id, decodeName(name!));
    let audio = this.#audios.get(uuid!);
    if (audio === undefined) {
      audio = document.createElement('audio');
      audio.id = `peer-audio-${uuid}`;
      audio.autoplay = true;
      document.body.append(audio);
      this.#audios.set(uuid!, audio);
    }
    audio.srcObject = streams[0]!;
    track.addEventListener('mute', () => {
      this.#mutes++;
      this.#tiles.delete(track.id);
    });
  }

  async view(): Promise<KrakenView> {
    const playing = [...this.#audios.values()].filter(
      ({ paused, srcObject }) => !paused && srcObject !== null,
    );
    return {
      tiles: [this.#join.name, ...this.#tiles.values()],
      playing: playing.length,
      cid: this.#cid,
      joins: this.#joins,
      mutes: this.#mutes,
      calls: this.rpc.calls,
      retries: this.rpc.retries,
      failure: this.#failure,
      connection: this.#pc?.connectionState ?? 'none',
      candidateType: await this.#candidateType(),
    };
  }

  async #candidateType(): Promise<string | null> {
    const all = new Map<string, Record<string, unknown>>();
    (await this.#pc?.getStats())?.forEach((entry: Record<string, unknown>) => {
      all.set(entry.id as string, entry);
    });
    for (const entry of all.values()) {
      if (entry.type !== 'candidate-pair' || entry.nominated !== true || entry.state !== 'succeeded')
        continue;
      return (all.get(entry.localCandidateId as string)?.candidateType as string) ?? null;
    }
    return null;
  }

  /** Sets the microphone's track silent, as their mute buttons do. */
  setMuted(muted: boolean): void {
    for (const track of this.#stream?.getTracks() ?? []) track.enabled = !muted;
  }
}

let client: Client | null = null;

export function krakenJoin(join: KrakenJoin): void {
  client = new Client(join);
  client.start();
}

export function krakenView(): Promise<KrakenView> {
  return client!.view();
}

export function krakenMute(muted: boolean): void {
  client!.setMuted(muted);
}
