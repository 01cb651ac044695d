import type { InboundStream } from '../receiving/inbound-stream.ts';
import { translatedExtensions } from '../rtp/extension-mapping.ts';
import { RtpPacket } from '../rtp/rtp-packet.ts';

/** Packets of a run at most: a picture of 1.5 Mbit/s has six, and past a dozen another brings nothing. */
const maxPackets = 16;

/**
 * Packets of one picture that came right after one another, to be given to the forwarders together: all of them to the
 * first, then all to the second. What a forwarder remembers is then fetched from memory once for the run, and that is
 * most of what a packet costs where there are many receivers. Nothing waits for a run to become longer: it ends with
 * the batch it came in.
 *
 * Of one encoding, with consecutive numbers, and of the same layers: nothing a forwarder asks of the source changes
 * within a run. What begins a key frame or has a dependency descriptor is no part of any.
 */
export class PacketRun {
  /** The first `#length` are the run, the next is the spare. */
  readonly #packets = Array.from({ length: maxPackets + 1 }, () => new RtpPacket());
  #length = 0;
  #stream: InboundStream | null = null;

  /** What the next packet is to be read into. */
  get spare(): RtpPacket {
    return this.#packets[this.#length];
  }

  /**
   * `packet`, just read, comes next: if it is not the next of the picture, the run is over and is handed on. Fills in
   * the packet's serial, which those of a run share as far as forwarders translate the same.
   */
  precede(packet: RtpPacket, nextSerial: number): void {
    packet.serial = nextSerial;
    if (this.#length === 0) return;
    const last = this.#packets[this.#length - 1];
    if (
      packet.ssrc !== last.ssrc ||
      packet.timestamp !== last.timestamp ||
      packet.payloadType !== last.payloadType ||
      packet.sequenceNumber !== ((last.sequenceNumber + 1) & 0xffff)
    )
      this.handOn();
    else if (((packet.extensions | last.extensions) & translatedExtensions) === 0)
      packet.serial = last.serial;
  }

  /** Takes the spare, a packet of `stream`, into the run, if it may be part of one; else it is to be handed on alone. */
  add(stream: InboundStream): boolean {
    const packet = this.spare;
    const alone =
      packet.startsKeyFrame ||
      !packet.newest ||
      packet.payloadLength === 0 ||
      packet.layers.dependencies !== null;
    if (this.#length > 0 && (alone || !this.#goesOn(packet, stream))) this.handOn();
    if (alone) return false;
    this.#stream = stream;
    this.#length++;
    if (this.#length === maxPackets) this.handOn();
    return true;
  }

  /** Reads the next packet into this instead: somebody has kept the spare, which is no part of the run. */
  replaceSpare(packet: RtpPacket): void {
    this.#packets[this.#length] = packet;
  }

  /** Gives the run to the forwarders of its track. */
  handOn(): void {
    const length = this.#length;
    const stream = this.#stream;
    if (stream === null) return;
    const packets = this.#packets;
    this.#length = 0;
    this.#stream = null;
    stream.track.lane.handOn(packets, length, stream);
    packets[length - 1].layers.noteNumbers(stream.numbers);
    // What has been read into the spare stays there.
    const spare = packets[length];
    packets[length] = packets[0];
    packets[0] = spare;
  }

  #goesOn({ layers, streamKey }: RtpPacket, stream: InboundStream): boolean {
    const last = this.#packets[this.#length - 1];
    return (
      stream === this.#stream &&
      streamKey === last.streamKey &&
      layers.syntax === last.layers.syntax &&
      layers.spatial === last.layers.spatial &&
      layers.temporal === last.layers.temporal
    );
  }
}
