/**
 * Everybody has an endpoint for what they send and one for each of the others. Every offer of a page is for what one
 * participant sends, its own included: the sender is connected first, however often that was done before.
 */
import type { KurentoClient, MediaObject } from 'kurento-client';
import type { Demo, Register } from './demo.ts';
import { createEndpoint, createPipeline, invoke, openClient } from './invoke.ts';
import type { PageLink } from './page-link.ts';

interface Participant {
  readonly page: PageLink;
  readonly outgoing: MediaObject;
  /** By the name of the sender. */
  readonly incoming: Map<string, MediaObject>;
}

export class GroupCall implements Demo {
  readonly #url: string;
  readonly #register: Register;
  #client: KurentoClient | null = null;
  #pipeline: MediaObject | null = null;
  readonly #participants = new Map<string, Participant>();
  /** Who comes and goes does so one after another. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(url: string, register: Register) {
    this.#url = url;
    this.#register = register;
  }

  join(page: PageLink): void {
    this.#turn = this.#turn.then(async () => {
      this.#client ??= await openClient(this.#url);
      this.#pipeline ??= await createPipeline(this.#client);
      const outgoing = await createEndpoint(this.#pipeline);
      this.#register(page.name, outgoing);
      page.adopt(page.name, outgoing);
      this.#participants.set(page.name, { page, outgoing, incoming: new Map() });
      this.#announce();
    });
  }

  /** @param of whose media the page wants; itself for what it sends */
  async offer(page: PageLink, of: string, _role: string, sdpOffer: string): Promise<void> {
    const receiver = this.#participants.get(page.name);
    const sender = this.#participants.get(of);
    if (receiver === undefined || sender === undefined) throw new Error(`${of} has left`);
    const endpoint = await this.#endpointFor(receiver, sender);
    const answer = await invoke<string>(endpoint, 'processOffer', sdpOffer);
    page.send({ id: 'answer', of, sdpAnswer: answer });
    await invoke(endpoint, 'gatherCandidates');
  }

  async leave(page: PageLink): Promise<void> {
    const leaving = this.#turn.then(() => this.#remove(page.name));
    this.#turn = leaving;
    await leaving;
  }

  async close(): Promise<void> {
    for (const { page } of [...this.#participants.values()]) await this.leave(page);
  }

  async #endpointFor(receiver: Participant, sender: Participant): Promise<MediaObject> {
    if (receiver === sender) return sender.outgoing;
    const { name } = sender.page;
    let incoming = receiver.incoming.get(name);
    if (incoming === undefined) {
      incoming = await createEndpoint(this.#pipeline!);
      receiver.incoming.set(name, incoming);
      this.#register(`${receiver.page.name} from ${name}`, incoming);
      receiver.page.adopt(name, incoming);
    }
    // The tutorial's lookup is made twice for each offer, and connects each time.
    await invoke(sender.outgoing, 'connect', incoming);
    await invoke(sender.outgoing, 'connect', incoming);
    return incoming;
  }

  async #remove(name: string): Promise<void> {
    const leaver = this.#participants.get(name);
    if (leaver === undefined) return;
    this.#participants.delete(name);
    for (const { page, incoming } of this.#participants.values()) {
      const endpoint = incoming.get(name);
      incoming.delete(name);
      page.forget(name);
      page.send({ id: 'stopped', of: name });
      if (endpoint !== undefined) await invoke(endpoint, 'release');
    }
    for (const endpoint of leaver.incoming.values()) await invoke(endpoint, 'release');
    await invoke(leaver.outgoing, 'release');
    if (this.#participants.size === 0 && this.#pipeline !== null) {
      await invoke(this.#pipeline, 'release');
      this.#pipeline = null;
      this.#client?.close();
      this.#client = null;
    }
    this.#announce();
  }

  #announce(): void {
    for (const { page } of this.#participants.values()) {
      const names = [...this.#participants.keys()].filter((other) => other !== page.name);
      page.send({ id: 'participants', names });
    }
  }
}
