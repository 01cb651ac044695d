/**
 * Sends whatever bytes it is given as RTP or RTCP under a valid session: past ICE, DTLS and SRTP, where only an
 * authenticated participant can reach, so that the parsers behind them see the mutations.
 */
import { LoadPeer } from '../../../src/load/load-peer.ts';
import { openPacketIo } from '../../../src/packet-io/addon.ts';
import { InboxField, inboxStride, maxPrefixBytes, PacketKind } from '../../../src/packet-io/layout.ts';
import type { PacketIo } from '../../../src/packet-io/packet-io.ts';
import { SendQueue } from '../../../src/packet-io/send-queue.ts';

const timerIntervalMs = 20;

export class AuthenticatedSender {
  readonly ssrc: number;
  readonly #io: PacketIo;
  readonly #queue: SendQueue;
  readonly #peer: LoadPeer;
  readonly #timer: NodeJS.Timeout;

  private constructor(io: PacketIo, peer: LoadPeer) {
    this.#io = io;
    this.#queue = new SendQueue(io);
    this.#peer = peer;
    this.ssrc = peer.options.ssrc;
    this.#timer = setInterval(() => peer.handleTimeout(performance.now()), timerIntervalMs);
  }

  /** Joins as a WHIP publisher or a WHEP player of one VP8 video. */
  static async join(
    url: string,
    direction: 'sendonly' | 'recvonly',
    ssrc: number,
  ): Promise<AuthenticatedSender> {
    const io = openPacketIo({ slotCount: 1024, maxTransports: 1 });
    const peer = new LoadPeer({
      io,
      url: new URL(url),
      kind: 'video',
      direction,
      ssrc,
      feedback: false,
      localAddress: '127.0.0.1',
    });
    const { inbox, arena } = io;
    io.start((count) => {
      for (let index = 0; index < count; index++) {
        const at = index * inboxStride;
        const offset = inbox[at + InboxField.Offset]!;
        const datagram = arena.subarray(offset, offset + inbox[at + InboxField.Length]!);
        const kind = inbox[at + InboxField.Kind];
        if (kind === PacketKind.Stun) peer.receiveStun(datagram, performance.now());
        else if (kind === PacketKind.Dtls) peer.receiveDtls(datagram, performance.now());
      }
    });
    const sender = new AuthenticatedSender(io, peer);
    try {
      await peer.join();
    } catch (error) {
      await sender.close();
      throw error;
    }
    return sender;
  }

  /** Queues one packet; flush() sends. */
  queue(kind: 'rtp' | 'rtcp', packet: Uint8Array): void {
    const bytes = packet.subarray(0, maxPrefixBytes);
    this.#queue.prefixes.set(bytes, this.#queue.begin());
    this.#queue.commit(
      kind === 'rtp' ? PacketKind.Rtp : PacketKind.Rtcp,
      this.#peer.transport,
      bytes.length,
      0,
      0,
    );
  }

  flush(): void {
    this.#queue.flush();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#peer.close();
    this.#io.close();
  }
}
