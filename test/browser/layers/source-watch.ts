import type { Publication } from '../../../src/index.ts';
import type { SourceRhythm } from './freezes.ts';
import { PacketWatch } from './packet-watch.ts';
import type { LabPublication } from './publications.ts';

/** Packets of any kind are not further apart than the pictures they are of. */
const anyUsualMs = 40;
/** Rarest to most frequent temporal layer: each has half the pictures of the one above. */
const doubling = 2;

/**
 * When a publisher's packets came. Of one encoding with spatial layers also when the lowest temporal layer of each
 * came: encoders leave out single pictures of single layers when key frames have used up their bit rate, and nobody
 * can show those.
 */
export class SourceWatch {
  readonly any: PacketWatch;
  readonly rhythms: SourceRhythm[];
  readonly #restore: () => void;

  constructor(publication: Publication, { encodings, heights, temporalLayers, source }: LabPublication) {
    this.any = PacketWatch.ofPublication(publication);
    this.rhythms = [{ times: this.any.times, usualMs: anyUsualMs }];
    const { track } = publication;
    const receive = track.receive;
    this.#restore = () => {
      track.receive = receive;
    };
    if (encodings.length > 1) return;
    const usualMs = (1000 / source.frameRate) * doubling ** (temporalLayers - 1);
    const times = heights.map((): number[] => []);
    this.rhythms.push(...times.map((ofLayer) => ({ times: ofLayer, usualMs })));
    track.receive = (packet, stream, index) => {
      receive.call(track, packet, stream, index);
      if (packet.layers.temporal > 0 || packet.payloadLength === 0) return;
      times[packet.layers.spatial]?.push(performance.timeOrigin + performance.now());
    };
  }

  stop(): void {
    this.any.stop();
    this.#restore();
  }
}
