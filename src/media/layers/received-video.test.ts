/**
 * Checks what one receiver got of synthetic encoders against the truth in the payloads: nothing may be missing,
 * undecodable, or misnumbered. Holds no tests itself.
 */
import assert from 'node:assert/strict';
import { BitReader } from '../rtp/bit-reader.ts';
import type { ReadRtp } from '../simulation.test.ts';
import { type PacketTruth, readTruth } from './synthetic-encoder.test.ts';

export interface ReceivedPacket {
  readonly rtp: ReadRtp;
  readonly descriptor: Uint8Array | null;
  readonly atMs: number;
}

interface Packet extends ReceivedPacket {
  /** Extended, from the first. */
  readonly sequence: number;
  readonly truth: PacketTruth | null;
}

interface Frame {
  readonly truth: PacketTruth;
  readonly packets: Packet[];
  readonly first: Packet;
}

/** The end of an encoding's frames before another took over may be cut off. */
const cutOffMs = 300;

/** Throws where anything is wrong; returns the frames that came, in order. */
export function checkReceived(received: readonly ReceivedPacket[], codec: string): readonly Frame[] {
  const packets = inOrder(received);
  checkTimestamps(packets);
  const frames = framesOf(packets);
  const excused = excusedBefore(packets);
  checkHoles(packets, excused);
  checkDecodable(frames, excused);
  checkMarkers(packets, excused);
  if (codec === 'VP8') checkVp8(frames, packets, excused);
  if (codec === 'VP9') checkVp9(frames);
  if (packets.some(({ descriptor }) => descriptor !== null)) checkDependencies(frames, excused);
  return frames;
}

function inOrder(received: readonly ReceivedPacket[]): Packet[] {
  let highest = 0;
  const bySequence = new Map<number, Packet>();
  received.forEach((packet, i) => {
    const { sequenceNumber, payload } = packet.rtp;
    const sequence =
      i === 0 ? 0x10000 + sequenceNumber : highest + (((sequenceNumber - highest) << 16) >> 16);
    highest = Math.max(highest, sequence);
    assert.ok(!bySequence.has(sequence), `sequence number ${sequenceNumber} was used twice`);
    bySequence.set(sequence, { ...packet, sequence, truth: payload.length > 0 ? readTruth(payload) : null });
  });
  return [...bySequence.values()].sort((a, b) => a.sequence - b.sequence);
}

function checkTimestamps(packets: readonly Packet[]): void {
  const filled = packets.filter(({ truth }) => truth !== null);
  for (let i = 1; i < filled.length; i++) {
    const step = (filled[i].rtp.timestamp - filled[i - 1].rtp.timestamp) | 0;
    assert.ok(step >= 0, `timestamps go back by ${-step} at ${filled[i].sequence}`);
    const same =
      filled[i].truth!.picture === filled[i - 1].truth!.picture &&
      filled[i].truth!.encoding === filled[i - 1].truth!.encoding;
    assert.equal(step === 0, same, `a picture has one timestamp, at ${filled[i].sequence}`);
  }
}

function framesOf(packets: readonly Packet[]): Frame[] {
  const frames = new Map<string, Frame>();
  for (const packet of packets) {
    if (packet.truth === null) continue;
    const { encoding, picture, spatial } = packet.truth;
    const key = `${encoding}/${picture}/${spatial}`;
    const frame = frames.get(key);
    if (frame === undefined) frames.set(key, { truth: packet.truth, packets: [packet], first: packet });
    else frame.packets.push(packet);
  }
  return [...frames.values()];
}

/** Sequence numbers whose packets may be lost for good: sent shortly before another encoding took over. */
function excusedBefore(packets: readonly Packet[]): (sequence: number) => boolean {
  const filled = packets.filter(({ truth }) => truth !== null);
  const ranges: [from: number, to: number][] = [];
  for (let i = 1; i < filled.length; i++) {
    if (filled[i].truth!.encoding === filled[i - 1].truth!.encoding) continue;
    const from = filled.find(({ atMs }) => atMs >= filled[i].atMs - cutOffMs)!;
    ranges.push([from.sequence, filled[i].sequence]);
  }
  return (sequence) => ranges.some(([from, to]) => sequence >= from && sequence < to);
}

