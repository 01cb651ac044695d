/** A whole MediaTransport behind a bottleneck: numbers in header extensions, padding by RTX, feedback by RTCP. */
import { ArrivalLog } from '../../src/media/receiving/arrival-log.ts';
import { maxStatuses, writeTransportFeedback } from '../../src/media/rtcp/transport-feedback.ts';
import { headerExtensionUri } from '../../src/media/rtp-parameters.ts';
import {
  opus,
  publisherExtensions,
  readRtp,
  receiveVideo,
  rtp,
  Simulation,
  sendVideo,
  subscriberExtensions,
  vp8DeltaPayload,
  vp8KeyPayload,
} from '../../src/media/simulation.test.ts';
import { PacketKind } from '../../src/packet-io/layout.ts';
import { NetworkEmulator } from '../network/network-emulator.ts';

const transportWideId = 11;
const extensions = [
  ...subscriberExtensions,
  { uri: headerExtensionUri.transportWideCc, id: transportWideId },
];
const firstEncodingSsrc = 0x1111;
export const videoSsrc = 0xaaaa0001;
export const rtxSsrc = 0xaaaa0002;
export const audioSsrc = 0xbbbb0001;
const wireOverhead = 44;
const feedbackMs = 50;

interface OnWire {
  readonly length: number;
  readonly bytes: Uint8Array;
  readonly sentMs: number;
}

/** The frames of one encoding: 25 a second, in packets of so many bytes. */
export interface EncodingSize {
  readonly packets: number;
  readonly bytes: number;
}

/** 1.2 Mbit/s. */
const oneEncoding: readonly EncodingSize[] = [{ packets: 6, bytes: 1000 }];
/** 120, 480 and 1200 kbit/s. */
export const threeEncodings: readonly EncodingSize[] = [
  { packets: 1, bytes: 600 },
  { packets: 3, bytes: 800 },
  { packets: 6, bytes: 1000 },
];

/** A publisher of video and some audio, and a subscriber behind a bottleneck. */
export class Scene {
  readonly simulation = new Simulation(1, 4096);
  readonly publisher = this.simulation.addTransport();
  readonly subscriber = this.simulation.addTransport();
  readonly video = this.subscriber.addSender(sendVideo({ headerExtensions: extensions }));
  readonly audio = this.subscriber.addSender({
    ...sendVideo({ headerExtensions: extensions }),
    mid: '8',
    kind: 'audio',
    codecs: [opus],
    ssrc: audioSsrc,
    rtxSsrc: -1,
  });
  readonly link: NetworkEmulator<OnWire>;
  /** Packets that have arrived, by SSRC, since reset(). */
  arrived = new Map<number, number>();
  audioDelaysMs: number[] = [];
  /** When packets of video, none of them sent again, have arrived. */
  videoArrivalsMs: number[] = [];
  /** To the subscriber, on the wire. */
  sentBytes = 0;
  readonly states: string[] = [];
  withFeedback = true;
  readonly #log = new ArrivalLog();
  readonly #arrivals = new Float64Array(1);
  readonly #encodings: readonly EncodingSize[];
  readonly #sequences: number[];
  readonly #keyFrames: boolean[];
  #audioSequence = 1;
  #frame = 0;

  constructor(capacityBps: number, encodings = oneEncoding, seed = 1) {
    this.link = new NetworkEmulator<OnWire>({ capacityBps, queueMs: 300, delayMs: 30 }, seed);
    this.#encodings = encodings;
    this.#sequences = encodings.map((_, index) => index * 1000);
    this.#keyFrames = encodings.map(() => true);
    const track = this.publisher.addReceiver(
      receiveVideo({
        encodings: encodings.map((_, index) => ({ rid: null, ssrc: firstEncodingSsrc + index, rtxSsrc: -1 })),
      }),
    );
    const audioTrack = this.publisher.addReceiver({
      ...receiveVideo(),
      mid: '0',
      kind: 'audio',
      codecs: [opus],
      encodings: [{ rid: null, ssrc: 0x3333, rtxSsrc: -1 }],
      headerExtensions: publisherExtensions,
    });
    this.video.setSource(track);
    this.audio.setSource(audioTrack);
    this.video.onStateChange = (state) => this.states.push(state);
  }

