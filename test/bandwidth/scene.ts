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
import type { LinkParameters } from '../network/link-parameters.ts';
import { NetworkEmulator } from '../network/network-emulator.ts';
import { NackingPlayer } from './nacking-player.ts';

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

/** The frames of one encoding: 25 a second, in packets of so many bytes; of each temporal layer where it has three. */
export interface EncodingSize {
  readonly packets: number | readonly [number, number, number];
  readonly bytes: number;
}

/** Of each frame in turn (L1T3). */
const temporalPattern = [0, 2, 1, 2];

export interface SceneOptions {
  /** Towards the subscriber, beside the capacity. */
  readonly link?: Partial<LinkParameters>;
  /** Of what the subscriber sends. */
  readonly backDelayMs?: number;
  readonly framesPerSecond?: number;
  /** How many times as long key frames are. */
  readonly keyFrameFactor?: number;
  /** Whether the subscriber repairs what it misses. */
  readonly plays?: boolean;
  /** Drops what is more than this, in bits per second, beyond a burst in bytes. */
  readonly policer?: { readonly bps: number; readonly burst: number };
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
  readonly player: NackingPlayer | null;
  /** Dropped by the policer. */
  policed = 0;
  /** Packets that have arrived, by SSRC, since reset(). */
  arrived = new Map<number, number>();
  audioDelaysMs: number[] = [];
  /** When packets of video, none of them sent again, have arrived. */
  videoArrivalsMs: number[] = [];
  /** To the subscriber, on the wire. */
  sentBytes = 0;
  readonly states: string[] = [];
  withFeedback = true;
  readonly #options: SceneOptions;
  readonly #back: NetworkEmulator<Uint8Array>;
  readonly #log = new ArrivalLog();
  readonly #arrivals = new Float64Array(1);
  readonly #encodings: readonly EncodingSize[];
  readonly #sequences: number[];
  readonly #keyFrames: boolean[];
  /** Since the last key frame, of each encoding. */
  readonly #pictures: number[];
  #audioSequence = 1;
  #frame = 0;
  #nextFrameMs = 0;
  #tokens = 0;
  #tokensMs = 0;

  constructor(capacityBps: number, encodings = oneEncoding, seed = 1, options: SceneOptions = {}) {
    this.#options = options;
    const parameters = { capacityBps, queueMs: 300, delayMs: 30, ...options.link };
    this.link = new NetworkEmulator<OnWire>(parameters, seed);
    this.#back = new NetworkEmulator<Uint8Array>({ delayMs: options.backDelayMs ?? 0 }, seed + 1);
    this.player = options.plays === true ? new NackingPlayer(videoSsrc, rtxSsrc) : null;
    this.#tokensMs = this.simulation.clock.nowMs;
    this.#encodings = encodings;
    this.#sequences = encodings.map((_, index) => index * 1000);
    this.#keyFrames = encodings.map(() => true);
    this.#pictures = encodings.map(() => 0);
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
      if (now >= this.#nextFrameMs) {
        this.#publishFrame();
        this.#nextFrameMs =
          Math.max(this.#nextFrameMs, now - 1) + 1000 / (this.#options.framesPerSecond ?? 25);
      }
      this.#network(this.simulation.clock.nowMs);
      if (this.withFeedback && now % feedbackMs === 0) this.#report();
      for (const bytes of this.player?.feedback(now) ?? []) this.#sendBack(bytes);
      for (const bytes of this.#back.take(now)) this.simulation.receive(1, PacketKind.Rtcp, bytes);
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
    const { keyFrameFactor = 1 } = this.#options;
    for (const [encoding, { packets: common, bytes }] of this.#encodings.entries()) {
      const key = this.#keyFrames[encoding];
      if (key) this.#pictures[encoding] = 0;
      const picture = this.#pictures[encoding]++;
      const temporal = typeof common === 'number' ? 0 : temporalPattern[picture % 4];
      const packets = (typeof common === 'number' ? common : common[temporal]) * (key ? keyFrameFactor : 1);
      const descriptor = [
        0x80,
        0xe0,
        0x80 | ((picture >> 8) & 0x7f),
        picture & 0xff,
        (picture >> 2) & 0xff,
        // The Y bit: of those above the base layer it depends on none.
        (temporal << 6) | (picture % 4 === 1 || temporal === 1 ? 0x20 : 0),
      ];
      this.#keyFrames[encoding] = false;
      for (let i = 0; i < packets; i++) {
        const payload = new Uint8Array(bytes);
        if (typeof common === 'number')
          payload.set(i === 0 && key ? vp8KeyPayload : i === 0 ? vp8DeltaPayload : [0, 1]);
        else {
          payload.set(descriptor);
          if (i === 0) payload[0] |= 0x10;
          payload.set(key ? vp8KeyPayload.slice(1) : vp8DeltaPayload.slice(1), descriptor.length);
        }
        this.simulation.receive(
          0,
          PacketKind.Rtp,
          rtp({
            payloadType: 96,
            sequenceNumber: this.#sequences[encoding]++ & 0xffff,
            timestamp: Math.round((this.#frame * 90_000) / (this.#options.framesPerSecond ?? 25)),
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
      if (this.#passes(bytes.length + wireOverhead, nowMs))
        this.link.enqueue(nowMs, { length: bytes.length + wireOverhead, bytes, sentMs: nowMs });
    }
    for (let at = this.link.nextDeadline(); at <= nowMs; at = this.link.nextDeadline()) {
      for (const { bytes, sentMs } of this.link.take(at)) {
        const { ssrc, extensionById } = readRtp(bytes);
        this.arrived.set(ssrc, (this.arrived.get(ssrc) ?? 0) + 1);
        if (ssrc === videoSsrc) this.videoArrivalsMs.push(at);
        if (ssrc !== audioSsrc) this.player?.receive(bytes, at);
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
      this.#sendBack(bytes.subarray(0, result.end));
    }
  }

  #sendBack(bytes: Uint8Array): void {
    this.#back.enqueue(this.simulation.clock.nowMs, bytes);
  }

  #passes(length: number, nowMs: number): boolean {
    const { policer } = this.#options;
    if (policer === undefined) return true;
    const { bps, burst } = policer;
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#tokensMs) * bps) / 8000);
    this.#tokensMs = nowMs;
    if (this.#tokens < length) {
      this.policed++;
      return false;
    }
    this.#tokens -= length;
    return true;
  }
}
