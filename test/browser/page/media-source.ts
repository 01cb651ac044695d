/** Where a page takes its media from: the browser's fake devices, or a painted picture that names its sender. */
export interface SourceOptions {
  readonly video: boolean;
  readonly audio: boolean;
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
  /** CSS colour to paint instead of the fake camera's picture; a receiver can tell who it sees by it. */
  readonly colour?: string;
}

/** Small pictures: the tests run on two processors that encode, forward and decode everything. */
export const smallPicture = { width: 320, height: 240, frameRate: 15 } as const;

/** A moving clock bar on a plain colour, so that every frame differs and the colour survives the codec. */
function paintedVideo(options: SourceOptions, colour: string): MediaStreamTrack {
  const canvas = document.createElement('canvas');
  canvas.width = options.width;
  canvas.height = options.height;
  // Firefox captures nothing of a canvas without a context.
  const context = canvas.getContext('2d')!;
  const paint = () => {
    context.fillStyle = colour;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = 'black';
    context.fillRect((performance.now() / 10) % canvas.width, canvas.height - 24, 40, 24);
  };
  paint();
  // An interval goes on in a hidden tab (the launch flags forbid throttling); animation frames do not.
  const timer = setInterval(paint, 1000 / options.frameRate);
  const track = canvas.captureStream(options.frameRate).getVideoTracks()[0]!;
  const stop = track.stop.bind(track);
  track.stop = () => {
    clearInterval(timer);
    stop();
  };
  return track;
}

/** One stream with the tracks asked for. */
export async function openSource(options: SourceOptions): Promise<MediaStream> {
  const { width, height, frameRate, colour } = options;
  const paint = options.video && colour !== undefined;
  const stream = new MediaStream();
  const constraints: MediaStreamConstraints = {
    audio: options.audio,
    video: options.video && !paint ? { width, height, frameRate } : false,
  };
  if (constraints.audio || constraints.video) {
    for (const track of (await navigator.mediaDevices.getUserMedia(constraints)).getTracks())
      stream.addTrack(track);
  }
  if (paint) stream.addTrack(paintedVideo(options, colour));
  return stream;
}

/** The camera a page gets, in place of the small and slow one. */
export type PageCamera = Pick<SourceOptions, 'width' | 'height' | 'frameRate' | 'colour'>;

/**
 * Gives every page a small, slow camera, whatever it asks for: pages ask for 720p, and three of them would keep two
 * processors from doing anything else. `globalThis.pageCamera` is another one, for tests of sizes.
 */
export function limitCameras(): void {
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices === undefined) return;
  const open = devices.getUserMedia.bind(devices);
  const camera = (globalThis as { pageCamera?: PageCamera }).pageCamera ?? smallPicture;
  const { width, height, frameRate, colour } = camera as PageCamera;
  devices.getUserMedia = async (constraints = {}) => {
    if (!constraints.video) return await open(constraints);
    const asked = typeof constraints.video === 'object' ? constraints.video : {};
    if (colour === undefined)
      return await open({ ...constraints, video: { ...asked, width, height, frameRate } });
    const stream = new MediaStream([paintedVideo({ video: true, audio: false, ...camera }, colour)]);
    if (constraints.audio) {
      for (const track of (await open({ audio: constraints.audio })).getTracks()) stream.addTrack(track);
    }
    return stream;
  };
}
