/**
 * A video track made without camera and canvas: a moving texture with some noise, so that encoders use the bit rate
 * they are given, and in every picture its number. Chromium only (MediaStreamTrackGenerator).
 */
import { markModulus, writeMark } from './frame-mark.ts';

export interface MarkedSourceOptions {
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
  /**
   * Whether pictures are rich, with texture and noise: encoders then use all the bit rate they are given. Key frames
   * of plain ones are small, so that many in a row do not make an encoder leave out frames to make up for them.
   */
  readonly rich: boolean;
}

/** When pictures were made: their numbers without wrap are the indices. Milliseconds since 1970. */
const madeAt: number[] = [];

interface TrackGenerator extends MediaStreamTrack {
  readonly writable: WritableStream<VideoFrame>;
}
declare const MediaStreamTrackGenerator: new (init: { kind: 'video' }) => TrackGenerator;

/** Of the texture beyond the picture, through which the picture moves. */
const margin = 128;
/** Pixels between which the texture is interpolated. */
const richGrain = 16;
const plainGrain = 96;
/** Pictures of noise, one after another in a circle. */
const noises = 7;

export function markedSource(options: MarkedSourceOptions): MediaStreamTrack {
  const { width, height, frameRate, rich } = options;
  const generator = new MediaStreamTrackGenerator({ kind: 'video' });
  const writer = generator.writable.getWriter();
  const texture = drawTexture(width + margin, height + margin, rich ? richGrain : plainGrain);
  const noise = rich ? drawNoise(width * (height >> 3) + noises) : null;
  const picture = new Uint8Array((width * height * 3) / 2);
  const luma = picture.subarray(0, width * height);
  const chroma = picture.subarray(width * height);
  const startedAt = performance.now();
  let number = 0;
  const make = () => {
    // First of all: whatever happens to one picture, the next one comes. Not an interval, which makes up for what was
    // held up with pictures in a row.
    const late = performance.now() - startedAt - (number * 1000) / frameRate;
    const leftOut = Math.max(0, Math.floor((late * frameRate) / 1000));
    for (let i = 0; i < leftOut; i++) madeAt.push(Number.NaN);
    number += leftOut;
    const dueInMs = startedAt + ((number + 1) * 1000) / frameRate - performance.now();
    timer = setTimeout(make, Math.max(0, dueInMs));
    drawPicture(luma, width, height, texture, noise, number);
    chroma.fill(128 + ((number >> 2) % 24));
    writeMark(luma, width, height, number % markModulus);
    madeAt.push(performance.timeOrigin + performance.now());
    number++;
    const timestamp = Math.round(performance.now() * 1000);
    const frame = new VideoFrame(picture, {
      format: 'I420',
      codedWidth: width,
      codedHeight: height,
      timestamp,
    });
    void writer.write(frame).catch(() => frame.close());
  };
  let timer = setTimeout(make, 0);
  const stop = generator.stop.bind(generator);
  generator.stop = () => {
    clearTimeout(timer);
    stop();
  };
  return generator;
}

/** Milliseconds since 1970 by the number of the picture, without wrap; null for one that was left out. */
export function markedFramesMadeAt(): (number | null)[] {
  return madeAt.map((time) => (Number.isNaN(time) ? null : time));
}

function drawPicture(
  luma: Uint8Array,
  width: number,
  height: number,
  texture: Uint8Array,
  noise: Uint8Array | null,
  number: number,
): void {
  const stride = width + margin;
  // A slow ellipse: motion that an encoder can follow, but no picture like the one before.
  const x = Math.round((margin / 2) * (1 + Math.sin(number / 37)));
  const y = Math.round((margin / 2) * (1 + Math.cos(number / 23)));
  for (let row = 0; row < height; row++) {
    const from = (row + y) * stride + x;
    luma.set(texture.subarray(from, from + width), row * width);
  }
  if (noise === null) return;
  const from = (number * 3) % noises;
  const at = (height >> 1) * width;
  luma.set(noise.subarray(from, from + width * (height >> 3)), at);
}

function drawTexture(width: number, height: number, grain: number): Uint8Array {
  const columns = Math.ceil(width / grain) + 2;
  const rows = Math.ceil(height / grain) + 2;
  const knots = Float32Array.from({ length: columns * rows }, () => 40 + Math.random() * 170);
  const texture = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / grain);
    const down = (y % grain) / grain;
    for (let x = 0; x < width; x++) {
      const column = Math.floor(x / grain);
      const right = (x % grain) / grain;
      const at = row * columns + column;
      const above = knots[at]! * (1 - right) + knots[at + 1]! * right;
      const below = knots[at + columns]! * (1 - right) + knots[at + columns + 1]! * right;
      texture[y * width + x] = above * (1 - down) + below * down;
    }
  }
  return texture;
}

/** Soft noise: hard noise costs more bits than any encoder has. */
function drawNoise(length: number): Uint8Array {
  let level = 128;
  return Uint8Array.from({ length }, () => {
    level += (Math.random() - 0.5) * 24 + (128 - level) / 16;
    return Math.max(16, Math.min(235, level));
  });
}
