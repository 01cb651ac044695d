/**
 * What this page sends, kept in step with one peer connection. The connection notices by itself (negotiationneeded)
 * when a change here needs an offer.
 */
import { CameraEncodings, cameraEncodings } from './camera-encodings.ts';

export interface LocalTracks {
  readonly microphone: MediaStreamTrack | null;
  readonly microphoneOn: boolean;
  readonly camera: MediaStreamTrack | null;
  readonly screen: MediaStreamTrack | null;
}

export class LocalLines {
  readonly #connection: RTCPeerConnection;
  readonly #announceMute: (mid: string, muted: boolean) => void;
  readonly #microphone: RTCRtpTransceiver;
  readonly #camera: RTCRtpTransceiver;
  readonly #cameraEncodings: CameraEncodings;
  #screen: RTCRtpTransceiver | null = null;
  readonly #announced = new Map<string, boolean>();
  #tracks: LocalTracks;

  /** Makes one audio and one video line, receiving at least, so that the first answer can bring media at once. */
  constructor(
    connection: RTCPeerConnection,
    tracks: LocalTracks,
    announceMute: (mid: string, muted: boolean) => void,
  ) {
    this.#connection = connection;
    this.#announceMute = announceMute;
    this.#tracks = tracks;
    // One stream for both, so that the others know that voice and face belong together.
    const streams = [new MediaStream()];
    const add = (
      track: MediaStreamTrack | null,
      kind: 'audio' | 'video',
      sendEncodings: readonly RTCRtpEncodingParameters[],
    ) =>
      connection.addTransceiver(track ?? kind, {
        direction: track ? 'sendrecv' : 'recvonly',
        streams,
        sendEncodings: [...sendEncodings],
      });
    this.#microphone = add(tracks.microphone, 'audio', []);
    const encodings = cameraEncodings(tracks.camera);
    this.#camera = add(
      tracks.camera,
      'video',
      encodings.map(({ distinct: active, ...encoding }) => ({ ...encoding, active })),
    );
    this.#cameraEncodings = new CameraEncodings(this.#camera.sender);
    this.#updateScreen(tracks.screen);
  }

  update(tracks: LocalTracks): void {
    this.#tracks = tracks;
    this.#send(this.#microphone, tracks.microphone);
    this.#send(this.#camera, tracks.camera);
    this.#cameraEncodings.apply();
    this.#updateScreen(tracks.screen);
    this.announce();
  }

  /** Nobody has use for these encodings, by RID, of what is sent on a line. */
  setUnusedEncodings(mid: string, rids: readonly string[]): void {
    if (mid === this.#camera.mid) this.#cameraEncodings.setUnused(rids);
  }

  /** An exchange of descriptions is complete. */
  settled(): void {
    this.announce();
    this.#cameraEncodings.apply();
  }

  /** The line a local picture is sent on, for its statistics; null before it has one. */
  midOf(source: 'microphone' | 'camera' | 'screen'): string | null {
    const line = { microphone: this.#microphone, camera: this.#camera, screen: this.#screen }[source];
    return line?.mid ?? null;
  }

  /** Tells the server what changed about muted lines. Cheap; called after every exchange and every change. */
  announce(): void {
    this.#announceLine(this.#microphone, this.#tracks.microphone === null || !this.#tracks.microphoneOn);
    this.#announceLine(this.#camera, this.#tracks.camera === null);
  }

  #announceLine(line: RTCRtpTransceiver, muted: boolean): void {
    // A line that never sent has nothing to mute.
    if (line.mid === null || line.direction !== 'sendrecv') return;
    if ((this.#announced.get(line.mid) ?? false) === muted) return;
    this.#announced.set(line.mid, muted);
    this.#announceMute(line.mid, muted);
  }

  /** Once sending, a line stays so: a camera that is off sends nothing, and comes back without an offer. */
  #send(line: RTCRtpTransceiver, track: MediaStreamTrack | null): void {
    if (line.sender.track === track) return;
    replaceTrack(line.sender, track);
    if (track !== null && line.direction !== 'sendrecv') line.direction = 'sendrecv';
  }

  #updateScreen(track: MediaStreamTrack | null): void {
    const line = this.#screen;
    if (line === null) {
      if (track === null) return;
      this.#screen = this.#connection.addTransceiver(track, {
        direction: 'sendonly',
        streams: [new MediaStream()],
      });
      return;
    }
    if (line.sender.track === track) return;
    replaceTrack(line.sender, track);
    line.direction = track === null ? 'inactive' : 'sendonly';
  }
}

function replaceTrack(sender: RTCRtpSender, track: MediaStreamTrack | null): void {
  // Refused only when the connection is already closed; its successor starts with the current tracks.
  sender.replaceTrack(track).catch(() => {});
}
