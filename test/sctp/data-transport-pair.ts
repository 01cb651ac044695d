/** The data channels of two connections over an emulated network, on a virtual clock. */
import type { DataChannel } from '../../src/webrtc/data-channels/data-channel.ts';
import { createDataCounters } from '../../src/webrtc/data-channels/data-counters.ts';
import { type DataLimits, DataTransport } from '../../src/webrtc/data-channels/data-transport.ts';
import type { LinkParameters } from '../network/link-parameters.ts';
import { NetworkEmulator } from '../network/network-emulator.ts';
import { SeededRandom } from '../network/seeded-random.ts';

export const defaultLimits: DataLimits = {
  maxChannels: 16,
  maxMessageBytes: 262_144,
  maxBufferedBytes: 1 << 20,
};

export class DataEnd {
  readonly transport: DataTransport;
  readonly counters = createDataCounters();
  readonly opened: DataChannel[] = [];
  readonly bugs: unknown[] = [];
  end: string | null = null;

  constructor(
    limits: Partial<DataLimits>,
    random: SeededRandom,
    now: () => number,
    send: (packet: Uint8Array) => void,
  ) {
    this.transport = new DataTransport({
      ...{ limits: { ...defaultLimits, ...limits }, counters: this.counters, now },
      reportBug: (_where, error) => this.bugs.push(error),
      randomUint32: () => random.uint32(),
      sendPacket: send,
      deadlineChanged: () => {},
      onChannel: (channel) => this.opened.push(channel),
      onEnd: (reason) => {
        this.end = reason;
      },
    });
  }
}

export class DataTransportPair {
  now = 0;
  readonly client: DataEnd;
  readonly server: DataEnd;
  readonly toServer: NetworkEmulator;
  readonly toClient: NetworkEmulator;

  constructor(link: Partial<LinkParameters> = { delayMs: 10 }, seed = 1, limits: Partial<DataLimits> = {}) {
    const random = new SeededRandom(seed);
    this.toServer = new NetworkEmulator(link, seed + 100);
    this.toClient = new NetworkEmulator(link, seed + 200);
    const now = (): number => this.now;
    this.client = new DataEnd({}, random, now, (packet) => this.toServer.enqueue(this.now, packet.slice()));
    this.server = new DataEnd(limits, random, now, (packet) =>
      this.toClient.enqueue(this.now, packet.slice()),
    );
  }

  start(clientMaxMessageSize = 262_144): void {
    this.client.transport.start('client', { port: 5000, maxMessageSize: 262_144 });
    this.server.transport.start('server', { port: 5000, maxMessageSize: clientMaxMessageSize });
  }

  run(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      for (const { transport } of [this.client, this.server])
        if (transport.nextDeadline() <= this.now) transport.handleTimeout();
      for (const packet of this.toServer.take(this.now)) this.server.transport.receive(packet);
      for (const packet of this.toClient.take(this.now)) this.client.transport.receive(packet);
      const machines = [this.client.transport, this.server.transport, this.toServer, this.toClient];
      const next = Math.min(...machines.map((machine) => machine.nextDeadline()));
      if (next > end) break;
      this.now = Math.max(this.now, next);
    }
    this.now = end;
  }
}

/** What a channel receives from now on: text as text, bytes as their number. */
export function inboxOf(channel: DataChannel): (string | number)[] {
  const inbox: (string | number)[] = [];
  channel.on('message', (data, text) => inbox.push(text ? new TextDecoder().decode(data) : data.length));
  return inbox;
}

/** Why a channel closes, once it has. */
export function closingOf(channel: DataChannel): { reason: string | null } {
  const closing = { reason: null as string | null };
  channel.on('closed', (reason) => {
    closing.reason = reason;
  });
  return closing;
}
