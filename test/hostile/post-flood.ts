/** Floods of the dialects that are spoken over HTTP. */
import { setTimeout as sleep } from 'node:timers/promises';
import { browserOffer } from '../signaling/running-manifold.ts';
import type { AttackReport, PostFlood } from './attack.ts';
import { floodedRoom } from './flooded-room.ts';
import { nonsenseCalls } from './nonsense.ts';
import { paced } from './paced.ts';
import { type PipelinedAnswer, PipelinedConnection } from './pipelined-connection.ts';
import { Tally } from './tally.ts';

const connectionCount = 16;
/** Large ones are held by the server for as long as it has not come to them. */
const largeBytes = 250_000;
/** After the last request, until what is still unanswered counts as such. */
const patienceMs = 20_000;

interface Post {
  readonly path: string;
  readonly contentType: string;
  readonly body: string;
}

export async function floodPosts(port: number, attack: PostFlood): Promise<AttackReport> {
  const connections = Array.from({ length: connectionCount }, () => new PipelinedConnection(port));
  const answers = new Tally();
  const next = postsOf(attack);
  let number = 0;
  const { count, seconds } = await paced(attack.perSecond, attack.seconds, () => {
    const index = number++ % connectionCount;
    if (connections[index]!.closed) connections[index] = new PipelinedConnection(port);
    const { path, contentType, body } = next(number);
    connections[index]!.post(path, contentType, body, (answer) => answers.add(nameOf(answer)));
  });
  const end = performance.now() + patienceMs;
  const waiting = () => connections.reduce((sum, { outstanding }) => sum + outstanding, 0);
  while (waiting() > 0 && performance.now() < end) await sleep(20);
  // Those that are still open are told of as cut.
  for (let left = waiting(); left > 0; left--) answers.add('unanswered');
  for (const connection of connections) connection.close();
  return { offered: count, perSecond: count / seconds, answers: answers.toRecord() };
}

function postsOf({ dialect, what }: PostFlood): (number: number) => Post {
  const offer = browserOffer('chromium-audio-video');
  if (dialect === 'whip') {
    const body = what === 'large' ? 'v=0\r\n'.padEnd(largeBytes, 'a=x\r\n') : offer;
    const contentType = 'application/sdp';
    return (number) => ({
      path: `/whip/${floodedRoom(number)}`,
      contentType,
      body: what === 'nonsense' ? offer.slice(0, (number * 37) % offer.length) : body,
    });
  }
  const type = { path: '/', contentType: 'application/json' };
  if (what === 'nonsense') {
    const calls = nonsenseCalls();
    return () => ({ ...type, body: calls() });
  }
  const sdp = what === 'large' ? offer.padEnd(largeBytes, 'a=x\r\n') : offer;
  const jsep = JSON.stringify({ type: 'offer', sdp });
  return (number) => ({
    ...type,
    body: JSON.stringify({ method: 'publish', params: [floodedRoom(number), `uid-${number}`, jsep] }),
  });
}

/** "201", "429 limit-joins", "200 5003000": the status, and the code of an error. */
export async function answerName(answer: Response): Promise<string> {
  return nameOf({ status: answer.status, body: await answer.text() });
}

function nameOf(answer: PipelinedAnswer | null): string {
  if (answer === null) return 'cut';
  try {
    const { error, code } = JSON.parse(answer.body) as { error?: { code?: unknown }; code?: unknown };
    const word = error?.code ?? code;
    return word === undefined ? String(answer.status) : `${answer.status} ${String(word)}`;
  } catch {
    return String(answer.status);
  }
}
