/** Notes when each picture of a playing track was shown, how large it was, and which of the source's it is. */
import { markColumns, markShare, readMark } from './frame-mark.ts';

export interface SeenFrame {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The picture's number, modulo `markModulus`; -1 where it cannot be read. */
  readonly number: number;
  readonly width: number;
  readonly height: number;
  /** Pictures presented so far, also those this page was too slow to be told of. */
  readonly presented: number;
  /** The picture as a data URL, where its number cannot be read: for people to see why. */
  readonly evidence?: string;
}

/** Two pixels by block and direction are enough for reading, and quickly read. */
const columns = markColumns * 2;
const rows = Math.round(2 / markShare);
/** A decoder that has lost its way shows nothing but broken pictures; the first of them tell. */
const maxEvidence = 20;

let seen: SeenFrame[] = [];
let watched: HTMLVideoElement | null = null;

/** Starts to watch the page's only video; resolves when it shows something. */
export async function watchFrames(): Promise<void> {
  const video = document.querySelector('video');
  if (video === null) throw new Error('there is no video to watch');
  watched = video;
  const canvas = document.createElement('canvas');
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  let evidenceLeft = maxEvidence;
  await new Promise<void>((resolve) => {
    const note: VideoFrameRequestCallback = (now, metadata) => {
      const { width, height, presentedFrames } = metadata;
      // Drawing the video itself gives, once in a thousand, a part of the next picture or the next picture.
      const picture = new VideoFrame(video);
      const number = readNumber(picture, context);
      const frame = { at: performance.timeOrigin + now, number, width, height, presented: presentedFrames };
      if (number >= 0 || evidenceLeft === 0) seen.push(frame);
      else {
        evidenceLeft--;
        seen.push({ ...frame, evidence: photograph(picture, width, height) });
      }
      picture.close();
      resolve();
      video.requestVideoFrameCallback(note);
    };
    video.requestVideoFrameCallback(note);
  });
}

/** What was seen since the last call. */
export function takeSeenFrames(): SeenFrame[] {
  const taken = seen;
  seen = [];
  return taken;
}

/** The size of the picture that is shown now. */
export function shownSize(): { width: number; height: number } {
  return { width: watched?.videoWidth ?? 0, height: watched?.videoHeight ?? 0 };
}

function readNumber(picture: VideoFrame, context: CanvasRenderingContext2D): number {
  context.drawImage(picture, 0, 0, columns, rows);
  const { data } = context.getImageData(0, 0, columns, rows);
  const levels = (row: number) =>
    Array.from({ length: markColumns }, (_, column) => {
      const at = (row * columns + column * 2) * 4;
      return (data[at]! + data[at + 4]!) / 2;
    });
  const top = readMark(levels(0));
  return top === readMark(levels(rows - 1)) ? top : -1;
}

function photograph(picture: VideoFrame, width: number, height: number): string {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')!.drawImage(picture, 0, 0, width, height);
  return canvas.toDataURL('image/png');
}
