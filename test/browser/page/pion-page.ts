/**
 * What a page of the Pion_SFU dialect has to add to the shipped client (test/pion-client): its steps in an order
 * that works, and ontrack, without which it shows nothing.
 */
import { dataOpen, type PageChannel } from './data-page.ts';
import { openSource, type SourceOptions } from './media-source.ts';
import { attachTrack, colourOfTrack, detachTrack } from './playback.ts';

interface ShippedClient {
  url: string;
  room_id: string;
  self_id: string;
  socket: WebSocket;
  pc: RTCPeerConnection;
  connect(): void;
  joinRoom(): void;
  leaveRoom(): void;
  setup(): void;
  sendOffer(socket: WebSocket, pc: RTCPeerConnection, selfId: string, roomId: string): Promise<void>;
  send(event: string, data: object): void;
}

declare global {
  var PionClient: ShippedClient;
}

export interface PionJoinOptions {
  readonly url: string;
  readonly room: string;
  readonly selfId: string;
  /** What to publish; null for a watcher. */
  readonly source: SourceOptions | null;
  /** Lines a watcher offers to receive on. */
  readonly receive?: readonly ('audio' | 'video')[];
  /** Data channels to open with the first offer. */
  readonly channels?: readonly PageChannel[];
  /** Leaves the ids out of answers, as clients written for the original do. */
  readonly answersWithoutIds?: boolean;
}

/** One received track as the page was told of it. */
export interface ShownTrack {
  readonly kind: string;
  readonly trackId: string;
  readonly streamIds: string[];
  readonly colour: [red: number, green: number, blue: number] | null;
}

/** Names of the events the server sent, in order; "offer", "answer" and so on. */
const received: string[] = [];
/** Text of every `data` the server sent, beside `received`. */
const receivedData: unknown[] = [];
const shown = new Map<string, { track: MediaStreamTrack; streams: readonly MediaStream[] }>();
let beforeServerOffer: (() => Promise<void>) | null = null;
let stream: MediaStream | null = null;

function show(event: RTCTrackEvent): void {
  const { track, streams } = event;
  shown.set(track.id, { track, streams });
  attachTrack(track);
  for (const announced of streams) {
    announced.addEventListener('removetrack', (removal) => {
      shown.delete(removal.track.id);
      detachTrack(removal.track.id);
    });
  }
}

/** Makes the peer connection, adds the tracks, and hands over to the client's setup() and sendOffer(). */
async function startSession(options: PionJoinOptions): Promise<void> {
  const client = globalThis.PionClient;
  client.pc = new RTCPeerConnection();
  client.pc.addEventListener('track', show);
  if (options.source !== null) {
    stream = await openSource(options.source);
    for (const track of stream.getTracks()) client.pc.addTrack(track, stream);
  }
  dataOpen(client.pc, options.channels ?? []);
  for (const kind of options.receive ?? []) client.pc.addTransceiver(kind, { direction: 'recvonly' });
  client.setup();
  const deliver = client.socket.onmessage!;
  let tail: Promise<unknown> = Promise.resolve();
  client.socket.onmessage = (event) => {
    const message = JSON.parse(event.data as string) as { event: string; data: unknown };
    received.push(message.event);
    receivedData.push(message.data);
    const hook = message.event === 'offer' ? beforeServerOffer : null;
    if (hook !== null) {
      beforeServerOffer = null;
      tail = tail.then(hook);
    }
    tail = tail.then(() => deliver.call(client.socket, event));
  };
  await client.sendOffer(client.socket, client.pc, client.self_id, client.room_id);
}

/** Connects, joins and offers. Resolves when the offer is sent. */
export async function pionJoin(options: PionJoinOptions): Promise<void> {
  const client = globalThis.PionClient;
  client.url = options.url;
  client.room_id = options.room;
  client.self_id = options.selfId;
  if (options.answersWithoutIds) {
    const send = client.send.bind(client);
    client.send = (event, data) =>
      send(event, event === 'answer' ? { answer: (data as { answer: object }).answer } : data);
  }
  client.connect();
  await new Promise((resolve, reject) => {
    client.socket.onopen = resolve;
    client.socket.onerror = () => reject(new Error(`${options.url} cannot be reached`));
  });
  client.joinRoom();
  await startSession(options);
}

/** leaveRoom as a page does it: the message, then its own connection. The socket stays. */
export function pionLeave(): void {
  const client = globalThis.PionClient;
  client.leaveRoom();
  client.pc.close();
  for (const id of shown.keys()) detachTrack(id);
  shown.clear();
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** Joins again on the same socket. */
export async function pionRejoin(options: PionJoinOptions): Promise<void> {
  globalThis.PionClient.joinRoom();
  await startSession(options);
}

/** Adds one more video by an offer of the client's own. @returns the id of its track */
export async function pionAddVideo(source: SourceOptions): Promise<string> {
  const client = globalThis.PionClient;
  const added = await openSource({ ...source, audio: false });
  const track = added.getVideoTracks()[0]!;
  client.pc.addTrack(track, added);
  await client.sendOffer(client.socket, client.pc, client.self_id, client.room_id);
  return track.id;
}

/** The same, sent at the moment an offer of the server is on its way: the two cross. Resolves once they have. */
export function pionCrossNextOffer(source: SourceOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    beforeServerOffer = async () => {
      try {
        resolve(await pionAddVideo(source));
      } catch (error) {
        reject(error);
      }
    };
  });
}

/** Restarts ICE by an offer of the client's own. */
export async function pionRestartIce(): Promise<void> {
  const client = globalThis.PionClient;
  client.pc.restartIce();
  await client.sendOffer(client.socket, client.pc, client.self_id, client.room_id);
}

/**
 * The "stream track" pairs in the msid lines of one side's description, as sent on the wire: Firefox shows pages other
 * track ids than it writes there, and so does Chromium for a track that took over a line.
 */
export function pionMsids(side: 'local' | 'remote'): string[] {
  const { pc } = globalThis.PionClient;
  return sentMsids((side === 'local' ? pc.localDescription : pc.remoteDescription)?.sdp ?? '');
}

/** What a description says is sent: "stream track" of each line. */
export function sentMsids(sdp: string): string[] {
  return sdp
    .split(/^m=/m)
    .slice(1)
    .filter((section) => /^a=(sendrecv|sendonly)\r?$/m.test(section))
    .flatMap((section) => /^a=msid:(.*?)\r?$/m.exec(section)?.[1] ?? []);
}

/** What this page shows of the others now. */
export function pionShown(): ShownTrack[] {
  return [...shown.values()].map(({ track, streams }) => ({
    kind: track.kind,
    trackId: track.id,
    streamIds: streams.map((announced) => announced.id),
    colour: track.kind === 'video' ? colourOfTrack(track.id) : null,
  }));
}

export function pionReceived(): { events: string[]; data: unknown[] } {
  return { events: received, data: receivedData };
}
