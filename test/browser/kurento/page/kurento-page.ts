/**
 * What the pages of Kurento's tutorials do, with stock kurento-utils. A page has a WebSocket to the app server and any
 * number of connections, each under a name it shares with the app server.
 */
import kurentoUtils, { type WebRtcPeer } from 'kurento-utils';
import { pictureColour, presentedFrames } from '../../page/playback.ts';
import type { FromPage, ToPage } from '../app-server/page-messages.ts';
import { ReadmeClient } from './readme-client.ts';

export type PeerMode = 'sendonly' | 'recvonly' | 'sendrecv';

export interface StartOptions {
  /** Name of the connection. */
  readonly of: string;
  readonly mode: PeerMode;
  /** What the app server is told the offer is for. */
  readonly role?: string;
  readonly media?: { readonly audio: boolean; readonly video: boolean };
  readonly dataChannels?: boolean;
  readonly simulcast?: boolean;
  readonly multistream?: boolean;
}

export interface ShownVideo {
  readonly colour: [red: number, green: number, blue: number] | null;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly tracks: readonly string[];
}

interface Connection {
  readonly peer: WebRtcPeer;
  readonly video: HTMLVideoElement;
  readonly messages: string[];
  readonly startedAt: number;
  channelOpen: boolean;
  /** Milliseconds from the start to the first picture on the screen. */
  firstPictureMs: number | null;
  answered(sdpAnswer: string): void;
  refused(error: Error): void;
}

const peers = {
  sendonly: kurentoUtils.WebRtcPeer.WebRtcPeerSendonly,
  recvonly: kurentoUtils.WebRtcPeer.WebRtcPeerRecvonly,
  sendrecv: kurentoUtils.WebRtcPeer.WebRtcPeerSendrecv,
} as const;

const connections = new Map<string, Connection>();
let socket: WebSocket | null = null;
/** Null until the app server has taken the page into the group. */
let participants: readonly string[] | null = null;
/** Candidates as they came, for tests of what they look like. */
const candidates: RTCIceCandidateInit[] = [];

/** Connects to the app server. */
function open(url: string): Promise<void> {
  socket = new WebSocket(url);
  socket.addEventListener('message', ({ data }) => receive(JSON.parse(data as string) as ToPage));
  return new Promise((resolve, reject) => {
    socket!.addEventListener('open', () => resolve());
    socket!.addEventListener('error', () => reject(new Error(`${url} cannot be reached`)));
  });
}

function send(message: FromPage): void {
  socket?.send(JSON.stringify(message));
}

function receive(message: ToPage): void {
  if (message.id === 'participants') {
    participants = message.names;
    return;
  }
  const connection = connections.get(message.of);
  if (message.id === 'answer') connection?.answered(message.sdpAnswer);
  else if (message.id === 'refused') connection?.refused(new Error(message.message));
  else if (message.id === 'stopped') dispose(message.of);
  else {
    candidates.push(message.candidate);
    connection?.peer.addIceCandidate(message.candidate);
  }
}

function showIn(video: HTMLVideoElement): void {
  video.autoplay = true;
  video.playsInline = true;
  document.body.append(video);
}