function checkHoles(packets: readonly Packet[], excused: (sequence: number) => boolean): void {
  for (let i = 1; i < packets.length; i++) {
    for (let missing = packets[i - 1].sequence + 1; missing < packets[i].sequence; missing++) {
      assert.ok(excused(missing), `sequence number ${missing} is missing`);
    }
  }
}

function nameOf({ encoding, picture, spatial, temporal, key }: PacketTruth): string {
  return `frame ${picture} S${spatial}T${temporal}${key ? ' (key)' : ''} of encoding ${encoding}`;
}

function checkDecodable(frames: readonly Frame[], excused: (sequence: number) => boolean): void {
  const complete = new Set<string>();
  for (const { truth, packets, first } of frames) {
    const whole = packets.length === truth.packets;
    if (excused(first.sequence)) {
      if (whole) complete.add(`${truth.encoding}/${truth.picture}/${truth.spatial}`);
      continue;
    }
    assert.ok(whole, `${nameOf(truth)} has ${packets.length} of ${truth.packets} packets`);
    for (const [picture, spatial] of truth.needs) {
      assert.ok(
        complete.has(`${truth.encoding}/${picture}/${spatial}`),
        `${nameOf(truth)} needs frame ${picture} S${spatial}`,
      );
    }
    complete.add(`${truth.encoding}/${truth.picture}/${truth.spatial}`);
  }
}

function checkMarkers(packets: readonly Packet[], excused: (sequence: number) => boolean): void {
  const filled = packets.filter(({ truth }) => truth !== null);
  for (let i = 0; i + 1 < filled.length; i++) {
    if (excused(filled[i].sequence)) continue;
    const ends = filled[i].rtp.timestamp !== filled[i + 1].rtp.timestamp;
    assert.equal(filled[i].rtp.marker, ends, `marker of ${nameOf(filled[i].truth!)}`);
  }
}

function checkVp8(
  frames: readonly Frame[],
  all: readonly Packet[],
  excused: (sequence: number) => boolean,
): void {
  const empty = all.filter(({ truth }) => truth === null).map(({ sequence }) => sequence);
  let formerSequence = 0;
  let former: { picture: number; tl0: number; key: number } | null = null;
  for (const { truth, packets } of frames) {
    for (const { rtp } of packets) {
      const { payload } = rtp;
      const picture = ((payload[2] & 0x7f) << 8) | payload[3];
      const layered = (payload[1] & 0x40) !== 0;
      const tl0 = layered ? payload[4] : 0;
      const key = layered ? payload[5] & 0x1f : 0;
      if (rtp !== packets[0].rtp) {
        assert.deepEqual({ picture, tl0, key }, former, `the packets of ${nameOf(truth)} agree`);
        continue;
      }
      if (former !== null && !excused(packets[0].sequence)) {
        // One whose packets were all late has its id before it turns out to be left out.
        const late = empty.filter((sequence) => sequence > formerSequence && sequence < packets[0].sequence);
        const ahead = (picture - former.picture) & 0x7fff;
        assert.ok(ahead >= 1 && ahead <= 1 + late.length, `picture id of ${nameOf(truth)}: + ${ahead}`);
        if (layered) {
          assert.equal(
            tl0,
            (former.tl0 + (truth.temporal === 0 ? 1 : 0)) & 0xff,
            `TL0PICIDX of ${nameOf(truth)}`,
          );
          assert.equal(key, (former.key + (truth.key ? 1 : 0)) & 0x1f, `KEYIDX of ${nameOf(truth)}`);
        }
      }
      former = { picture, tl0, key };
      formerSequence = packets[0].sequence;
    }
  }
}

