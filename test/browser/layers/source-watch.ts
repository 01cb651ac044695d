import type { Publication } from '../../../src/index.ts';
import type { SourceRhythm } from './freezes.ts';
import { PacketWatch } from './packet-watch.ts';
import type { LabPublication } from './publications.ts';

/** Packets of any kind are not further apart than the pictures they are of. */
const anyUsualMs = 40;
/** Rarest to most frequent temporal layer: each has half the pictures of the one above. */
const doubling = 2;

/**
 * When a publisher's packets came, and when pictures of the lowest temporal layer did, of each encoding and spatial layer:
 * encoders leave out single pictures of single layers when key frames have used up their bit rate, or the machine is
 * busy, and nobody can show those.
 */
export class SourceWatch {
  readonly any: PacketWatch;
  readonly rhythms: SourceRhythm[];
  readonly #restore: () => void;

  constructor(publication: Publication, { encodings, heights, temporalLayers, source }: LabPublication) {
    this.any = PacketWatch.ofPublication(publication);
    const usualMs = (1000 / source.frameRate) * doubling ** (temporalLayers - 1);
    const perEncoding = heights.length / encodings.length;
    const times = heights.map((): number[] => []);
    this.rhythms = [
      { times: this.any.times, usualMs: anyUsualMs },
      ...times.map((ofLayer) => ({ times: ofLayer, usualMs })),
    ];
    const { track } = publication;
    const receive = track.receive;
    track.receive = (packet, stream, index) => {
      receive.call(track, packet, stream, index);
      if (packet.layers.temporal > 0 || packet.payloadLength === 0) return;
      const layer = stream.encoding * perEncoding + packet.layers.spatial;
      times[layer]?.push(performance.timeOrigin + performance.now());
    };
    this.#restore = () => {
      track.receive = receive;
    };
  }

  stop(): void {
    this.any.stop();
    this.#restore();
  }
}