  run(seconds: number): void {
    const until = this.simulation.clock.nowMs + seconds * 1000;
    while (this.simulation.clock.nowMs < until) {
      this.simulation.advance(1);
      const now = Math.round(this.simulation.clock.nowMs);
      if (now % 20 === 0) this.#publishAudio();
      if (now % 40 === 0) this.#publishFrame();
      this.#network(this.simulation.clock.nowMs);
      if (this.withFeedback && now % feedbackMs === 0) this.#report();
    }
  }

  /** Changes of the encoding sent so far. */
  get switches(): number {
    return this.video.stats().layers!.switches;
  }

  reset(): void {
    this.arrived = new Map();
    this.audioDelaysMs = [];
    this.videoArrivalsMs = [];
  }

  #publishAudio(): void {
    this.simulation.receive(
      0,
      PacketKind.Rtp,
      rtp({
        payloadType: 111,
        sequenceNumber: this.#audioSequence & 0xffff,
        timestamp: this.#audioSequence++ * 960,
        ssrc: 0x3333,
        payload: new Uint8Array(80),
      }),
    );
  }

  /** A frame of each encoding; a key frame where one was asked for. */
  #publishFrame(): void {
    for (const { bytes } of this.simulation.take(0, PacketKind.Rtcp)) {
      const ssrc = bytes[1] === 206 ? new DataView(bytes.buffer, bytes.byteOffset).getUint32(8) : 0;
      const encoding = ssrc - firstEncodingSsrc;
      if (encoding in this.#keyFrames) this.#keyFrames[encoding] = true;
    }
    this.#frame++;
    for (const [encoding, { packets, bytes }] of this.#encodings.entries()) {
      const key = this.#keyFrames[encoding];
      this.#keyFrames[encoding] = false;
      for (let i = 0; i < packets; i++) {
        const payload = new Uint8Array(bytes);
        payload.set(i === 0 && key ? vp8KeyPayload : i === 0 ? vp8DeltaPayload : [0, 1]);
        this.simulation.receive(
          0,
          PacketKind.Rtp,
          rtp({
            payloadType: 96,
            sequenceNumber: this.#sequences[encoding]++ & 0xffff,
            timestamp: this.#frame * 3600,
            ssrc: firstEncodingSsrc + encoding,
            marker: i === packets - 1,
            payload,
          }),
        );
      }
    }
  }

  #network(nowMs: number): void {
    for (const { bytes } of this.simulation.take(1, PacketKind.Rtp)) {
      this.sentBytes += bytes.length + wireOverhead;
      this.link.enqueue(nowMs, { length: bytes.length + wireOverhead, bytes, sentMs: nowMs });
    }
    for (let at = this.link.nextDeadline(); at <= nowMs; at = this.link.nextDeadline()) {
      for (const { bytes, sentMs } of this.link.take(at)) {
        const { ssrc, extensionById } = readRtp(bytes);
        this.arrived.set(ssrc, (this.arrived.get(ssrc) ?? 0) + 1);
        if (ssrc === videoSsrc) this.videoArrivalsMs.push(at);
        if (ssrc === audioSsrc) this.audioDelaysMs.push(at - sentMs);
        const number = extensionById.get(transportWideId)!;
        this.#arrivals[0] = 5_000_000 + at * 1000;
        this.#log.record((number[0] << 8) | number[1], this.#arrivals, 0);
      }
    }
  }

  #report(): void {
    const result = { end: 0, next: 0 };
    while (this.#log.pending) {
      const bytes = new Uint8Array(1400);
      const to = Math.min(this.#log.highest, this.#log.from + maxStatuses - 1);
      writeTransportFeedback(bytes, 0, 1, 2, 0, this.#log.times, this.#log.mask, this.#log.from, to, result);
      this.#log.reported(result.next);
      this.simulation.receive(1, PacketKind.Rtcp, bytes.subarray(0, result.end));
    }
  }
}