/** Makes the peer; its tracks are there when this resolves. */
async function makePeer(options: StartOptions): Promise<Connection> {
  const { of, mode, media, dataChannels, simulcast = false, multistream = false } = options;
  const video = document.createElement('video');
  showIn(video);
  const messages: string[] = [];
  const Peer = peers[mode];
  const connection = await new Promise<Connection>((resolve, reject) => {
    const startedAt = performance.now();
    const peer: WebRtcPeer = new Peer(
      {
        // Whoever only sends has nothing to show.
        ...(mode === 'sendonly' ? {} : { remoteVideo: video }),
        ...(media === undefined ? {} : { mediaConstraints: media }),
        ...(dataChannels
          ? {
              dataChannels,
              dataChannelConfig: {
                id: `channel of ${of}`,
                onopen: () => {
                  made.channelOpen = true;
                },
                onclose: () => {
                  made.channelOpen = false;
                },
                onmessage: ({ data }: MessageEvent) => void messages.push(String(data)),
              },
            }
          : {}),
        onicecandidate: (candidate) => send({ id: 'candidate', of, candidate: candidate.toJSON() }),
        configuration: { iceServers: [] },
        simulcast,
        multistream,
      },
      (error) => {
        if (error) reject(error instanceof Error ? error : new Error(String(error)));
        // The callback may come before the constructor has returned.
        else queueMicrotask(() => resolve(made));
      },
    );
    const made: Connection = {
      peer,
      video,
      messages,
      startedAt,
      channelOpen: false,
      firstPictureMs: null,
      answered: () => {},
      refused: () => {},
    };
  });
  video.requestVideoFrameCallback(() => {
    connection.firstPictureMs = performance.now() - connection.startedAt;
  });
  connections.set(of, connection);
  return connection;
}

/** @returns the offer, for a test that answers it itself */
async function offer(options: StartOptions): Promise<string> {
  const { peer } = await makePeer(options);
  return await new Promise((resolve, reject) => {
    peer.generateOffer((error, sdpOffer) => (error ? reject(error as Error) : resolve(sdpOffer)));
  });
}

function answer(of: string, sdpAnswer: string): Promise<void> {
  return new Promise((resolve, reject) => {
    connectionOf(of).peer.processAnswer(sdpAnswer, (error) => {
      if (error) reject(error instanceof Error ? error : new Error(String(error)));
      else resolve();
    });
  });
}

/** Offers to the app server. Resolves when its answer is in place. */
async function start(options: StartOptions): Promise<void> {
  const { of, role = '' } = options;
  const sdpOffer = await offer(options);
  const connection = connectionOf(of);
  const sdpAnswer = await new Promise<string>((resolve, reject) => {
    connection.answered = resolve;
    connection.refused = reject;
    send({ id: 'offer', of, role, sdpOffer });
  });
  await answer(of, sdpAnswer);
}

/** @returns the answer to an offer of the server */
async function answerOffer(options: StartOptions, sdpOffer: string): Promise<string> {
  const { peer } = await makePeer(options);
  return await new Promise((resolve, reject) => {
    peer.processOffer(sdpOffer, (error, sdpAnswer) => (error ? reject(error as Error) : resolve(sdpAnswer)));
  });
}

/** Tells the app server, and closes all connections. */
function stop(): void {
  send({ id: 'stop' });
  for (const of of [...connections.keys()]) dispose(of);
}

function dispose(of: string): void {
  const connection = connections.get(of);
  if (connection === undefined) return;
  connections.delete(of);
  connection.peer.dispose();
  connection.video.remove();
}

/** What is seen of a connection now. */
function shown(of: string): ShownVideo {
  const { video } = connectionOf(of);
  const stream = video.srcObject as MediaStream | null;
  return {
    colour: pictureColour(video),
    width: video.videoWidth,
    height: video.videoHeight,
    frames: presentedFrames(video),
    tracks: stream?.getTracks().map(({ kind }) => kind) ?? [],
  };
}

function connectionOf(of: string): Connection {
  const connection = connections.get(of);
  if (connection === undefined) throw new Error(`there is no connection ${of}`);
  return connection;
}

const page = {
  answer,
  answerOffer,
  candidates: () => candidates,
  channelOpen: (of: string) => connectionOf(of).channelOpen,
  connections: () => [...connections.keys()],
  firstPictureMs: (of: string) => connectionOf(of).firstPictureMs,
  messages: (of: string) => connectionOf(of).messages,
  offer,
  open,
  participants: () => participants,
  ReadmeClient,
  say: (of: string, text: string) => connectionOf(of).peer.send(text),
  shown,
  start,
  stop,
};

declare global {
  var kurentoPage: typeof page;
}

globalThis.kurentoPage = page;
