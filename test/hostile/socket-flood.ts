/** Floods of publications over WebSockets: each is an offer of a client that the server has not seen before. */
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { browserOffer } from '../signaling/running-manifold.ts';
import type { AttackReport, SocketFlood } from './attack.ts';
import { floodedRoom } from './flooded-room.ts';
import { paced } from './paced.ts';
import { Tally } from './tally.ts';

/** Of Pion_SFU, where a socket may have several peers. */
const pionSockets = 16;
/** After the last publication, until its socket is given up. */
const patienceMs = 5000;

export async function floodSockets(port: number, attack: SocketFlood): Promise<AttackReport> {
  const answers = new Tally();
  const sockets = new Set<WebSocket>();
  const publish = attack.dialect === 'pion' ? pionPublisher : talksyPublisher;
  const { count, seconds } = await paced(attack.perSecond, attack.seconds, publish(port, sockets, answers));
  const end = performance.now() + patienceMs;
  while (sockets.size > 0 && answers.total < count && performance.now() < end) await sleep(20);
  for (const socket of sockets) socket.terminate();
  return { offered: count, perSecond: count / seconds, answers: answers.toRecord() };
}

/** Opens a socket and counts how it ends. */
function open(url: string, sockets: Set<WebSocket>, answers: Tally): WebSocket {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  sockets.add(socket);
  socket.on('unexpected-response', (request, { statusCode }) => {
    answers.add(`upgrade ${statusCode}`);
    request.destroy();
    socket.terminate();
  });
  socket.on('error', () => {});
  socket.on('close', (code, reason) => {
    sockets.delete(socket);
    if (code !== 1006 && code !== 1005) answers.add(`closed ${code} ${reason.toString()}`);
  });
  return socket;
}

/** One publication on each socket, which is closed as soon as there is an answer: no limit of open ones holds it up. */
function talksyPublisher(port: number, sockets: Set<WebSocket>, answers: Tally): () => void {
  const offer = JSON.stringify({ type: 'offer', data: browserOffer('chromium-audio-video') });
  let number = 0;
  return () => {
    const socket = open(`ws://127.0.0.1:${port}/ws?room_id=${floodedRoom(number++)}`, sockets, answers);
    socket.on('open', () => socket.send(offer));
    socket.on('message', (data) => {
      const { type, data: text } = JSON.parse(data.toString()) as { type: string; data: unknown };
      if (type !== 'answer' && type !== 'error') return;
      answers.add(type === 'error' ? `error ${String(text)}` : type);
      socket.close();
    });
  };
}

/** A new peer for each publication, on one of a few sockets, which leaves when it is answered. */
function pionPublisher(port: number, sockets: Set<WebSocket>, answers: Tally): () => void {
  const offer = { type: 'offer', sdp: browserOffer('chromium-audio-video') };
  const circle: WebSocket[] = [];
  let number = 0;
  const openPion = (): WebSocket => {
    const socket = open(`ws://127.0.0.1:${port}/ws`, sockets, answers);
    socket.on('message', (text) => {
      const { event, data } = JSON.parse(text.toString()) as { event: string; data: string | object };
      const content = (typeof data === 'string' ? JSON.parse(data) : data) as {
        code?: string;
        self_id?: string;
        room_id?: string;
      };
      if (event !== 'answer' && event !== 'error') return;
      answers.add(event === 'error' ? `error ${content.code}` : event);
      const leave = { room_id: content.room_id, self_id: content.self_id };
      socket.send(JSON.stringify({ event: 'leaveRoom', data: leave }));
    });
    return socket;
  };
  return () => {
    const index = number++ % pionSockets;
    let socket = circle[index];
    if (socket === undefined || socket.readyState >= WebSocket.CLOSING) socket = circle[index] = openPion();
    const ids = { room_id: floodedRoom(number), self_id: `peer-${number}` };
    const send = (): void => {
      socket.send(JSON.stringify({ event: 'joinRoom', data: { ...ids, features: ['media'] } }));
      socket.send(JSON.stringify({ event: 'offer', data: { ...ids, offer } }));
    };
    if (socket.readyState === WebSocket.OPEN) send();
    else socket.once('open', send);
  };
}
