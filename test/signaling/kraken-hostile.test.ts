/**
 * Hostile clients of the Kraken dialect, while a call goes on in another room of the same server: clear errors, bounded
 * memory, and the call goes on. The server is a process of its own, so that its memory and its delays are its own.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ManifoldProcess, startManifold } from '../browser/harness/manifold-process.ts';
import { SeededRandom } from '../network/seeded-random.ts';
import { HeadlessNetwork } from './headless-peer.ts';
import { KrakenCaller } from './kraken-caller.ts';
import { browserOffer } from './running-manifold.ts';

const attackMs = 3000;
/** Of the call, beyond which a person would hear it. */
const toleratedLoss = 0.02;
const toleratedHeapGrowth = 24 * 2 ** 20;
const publishesPerSecond = 20;
const burst = 5 * publishesPerSecond;

let server: ManifoldProcess;
let network: HeadlessNetwork;
let call: Call;

interface Passage {
  readonly packets: number;
  readonly lost: number;
  /** From the sender's sending to the receiver's socket, in ms; the 99th percentile. */
  readonly delayMs: number;
}

/** What one end of a call gets of the other. */
class Call {
  readonly #callers: readonly KrakenCaller[];
  #delays: number[] = [];
  #first = -1;
  #last = -1;
  #count = 0;

