/** Messages of ten megabytes, JSON nested a hundred thousand deep, and nonsense, one after another. */
import { once } from 'node:events';
import WebSocket from 'ws';
import type { AttackReport, BadMessages } from './attack.ts';
import { nonsenseFrames } from './nonsense.ts';
import { answerName } from './post-flood.ts';
import { Tally } from './tally.ts';

const longBytes = 10_000_000;
const depth = 100_000;
/** Of a description within a call, which has to fit into one. */
const deepJsepDepth = 20_000;
/** A frame that is answered by nothing is followed by a ping, whose answer says that it was read. */
const answerMs = 10_000;

export async function sendBadMessages(port: number, attack: BadMessages): Promise<AttackReport> {
  const answers = new Tally();
  const startedAt = performance.now();
  if (attack.dialect === 'kraken' || attack.dialect === 'whip') await post(port, attack, answers);
  else await send(port, attack, attack.dialect, answers);
  const seconds = (performance.now() - startedAt) / 1000;
  return { offered: attack.count, perSecond: attack.count / seconds, answers: answers.toRecord() };
}

async function post(port: number, { dialect, what, count }: BadMessages, answers: Tally): Promise<void> {
  const [path, type] = dialect === 'kraken' ? ['/', 'application/json'] : ['/whip/bad', 'application/sdp'];
  const deepBodies = [
    `{"params":${'['.repeat(depth)}`,
    JSON.stringify({ method: 'publish', params: ['r', 'u', '{"a":'.repeat(deepJsepDepth)] }),
  ];
  const bodies = what === 'long' ? ['x'.repeat(longBytes)] : deepBodies;
  for (let number = 0; number < count; number++) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': type },
      body: bodies[number % bodies.length]!,
    }).then(
      answerName,
      // Refused while it is still being sent, which a client may notice as a cut.
      () => 'cut',
    );
    answers.add(answer);
  }
}

async function send(
  port: number,
  { what, count }: BadMessages,
  dialect: 'pion' | 'talksy',
  answers: Tally,
): Promise<void> {
  const next = framesOf(what, dialect);
  let socket: WebSocket | null = null;
  for (let number = 0; number < count; number++) {
    socket ??= await open(port, dialect);
    answers.add(await deliver(socket, next()));
    if (socket.readyState !== WebSocket.OPEN) socket = null;
  }
  socket?.terminate();
}

function framesOf(what: BadMessages['what'], dialect: 'pion' | 'talksy'): () => string {
  if (what === 'nonsense') return nonsenseFrames(dialect);
  const [word, type] = dialect === 'pion' ? ['event', 'joinRoom'] : ['type', 'subscribe_tracks'];
  const frame =
    what === 'long'
      ? JSON.stringify({ [word]: type, data: 'x'.repeat(longBytes) })
      : `{"${word}":"${type}","data":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  return () => frame;
}

async function open(port: number, dialect: 'pion' | 'talksy'): Promise<WebSocket> {
  const query = dialect === 'talksy' ? '?room_id=bad' : '';
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws${query}`, { perMessageDeflate: false });
  socket.on('error', () => {});
  await once(socket, 'open');
  // Until it has said what it is, it could be of another dialect of this path.
  if (dialect === 'pion') socket.send('{"event":"mute","data":{}}');
  return socket;
}

/** @returns what the server did with a frame */
async function deliver(socket: WebSocket, frame: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('a frame was answered by nothing')), answerMs);
    const done = (what: string) => {
      clearTimeout(timer);
      socket.off('pong', onPong).off('close', onClose).off('message', onMessage);
      resolve(what);
    };
    let answer = 'ignored';
    const onMessage = (data: WebSocket.RawData) => {
      const { type, event } = JSON.parse(data.toString()) as { type?: string; event?: string };
      if (type === 'error' || event === 'error') answer = 'error';
    };
    const onPong = () => done(answer);
    const onClose = (code: number, reason: Buffer) => done(`closed ${code} ${reason.toString()}`.trim());
    socket.on('message', onMessage).once('pong', onPong).once('close', onClose);
    socket.send(frame);
    socket.ping();
  });
}
