/**
 * An encoder without pictures for tests: frames with the layers, dependencies and descriptors of real ones, each
 * carrying in its payload what it is, so that a receiver can be checked against the truth. Holds no tests itself.
 */
import { BitWriter } from '../rtp/bit-reader.ts';
import { big } from '../simulation.test.ts';

export interface EncoderOptions {
  readonly codec: 'VP8' | 'VP9' | 'AV1' | 'H264';
  readonly spatialLayers: number;
  readonly temporalLayers: number;
  /** Inter-layer prediction at key pictures only (L…_KEY). */
  readonly keyPicturesOnly?: boolean;
  /** No prediction between spatial layers at all (S…). */
  readonly independent?: boolean;
  /** VP9: references by P_DIFF. */
  readonly flexible?: boolean;
  readonly dependencyDescriptor?: boolean;
  /** Told apart by the checker. */
  readonly encoding?: number;
  readonly packetsPerFrame?: number;
  /** First picture id, TL0PICIDX, frame number. */
  readonly start?: number;
  readonly width?: number;
  readonly height?: number;
}

/** What a packet's payload says of itself. */
export interface PacketTruth {
  readonly encoding: number;
  readonly picture: number;
  readonly spatial: number;
  readonly temporal: number;
  readonly key: boolean;
  readonly packet: number;
  readonly packets: number;
  /** The frames it needs: [picture, spatial]. */
  readonly needs: readonly (readonly [picture: number, spatial: number])[];
}

export interface EncodedPacket {
  readonly payload: number[];
  readonly descriptor: number[] | null;
  readonly marker: boolean;
  readonly truth: PacketTruth;
}

interface Frame {
  readonly picture: number;
  readonly spatial: number;
  readonly temporal: number;
  readonly number: number;
}

const patterns: readonly (readonly number[])[] = [[], [0], [0, 1], [0, 2, 1, 2]];
const truthMark = 0xa7;

export class SyntheticEncoder {
  readonly options: EncoderOptions;
  /** Layers that are produced; fewer than the structure has, if lowered. */
  activeSpatialLayers: number;
  /** Which spatial layers are left out of the next picture, unless it is a key picture. */
  leavesOut: readonly number[] = [];
  #picture = 0;
  #sinceKey = 0;
  #keyWanted = true;
  #frameNumber: number;
  #tl0 = 0;
  #keyIndex = 0;
  /** The last frame of each spatial and temporal layer. */
  #last = new Map<string, Frame>();
  #chains: (Frame | null)[] = [];

  constructor(options: EncoderOptions) {
    this.options = options;
    this.activeSpatialLayers = options.spatialLayers;
    this.#picture = options.start ?? 0;
    this.#frameNumber = options.start ?? 0;
    this.#tl0 = (options.start ?? 0) & 0xff;
  }

  requestKeyFrame(): void {
    this.#keyWanted = true;
  }

  /** The packets of the next picture, lowest spatial layer first. */
  encode(): EncodedPacket[] {
    const { temporalLayers } = this.options;
    const pattern = patterns[temporalLayers];
    // A key picture starts the pattern anew.
    const key = this.#keyWanted;
    if (key) {
      this.#sinceKey = 0;
      this.#keyIndex = (this.#keyIndex + 1) & 0x1f;
    }
    this.#keyWanted = false;
    const temporal = pattern[this.#sinceKey % pattern.length];
    if (temporal === 0) this.#tl0 = (this.#tl0 + 1) & 0xff;
    const packets: EncodedPacket[] = [];
    for (let spatial = 0; spatial < this.activeSpatialLayers; spatial++) {
      if (key || !this.leavesOut.includes(spatial))
        packets.push(...this.#encodeFrame(spatial, temporal, key));
    }
    this.#sinceKey++;
    this.#picture++;
    return packets.map((packet, index) => ({ ...packet, marker: index === packets.length - 1 }));
  }

  #encodeFrame(spatial: number, temporal: number, key: boolean): EncodedPacket[] {
    const { codec, packetsPerFrame = 2, encoding = 0 } = this.options;
    const frame: Frame = { picture: this.#picture, spatial, temporal, number: this.#frameNumber++ };
    const needed = this.#references(frame, key);
    const truth = {
      encoding,
      picture: frame.picture,
      spatial,
      temporal,
      key,
      packets: packetsPerFrame,
      needs: needed.map(({ picture, spatial: layer }) => [picture, layer] as const),
    };
    const chainDiffs = this.#chainDiffs(frame, key);
    const packets = Array.from({ length: packetsPerFrame }, (_, packet) => {
      const first = packet === 0;
      const last = packet === packetsPerFrame - 1;
      const head =
        codec === 'VP8'
          ? this.#vp8Descriptor(frame, key, first, needed)
          : codec === 'VP9'
            ? this.#vp9Descriptor(frame, key, first, last, needed)
            : codec === 'AV1'
              ? [0x10 | (key && first && spatial === 0 ? 0x08 : 0), 0x30]
              : [key && first ? 0x67 : 0x41];
      return {
        payload: [...head, ...truthBytes({ ...truth, packet })],
        descriptor: this.options.dependencyDescriptor
          ? this.#dependencyDescriptor(frame, key, first, last, needed, chainDiffs)
          : null,
        marker: false,
        truth: { ...truth, packet },
      };
    });
    this.#last.set(`${spatial},${temporal}`, frame);
    if (temporal === 0) this.#noteChains(frame, key);
    return packets;
  }

  /** The frames a frame is predicted from. */
  #references({ picture, spatial, temporal }: Frame, key: boolean): Frame[] {
    const { keyPicturesOnly, independent } = this.options;
    const below = spatial > 0 && !independent && (key || !keyPicturesOnly);
    const references: Frame[] = [];
    if (below) {
      for (const frame of this.#last.values()) {
        if (frame.picture === picture && frame.spatial === spatial - 1) references.push(frame);
      }
    }
    if (key) return references;
    // The latest of a lower temporal layer, or the last of the base layer.
    const earlier = [...this.#last.values()]
      .filter((frame) => frame.spatial === spatial && frame.picture < picture)
      .filter((frame) => (temporal === 0 ? frame.temporal === 0 : frame.temporal < temporal))
      .sort((a, b) => b.picture - a.picture);
    if (earlier.length > 0) references.unshift(earlier[0]);
    return references;
  }

  #inChain(chain: number, { spatial }: Frame, key: boolean): boolean {
    const { keyPicturesOnly, independent } = this.options;
    if (independent || (keyPicturesOnly && !key)) return spatial === chain;
    return spatial <= chain;
  }

  #chainDiffs(frame: Frame, key: boolean): number[] {
    if (key && frame.spatial === 0) this.#chains = new Array(this.options.spatialLayers).fill(null);
    return this.#chains.map((last) => (last === null ? 0 : frame.number - last.number));
  }

