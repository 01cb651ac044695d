/** Connections that are opened by the thousand, and then say next to nothing. */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AttackReport, SilentSockets } from './attack.ts';
import { Tally } from './tally.ts';

/** Fewer than the backlog of a listening socket. */
const openedAtOnce = 200;
const connectMs = 15_000;
const dripMs = 500;

/** What each sends at once; it goes on with a byte at a time. */
const beginnings = {
  kraken:
    'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{',
  whip: 'POST /whip/silent HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ',
  pion: upgrade('/ws'),
  talksy: upgrade('/ws?room_id=silent'),
} as const;

export async function openSilentSockets(port: number, attack: SilentSockets): Promise<AttackReport> {
  const { dialect, count, addresses, seconds } = attack;
  const answers = new Tally();
  const sockets: Socket[] = [];
  const startedAt = performance.now();
  while (sockets.length < count) {
    const batch = Array.from({ length: Math.min(openedAtOnce, count - sockets.length) }, (_, index) =>
      open(port, `127.0.0.${2 + ((sockets.length + index) % addresses)}`, beginnings[dialect], answers),
    );
    sockets.push(...batch);
    await Promise.all(batch.map(connected));
  }
  const opening = (performance.now() - startedAt) / 1000;
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    // A byte more of a slow request; a WebSocket is simply silent.
    if (dialect === 'kraken' || dialect === 'whip')
      for (const socket of sockets) if (socket.writable) socket.write('x');
    await sleep(dripMs);
  }
  for (const socket of sockets) {
    if (!socket.destroyed) answers.add('still open');
    socket.resetAndDestroy();
  }
  return { offered: count, perSecond: count / opening, answers: answers.toRecord() };
}

function open(port: number, localAddress: string, beginning: string, answers: Tally): Socket {
  const socket = connect({ host: '127.0.0.1', port, localAddress });
  socket.on('error', () => {});
  socket.once('connect', () => socket.write(beginning));
  // "HTTP/1.1 408 Request Timeout"; what comes behind it is a frame or a body.
  socket.once('data', (data) => answers.add(data.toString('latin1', 'HTTP/1.1 '.length, data.indexOf('\r'))));
  return socket;
}

async function connected(socket: Socket): Promise<void> {
  const end = performance.now() + connectMs;
  while (socket.connecting) {
    if (performance.now() > end) throw new Error('the server accepts no connections');
    await sleep(5);
  }
}

function upgrade(path: string): string {
  const headers = [
    'Host: 127.0.0.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
  ];
  return `GET ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;
}
