/** A pipeline in which one peer sends and another receives: measures whether what others do disturbs it. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HeadlessNetwork, HeadlessPeer } from './headless-peer.ts';
import { until } from './headless-peer.ts';
import { KurentoTestClient } from './kurento-test-client.ts';

/**
 * The server, its clients and the peers share a process, so that a sender has less time to send as well; what is longer
 * than this is one of them keeping the others from their work.
 */
const longestPauseMs = 1000;

/** What a receiver got in a time. */
export interface Reception {
  /** Packets a second. */
  readonly rate: number;
  /** Sequence numbers that were left out. */
  readonly lost: number;
  /** The longest time without a packet, ms. */
  readonly longestPauseMs: number;
}

export class KurentoWitnesses {
  readonly client: KurentoTestClient;
  readonly sender: HeadlessPeer;
  readonly receiver: HeadlessPeer;
  readonly #lastSequence = new Map<number, number>();
  #packets = 0;
  #lost = 0;
  #lastAtMs = 0;
  #longestPauseMs = 0;

  private constructor(client: KurentoTestClient, sender: HeadlessPeer, receiver: HeadlessPeer) {
    this.client = client;
    this.sender = sender;
    this.receiver = receiver;
    receiver.onPacket = (packet) => this.#note(packet);
  }

  static async start(network: HeadlessNetwork, url: string): Promise<KurentoWitnesses> {
    const client = await KurentoTestClient.open(url);
    const mediaPipeline = await client.create('MediaPipeline');
    const sender = network.createPeer();
    sender.addTrack('audio', 'stream', 'audio', 'sendonly');
    sender.addTrack('video', 'stream', 'video', 'sendonly');
    const receiver = network.createPeer();
    receiver.addReceiver('audio');
    receiver.addReceiver('video');
    const source = await negotiate(client, mediaPipeline, sender);
    const sink = await negotiate(client, mediaPipeline, receiver);
    await client.invoke(source, 'connect', { sink });
    const witnesses = new KurentoWitnesses(client, sender, receiver);
    await until('the witnesses are connected', () => sender.connected && receiver.connected);
    await until('media flows', () => receiver.received.size >= 2);
    return witnesses;
  }

  /** What is received while something is done. */
  async during(action: () => Promise<void>): Promise<Reception> {
    this.#packets = 0;
    this.#lost = 0;
    this.#longestPauseMs = 0;
    this.#lastAtMs = performance.now();
    const startedAt = this.#lastAtMs;
    await action();
    // What was under way when it ended.
    await sleep(100);
    const seconds = (performance.now() - startedAt) / 1000;
    return { rate: this.#packets / seconds, lost: this.#lost, longestPauseMs: this.#longestPauseMs };
  }

  /** Insists that nothing is lost of what is sent meanwhile, and that no less comes. */
  async undisturbed(t: { diagnostic(text: string): void }, action: () => Promise<void>): Promise<void> {
    const calm = await this.during(() => sleep(600));
    const stormy = await this.during(action);
    const after = await this.during(() => sleep(600));
    const show = ({ rate, lost, longestPauseMs }: Reception) =>
      `${rate.toFixed(0)}/s, ${lost} lost, pauses of ${longestPauseMs.toFixed(0)} ms at most`;
    t.diagnostic(`witnesses get ${show(calm)} before, ${show(stormy)} during, ${show(after)} after`);
    assert.deepEqual([stormy.lost, after.lost], [0, 0]);
    assert.ok(after.rate > calm.rate * 0.7, 'media goes on');
    assert.ok(stormy.longestPauseMs < longestPauseMs, `a pause of ${stormy.longestPauseMs} ms`);
    assert.equal(this.client.closed, null);
  }

  close(): void {
    this.client.socket.terminate();
    this.sender.close();
    this.receiver.close();
  }

  #note(packet: Uint8Array): void {
    const view = new DataView(packet.buffer, packet.byteOffset);
    const sequence = view.getUint16(2);
    const ssrc = view.getUint32(8);
    const expected = ((this.#lastSequence.get(ssrc) ?? sequence - 1) + 1) & 0xffff;
    // Ahead of what was expected; what comes late or again is behind.
    const ahead = (sequence - expected) & 0xffff;
    if (ahead < 0x8000) {
      this.#lost += ahead;
      this.#lastSequence.set(ssrc, sequence);
    }
    this.#packets++;
    const now = performance.now();
    this.#longestPauseMs = Math.max(this.#longestPauseMs, now - this.#lastAtMs);
    this.#lastAtMs = now;
  }
}

/** Makes an endpoint for a peer that offers. @returns the endpoint's id */
export async function negotiate(
  client: KurentoTestClient,
  mediaPipeline: string,
  peer: HeadlessPeer,
): Promise<string> {
  const endpoint = await client.create('WebRtcEndpoint', { mediaPipeline });
  const before = client.events.length;
  await client.subscribe(endpoint, 'IceCandidateFound');
  const answer: string = await client.invoke(endpoint, 'processOffer', { offer: peer.createOffer() });
  await client.invoke(endpoint, 'gatherCandidates');
  const candidates = () =>
    client.events
      .slice(before)
      .flatMap(({ value }) => (value.object === endpoint ? [value.data.candidate.candidate] : []));
  await until('a candidate', () => candidates().length > 0);
  // Headless peers take candidates in descriptions only.
  peer.acceptAnswer(
    answer.replace(
      /(?=a=ice-ufrag)/,
      candidates()
        .map((each) => `a=${each}\r\n`)
        .join(''),
    ),
  );
  return endpoint;
}