  #noteChains(frame: Frame, key: boolean): void {
    for (let chain = 0; chain < this.options.spatialLayers; chain++) {
      if (this.#inChain(chain, frame, key)) this.#chains[chain] = frame;
    }
  }

  #vp8Descriptor(frame: Frame, key: boolean, first: boolean, needed: Frame[]): number[] {
    const { temporalLayers, width = 320, height = 180 } = this.options;
    const layered = temporalLayers > 1;
    const sync = frame.temporal > 0 && needed.every(({ temporal }) => temporal === 0);
    const descriptor = [
      0x80 | (first ? 0x10 : 0),
      0x80 | (layered ? 0x70 : 0),
      0x80 | ((frame.picture >>> 8) & 0x7f),
      frame.picture & 0xff,
      ...(layered ? [this.#tl0, (frame.temporal << 6) | (sync ? 0x20 : 0) | this.#keyIndex] : []),
    ];
    if (!first) return descriptor;
    if (!key) return [...descriptor, 0x01];
    return [...descriptor, 0, 0, 0, 0x9d, 0x01, 0x2a, width & 0xff, width >> 8, height & 0xff, height >> 8];
  }

  #vp9Descriptor(frame: Frame, key: boolean, first: boolean, last: boolean, needed: Frame[]): number[] {
    const {
      flexible = false,
      spatialLayers,
      keyPicturesOnly = false,
      width = 320,
      height = 180,
    } = this.options;
    const earlier = needed.filter(({ picture }) => picture < frame.picture);
    const predicted = earlier.length > 0;
    const below = needed.some(({ picture }) => picture === frame.picture);
    const structure = key && first && frame.spatial === 0;
    const unused = frame.spatial === spatialLayers - 1 || (keyPicturesOnly && !key);
    return [
      0x80 |
        (predicted ? 0x40 : 0) |
        0x20 |
        (flexible ? 0x10 : 0) |
        (first ? 0x08 : 0) |
        (last ? 0x04 : 0) |
        (structure ? 0x02 : 0) |
        (unused ? 0x01 : 0),
      0x80 | ((frame.picture >>> 8) & 0x7f),
      frame.picture & 0xff,
      (frame.temporal << 5) | (frame.temporal === 0 ? 0x10 : 0) | (frame.spatial << 1) | (below ? 1 : 0),
      ...(flexible
        ? earlier.map(
            (reference, i) => ((frame.picture - reference.picture) << 1) | (i < earlier.length - 1 ? 1 : 0),
          )
        : [this.#tl0]),
      ...(structure
        ? [
            ((spatialLayers - 1) << 5) | 0x10,
            ...Array.from({ length: spatialLayers }, (_, layer) => [
              ...big(width >> (spatialLayers - 1 - layer), 2),
              ...big(height >> (spatialLayers - 1 - layer), 2),
            ]).flat(),
          ]
        : []),
    ];
  }

  /** DecodeTargetIndication of a frame for the decode target of two layers. */
  #indication(frame: Frame, key: boolean, spatial: number, temporal: number): number {
    if (frame.spatial > spatial || frame.temporal > temporal) return 0;
    if (this.options.independent && frame.spatial < spatial) return 0;
    if (key) return 2;
    if (frame.spatial < spatial) return this.options.keyPicturesOnly ? 0 : 3;
    return frame.temporal === temporal && temporal > 0 ? 1 : 2;
  }

  #indications(frame: Frame, key: boolean): number[] {
    return this.#layers().map(([spatial, temporal]) => this.#indication(frame, key, spatial, temporal));
  }