function checkVp9(frames: readonly Frame[]): void {
  const pictureIds = new Map<string, number>();
  let former: { picture: number; tl0: number; truth: PacketTruth } | null = null;
  for (const { truth, packets } of frames) {
    const { payload } = packets[0].rtp;
    const flexible = (payload[0] & 0x10) !== 0;
    const picture = ((payload[1] & 0x7f) << 8) | payload[2];
    const tl0 = flexible ? 0 : payload[4];
    pictureIds.set(`${truth.encoding}/${truth.picture}`, picture);
    if (former !== null) {
      const ahead: number = (picture - former.picture) & 0x7fff;
      if (former.truth.encoding !== truth.encoding) {
        assert.equal(ahead, 1, `picture id of ${nameOf(truth)}`);
        if (!flexible) assert.equal(tl0, (former.tl0 + 1) & 0xff, `TL0PICIDX of ${nameOf(truth)}`);
      } else {
        assert.equal(ahead, truth.picture - former.truth.picture, `picture id of ${nameOf(truth)}`);
      }
    }
    if (flexible) {
      const references: number[] = [];
      for (let at = 4; (payload[0] & 0x40) !== 0; at++) {
        references.push((picture - (payload[at] >>> 1)) & 0x7fff);
        if ((payload[at] & 1) === 0) break;
      }
      const needed = truth.needs
        .filter(([needs]) => needs !== truth.picture)
        .map(([needs]) => pictureIds.get(`${truth.encoding}/${needs}`));
      assert.deepEqual(references, needed, `P_DIFF of ${nameOf(truth)}`);
    }
    former = { picture, tl0, truth };
  }
}

/** Frame numbers by an own, plain reading of the descriptors: all of them carry their differences. */
function checkDependencies(frames: readonly Frame[], excused: (sequence: number) => boolean): void {
  const numbers = new Map<string, number>();
  let former = -1;
  let structure = { targets: 0, templates: 0, chains: 0, offset: 0 };
  for (const { truth, packets } of frames) {
    const descriptor = packets[0].descriptor!;
    const reader = new BitReader();
    reader.start(descriptor, 0, descriptor.length);
    reader.skip(2);
    const template = reader.read(6);
    const number = reader.read(16);
    const attached = reader.flag();
    const activePresent = reader.flag();
    const custom = reader.flag();
    reader.skip(2);
    if (attached) structure = readStructure(reader);
    assert.equal(attached, truth.key && truth.spatial === 0, `structure of ${nameOf(truth)}`);
    assert.ok(((template - structure.offset) & 63) < structure.templates, `template of ${nameOf(truth)}`);
    if (activePresent) reader.skip(structure.targets);
    if (custom) reader.skip(2 * structure.targets);
    const references: number[] = [];
    for (let size = reader.read(2); size > 0; size = reader.read(2)) {
      references.push((number - 1 - reader.read(4 * size)) & 0xffff);
    }
    assert.ok(!reader.failed, `descriptor of ${nameOf(truth)}`);
    if (!excused(packets[0].sequence)) {
      const needed = truth.needs.map(([picture, spatial]) =>
        numbers.get(`${truth.encoding}/${picture}/${spatial}`),
      );
      assert.deepEqual(references, needed, `references of ${nameOf(truth)}`);
    }
    if (former >= 0) {
      assert.ok(
        ((number - former) & 0xffff) < 0x8000 && number !== former,
        `frame number of ${nameOf(truth)}`,
      );
    }
    for (const packet of packets) {
      const same = (packet.descriptor![1] << 8) | packet.descriptor![2];
      assert.equal(same, number, `the packets of ${nameOf(truth)} agree`);
    }
    former = number;
    numbers.set(`${truth.encoding}/${truth.picture}/${truth.spatial}`, number);
  }
}

function readStructure(reader: BitReader): {
  targets: number;
  templates: number;
  chains: number;
  offset: number;
} {
  const offset = reader.read(6);
  const targets = reader.read(5) + 1;
  let templates = 1;
  let spatialLayers = 1;
  for (let next = reader.read(2); next !== 3; next = reader.read(2)) {
    templates++;
    if (next === 2) spatialLayers++;
  }
  reader.skip(2 * templates * targets + templates);
  const chains = reader.readNonSymmetric(targets + 1);
  for (let i = 0; i < targets; i++) reader.readNonSymmetric(chains);
  reader.skip(4 * templates * chains);
  if (reader.flag()) reader.skip(32 * spatialLayers);
  return { targets, templates, chains, offset };
}
