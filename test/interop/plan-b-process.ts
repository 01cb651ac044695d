/**
 * A client of Plan B that nobody here has written: libwebrtc, which still speaks it where it is asked to, as a Chromium of
 * 2018 did by itself. It has a process of its own, since its Node.js binding neither lets one end nor ends well. Its
 * pictures are grey, of a brightness that tells one from another.
 */
import wrtc from '@roamhq/wrtc';

export type PlanBRequest =
  | { readonly kind: 'send'; readonly brightness: number }
  | { readonly kind: 'offer'; readonly options: RTCOfferOptions }
  | { readonly kind: 'accept'; readonly sdp: string }
  | { readonly kind: 'answer'; readonly sdp: string }
  | { readonly kind: 'seen' };

/** Of a remote video: how bright its last picture was, and how many there were. */
export interface SeenVideo {
  readonly id: string;
  readonly brightness: number;
  readonly frames: number;
}

export interface PlanBReply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

interface SunkFrame {
  readonly frame: { readonly width: number; readonly height: number; readonly data: Uint8ClampedArray };
}

const width = 160;
const height = 120;
const frameMs = 50;

const { MediaStream, nonstandard, RTCPeerConnection } = wrtc;
const connection = new RTCPeerConnection({ sdpSemantics: 'plan-b' } as RTCConfiguration);
const seen = new Map<string, SeenVideo>();

connection.addEventListener('track', ({ track }) => {
  if (track.kind !== 'video') return;
  const sink = new nonstandard.RTCVideoSink(track) as unknown as { onframe: (event: SunkFrame) => void };
  sink.onframe = ({ frame }) => {
    const frames = (seen.get(track.id)?.frames ?? 0) + 1;
    const brightness = frame.data[(frame.width * frame.height + frame.width) >> 1];
    seen.set(track.id, { id: track.id, brightness, frames });
  };
});

/** A video of one brightness, on a stream of its own. */
function send(brightness: number): void {
  const source = new nonstandard.RTCVideoSource();
  const data = new Uint8Array((width * height * 3) / 2).fill(128);
  data.fill(brightness, 0, width * height);
  setInterval(() => source.onFrame({ width, height, data }), frameMs);
  const track = source.createTrack();
  connection.addTrack(track, new MediaStream([track]));
}

async function perform(request: PlanBRequest): Promise<unknown> {
  switch (request.kind) {
    case 'send':
      return send(request.brightness);
    case 'offer': {
      const offer = await connection.createOffer(request.options);
      await connection.setLocalDescription(offer);
      return offer.sdp;
    }
    case 'accept':
      return connection.setRemoteDescription({ type: 'answer', sdp: request.sdp });
    case 'answer': {
      await connection.setRemoteDescription({ type: 'offer', sdp: request.sdp });
      const answer = await connection.createAnswer();
      await connection.setLocalDescription(answer);
      return answer.sdp;
    }
    case 'seen':
      return [...seen.values()];
  }
}

process.on('message', ({ id, request }: { id: number; request: PlanBRequest }) => {
  const reply = (outcome: Omit<PlanBReply, 'id'>) => process.send?.({ id, ...outcome });
  perform(request).then(
    (value) => reply({ value }),
    (error: unknown) => reply({ error: String(error) }),
  );
});
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