  private constructor(callers: readonly KrakenCaller[]) {
    this.#callers = callers;
    const [listener] = callers;
    listener.peer.onPacket = (packet, arrivedUs) => {
      const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
      const sequenceNumber = view.getUint16(2);
      if (this.#first < 0) this.#first = sequenceNumber;
      this.#last = sequenceNumber;
      this.#count++;
      this.#delays.push((arrivedUs - view.getFloat64(packet.length - 8)) / 1000);
    };
  }

  static async start(): Promise<Call> {
    const join = async (uid: string) => {
      const caller = await KrakenCaller.join(network, server.origin, 'undisturbed', uid);
      caller.peer.stamps = true;
      return caller;
    };
    const callers = [await join('a'), await join('b')];
    await callers[0].hears(callers[1]);
    await callers[1].hears(callers[0]);
    return new Call(callers);
  }

  async during(action: () => Promise<unknown>): Promise<Passage> {
    this.#delays = [];
    this.#first = -1;
    this.#count = 0;
    await action();
    // What is on its way.
    await sleep(100);
    const expected = ((this.#last - this.#first) & 0xffff) + 1;
    const delays = [...this.#delays].sort((a, b) => a - b);
    return {
      packets: this.#count,
      lost: expected - this.#count,
      delayMs: delays[Math.floor(delays.length * 0.99)],
    };
  }

  /** The call is as it was, and its clients are still welcome. */
  async poll(): Promise<void> {
    for (const caller of this.#callers) assert.equal((await caller.subscribe()).type, 'unknown');
  }
}

before(async () => {
  server = await startManifold({ kraken: { publishesPerSecond }, logging: { level: 'warn' } });
  network = new HeadlessNetwork();
  call = await Call.start();
});

after(async () => {
  network.close();
  await server.close();
});

function post(body: BodyInit): Promise<Response> {
  return fetch(server.origin, { method: 'POST', body });
}

interface Outcome {
  /** How often it was answered so: an HTTP status, or an error's code. */
  readonly answers: Map<number, number>;
  readonly perSecond: number;
}

/** Several senders post for the time of an attack, and insist that each answer is one. */
async function flood(next: () => string, { senders = 16, ms = attackMs } = {}): Promise<Outcome> {
  const answers = new Map<number, number>();
  const startedAt = performance.now();
  let count = 0;
  const send = async (): Promise<void> => {
    while (performance.now() - startedAt < ms) {
      const response = await post(next());
      const { error } = (await response.json()) as { error?: { code: number } | string };
      const answer = typeof error === 'object' ? error.code : response.status;
      assert.ok(response.status < 500, `${response.status}`);
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
      count++;
    }
  };
  await Promise.all(Array.from({ length: senders }, send));
  return { answers, perSecond: count / ((performance.now() - startedAt) / 1000) };
}

/** Runs an attack, and compares call, memory and bugs before and after. */
async function unharmed(attack: () => Promise<unknown>): Promise<void> {
  await sleep(200);
  const before = await call.during(() => sleep(1000));
  const memory = await server.memory();
  const during = await call.during(attack);
  server.assertAlive();
  const afterwards = await call.during(() => sleep(1000));
  const figures = JSON.stringify({ before, during, afterwards });
  assert.ok(during.packets > 0 && afterwards.packets > 0, figures);
  assert.ok(during.lost <= Math.max(3, during.packets * toleratedLoss), figures);
  assert.ok(afterwards.lost <= 3, figures);
  await call.poll();
  const growth = (await server.memory()).heapUsed - memory.heapUsed;
  assert.ok(growth < toleratedHeapGrowth, `the heap grew by ${growth} bytes`);
  assert.equal((await server.metrics()).sum('manifold_session_bugs_total'), 0);
  console.log(figures);
}

const offer = JSON.stringify({ type: 'offer', sdp: browserOffer('chromium-audio-video') });

describe('hostile clients', () => {
  it('a flood of publications from one address is refused beyond its share', async () => {
    let number = 0;
    const next = () => JSON.stringify({ method: 'publish', params: ['flooded', `uid-${number++}`, offer] });
    await unharmed(async () => {
      const { answers, perSecond } = await flood(next);
      const granted = answers.get(200) ?? 0;
      const allowed = burst + publishesPerSecond * ((attackMs / 1000) * 2);
      assert.ok(granted > 0 && granted <= allowed, `${granted} of ${allowed} were granted`);
      assert.ok((answers.get(5003000) ?? 0) + (answers.get(429) ?? 0) > 0, JSON.stringify([...answers]));
      console.log(`${perSecond.toFixed(0)} publications a second, ${granted} granted`);
    });
    const room = ((await server.rooms()) as { rooms: { id: string; participants: unknown[] }[] }).rooms.find(
      ({ id }) => id === 'flooded',
    );
    assert.ok((room?.participants.length ?? 0) <= burst + publishesPerSecond * 60);
  });

  it('calls of unknown people, wrong types and nonsense are told what is wrong', async () => {
    const random = new SeededRandom(20_264);
    const integer = (least: number, most: number) =>
      least + Math.floor(random.uniform() * (most - least + 1));
    const pick = <T>(from: readonly T[]): T => from[integer(0, from.length - 1)];
    const values = [
      0,
      -1,
      1e300,
      '',
      'x',
      'undisturbed',
      'a',
      'b',
      null,
      true,
      [],
      {},
      [[]],
      offer,
      '%',
      '\u0000',
    ];
    const texts = ['', 'x', 'r', 'u', 'v', offer, '%', '\u0000', 'null', '{}'];
    /** With how many parameters each is right. */
    const methods = {
      turn: 1,
      list: 1,
      publish: 3,
      restart: 4,
      end: 3,
      trickle: 4,
      subscribe: 3,
      answer: 4,
      info: 0,
      x: 1,
    };
    const next = () => {
      const [method, right] = pick(Object.entries(methods));
      const count = random.happens(0.8) ? right : integer(0, 6);
      const params = Array.from({ length: count }, () => pick<unknown>(random.happens(0.9) ? texts : values));
      const body = JSON.stringify(
        random.happens(0.9)
          ? { id: 'x', method, params }
          : { id: pick(values), method: pick(values), params },
      );
      return random.happens(0.1) ? body.slice(0, integer(0, body.length)) : body;
    };
    await unharmed(async () => {
      const { answers } = await flood(next);
      for (const code of [400, 5001000, 5002001])
        assert.ok((answers.get(code) ?? 0) > 0, JSON.stringify([...answers]));
    });
  });

  it('bodies of ten megabytes and JSON that is deep are refused', async () => {
    const long = 'x'.repeat(10 * 2 ** 20);
    const deep = `{"params":${'['.repeat(100_000)}`;
    const deepJsep = JSON.stringify({ method: 'publish', params: ['r', 'u', '{"a":'.repeat(20_000)] });
    await unharmed(async () => {
      for (let round = 0; round < 10; round++) {
        // Refused while it is still being sent, which a client may notice as a cut.
        assert.ok(
          [413, 0].includes(
            await post(long).then(
              ({ status }) => status,
              () => 0,
            ),
          ),
        );
        assert.equal((await post(deep)).status, 400);
        const { error } = (await (await post(deepJsep)).json()) as { error: { code: number } };
        assert.ok([5001001, 5003000].includes(error.code), `${error.code}`);
      }
    });
  });

  it('a thousand sockets that send next to nothing hold up nobody', async () => {
    const sockets: Socket[] = [];
    await unharmed(async () => {
      for (let count = 0; count < 1000; count++) {
        const socket = connect(server.httpPort, '127.0.0.1');
        socket.on('error', () => {});
        sockets.push(socket);
      }
      await Promise.all(sockets.map((socket) => socket.connecting && once(socket, 'connect')));
      for (const byte of 'POST / HTTP/1.1\r\n') {
        for (const socket of sockets) socket.write(byte);
        await sleep(50);
      }
      await call.poll();
    });
    for (const socket of sockets) socket.destroy();
  });
});