  /** Decode targets and templates, in the same order: all layers, lowest first. */
  #layers(): (readonly [spatial: number, temporal: number])[] {
    const { spatialLayers, temporalLayers } = this.options;
    return Array.from({ length: spatialLayers * temporalLayers }, (_, i) => [
      Math.floor(i / temporalLayers),
      i % temporalLayers,
    ]);
  }

  #dependencyDescriptor(
    frame: Frame,
    key: boolean,
    first: boolean,
    last: boolean,
    needed: Frame[],
    chainDiffs: number[],
  ): number[] {
    const { spatialLayers, temporalLayers, encoding = 0, width = 320, height = 180 } = this.options;
    const layers = this.#layers();
    const bytes = new Uint8Array(255);
    const writer = new BitWriter();
    writer.start(bytes, 0);
    const idOffset = (encoding * 17) & 63;
    writer.write(first ? 1 : 0, 1);
    writer.write(last ? 1 : 0, 1);
    writer.write((idOffset + frame.spatial * temporalLayers + frame.temporal) & 63, 6);
    writer.write(frame.number & 0xffff, 16);
    const structure = key && first && frame.spatial === 0;
    const lowered = this.activeSpatialLayers < spatialLayers;
    // Templates say what delta frames are; differences are always told.
    writer.write(structure ? 1 : 0, 1);
    writer.write(lowered ? 1 : 0, 1);
    writer.write(key ? 1 : 0, 1);
    writer.write(1, 1);
    writer.write(1, 1);
    if (structure) {
      writer.write(idOffset, 6);
      writer.write(layers.length - 1, 5);
      layers.forEach((_, i) => {
        if (i > 0) writer.write(layers[i][0] === layers[i - 1][0] ? 1 : 2, 2);
      });
      writer.write(3, 2);
      for (const [spatial, temporal] of layers) {
        for (const indication of this.#indications({ ...frame, spatial, temporal }, false)) {
          writer.write(indication, 2);
        }
      }
      for (const _ of layers) writer.write(0, 1);
      writeNonSymmetric(writer, spatialLayers, layers.length + 1);
      for (const [spatial] of layers) writeNonSymmetric(writer, spatial, spatialLayers);
      for (let i = 0; i < layers.length * spatialLayers; i++) writer.write(0, 4);
      writer.write(1, 1);
      for (let layer = 0; layer < spatialLayers; layer++) {
        writer.write((width >> (spatialLayers - 1 - layer)) - 1, 16);
        writer.write((height >> (spatialLayers - 1 - layer)) - 1, 16);
      }
    }
    if (lowered) {
      layers.forEach((_, i) => {
        writer.write(layers[layers.length - 1 - i][0] < this.activeSpatialLayers ? 1 : 0, 1);
      });
    }
    if (key) for (const indication of this.#indications(frame, true)) writer.write(indication, 2);
    for (const reference of needed) {
      writer.write(2, 2);
      writer.write(frame.number - reference.number - 1, 8);
    }
    writer.write(0, 2);
    for (const diff of chainDiffs) writer.write(diff, 8);
    return [...bytes.subarray(0, writer.length)];
  }
}

/** ns(n) of the AV1 specification §4.10.7. */
export function writeNonSymmetric(writer: BitWriter, value: number, values: number): void {
  const width = Math.floor(Math.log2(values)) + 1;
  const shorter = 2 ** width - values;
  if (value < shorter) writer.write(value, width - 1);
  else {
    writer.write((value + shorter) >> 1, width - 1);
    writer.write((value + shorter) & 1, 1);
  }
}

function truthBytes(truth: PacketTruth): number[] {
  const bytes = [
    truthMark,
    truth.encoding,
    ...big(truth.picture, 4),
    truth.spatial,
    truth.temporal,
    truth.key ? 1 : 0,
    truth.packet,
    truth.packets,
    ...truth.needs.flatMap(([picture, spatial]) => [...big(picture, 4), spatial]),
    truth.needs.length,
  ];
  return [...bytes, bytes.length];
}

/** Reads what a payload says of itself: it stands at its end. */
export function readTruth(payload: Uint8Array): PacketTruth {
  const length = payload[payload.length - 1];
  const bytes = payload.subarray(payload.length - 1 - length);
  if (bytes[0] !== truthMark) throw new Error('No synthetic payload.');
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const count = bytes[length - 1];
  return {
    encoding: bytes[1],
    picture: view.getUint32(2),
    spatial: bytes[6],
    temporal: bytes[7],
    key: bytes[8] === 1,
    packet: bytes[9],
    packets: bytes[10],
    needs: Array.from({ length: count }, (_, i) => [view.getUint32(11 + i * 5), bytes[15 + i * 5]] as const),
  };
}
