const elements = new Map<string, HTMLMediaElement>();

/** Plays a remote track in an element of its own, as a real page does; audio energy counts only what is played. */
export function attachTrack(track: MediaStreamTrack): void {
  const element = document.createElement(track.kind === 'video' ? 'video' : 'audio');
  element.autoplay = true;
  if (element instanceof HTMLVideoElement) element.playsInline = true;
  element.srcObject = new MediaStream([track]);
  element.dataset.trackId = track.id;
  document.body.append(element);
  elements.set(track.id, element);
  void element.play().catch((error: unknown) => console.error(`cannot play ${track.kind}: ${String(error)}`));
}

/** Stops showing a track. */
export function detachTrack(trackId: string): void {
  const element = elements.get(trackId);
  if (element === undefined) return;
  element.srcObject = null;
  element.remove();
  elements.delete(trackId);
}

/** Colour in the middle of the picture a track shows now, null before its first picture. */
export function colourOfTrack(trackId: string): [red: number, green: number, blue: number] | null {
  const video = elements.get(trackId);
  return video instanceof HTMLVideoElement ? pictureColour(video) : null;
}

/** The same of a video element. */
export function pictureColour(video: HTMLVideoElement): [red: number, green: number, blue: number] | null {
  if (video.videoWidth === 0 || video.readyState < 2) return null;
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  context.drawImage(video, 0, 0);
  const [red, green, blue] = context.getImageData(canvas.width >> 1, canvas.height >> 2, 1, 1).data;
  return [red!, green!, blue!];
}

const presented = new WeakMap<HTMLVideoElement, { frames: number }>();

/** Pictures a video element presented since this was first asked. Firefox counts none of a stream's by itself. */
export function presentedFrames(video: HTMLVideoElement): number {
  const known = presented.get(video);
  if (known !== undefined) return known.frames;
  const counter = { frames: 0 };
  presented.set(video, counter);
  const count = () => {
    counter.frames++;
    video.requestVideoFrameCallback(count);
  };
  video.requestVideoFrameCallback(count);
  return 0;
}
