/** The devices of this page: microphone, camera and screen, as signals the views and the room session follow. */
import { batch, type ReadonlySignal, signal } from '@preact/signals';
import { describeMediaError, type MediaProblem, mediaProblem } from './media-problem.ts';
import { forget, recall, remember } from './preferences.ts';

export interface DeviceChoice {
  readonly id: string;
  readonly label: string;
}

/** What a camera is asked for; it gives what it can. */
const wantedPicture = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };
/** A screen's text matters more than its motion. */
const wantedScreen = { frameRate: { ideal: 15, max: 30 } };

type Input = 'microphone' | 'camera';

export class LocalMedia {
  readonly #microphone = signal<MediaStreamTrack | null>(null);
  readonly #camera = signal<MediaStreamTrack | null>(null);
  readonly #screen = signal<MediaStreamTrack | null>(null);
  readonly #microphoneOn = signal(recall('microphone') !== 'off');
  readonly #cameraOn = signal(recall('camera') !== 'off');
  readonly #problems = signal<readonly MediaProblem[]>([]);
  readonly #microphones = signal<readonly DeviceChoice[]>([]);
  readonly #cameras = signal<readonly DeviceChoice[]>([]);
  readonly #busy = signal(false);
  /** Requests run one after another: two open permission prompts confuse browsers and people. */
  #tail: Promise<unknown> = Promise.resolve();
  #stopped = false;

  /** Live while the microphone is held, muted or not. */
  readonly microphone: ReadonlySignal<MediaStreamTrack | null> = this.#microphone;
  /** Null while the camera is off: its light is off too. */
  readonly camera: ReadonlySignal<MediaStreamTrack | null> = this.#camera;
  readonly screen: ReadonlySignal<MediaStreamTrack | null> = this.#screen;
  /** What the user wants; the track may still be on its way, or denied. */
  readonly microphoneOn: ReadonlySignal<boolean> = this.#microphoneOn;
  readonly cameraOn: ReadonlySignal<boolean> = this.#cameraOn;
  readonly problems: ReadonlySignal<readonly MediaProblem[]> = this.#problems;
  readonly microphones: ReadonlySignal<readonly DeviceChoice[]> = this.#microphones;
  readonly cameras: ReadonlySignal<readonly DeviceChoice[]> = this.#cameras;
  /** A device is being opened, perhaps waiting for the user's permission. */
  readonly busy: ReadonlySignal<boolean> = this.#busy;

  readonly #onDeviceChange = () => void this.#listDevices();

  get canShareScreen(): boolean {
    return typeof navigator.mediaDevices?.getDisplayMedia === 'function';
  }

  /** Opens what the user wants, for the preview. Never throws: what cannot be had becomes a problem. */
  async start(): Promise<void> {
    if (navigator.mediaDevices === undefined) {
      const code = globalThis.isSecureContext ? 'not-supported' : 'insecure-context';
      batch(() => {
        this.#problems.value = [mediaProblem('camera', code), mediaProblem('microphone', code)];
        this.#microphoneOn.value = false;
        this.#cameraOn.value = false;
      });
      return;
    }
    navigator.mediaDevices.addEventListener('devicechange', this.#onDeviceChange);
    const wanted: Input[] = [];
    if (this.#microphoneOn.value) wanted.push('microphone');
    if (this.#cameraOn.value) wanted.push('camera');
    await this.#serialize(() => this.#open(wanted));
    await this.#listDevices();
  }

  /** Muting keeps the device, so that unmuting is instant. */
  async setMicrophone(on: boolean): Promise<void> {
    this.#microphoneOn.value = on;
    remember('microphone', on ? 'on' : 'off');
    const track = this.#microphone.value;
    if (track !== null) track.enabled = on;
    else if (on) await this.#serialize(() => this.#open(['microphone']));
  }

  async setCamera(on: boolean): Promise<void> {
    this.#cameraOn.value = on;
    remember('camera', on ? 'on' : 'off');
    if (on) await this.#serialize(() => this.#open(['camera']));
    else this.#release(this.#camera);
  }

  async chooseDevice(input: Input, deviceId: string): Promise<void> {
    remember(`${input}-id`, deviceId);
    this.#release(input === 'camera' ? this.#camera : this.#microphone);
    if (input === 'camera' ? this.#cameraOn.value : this.#microphoneOn.value) {
      await this.#serialize(() => this.#open([input]));
    }
  }

  /** The id of the device in use or preferred, for the pick lists. */
  chosenDevice(input: Input): string {
    const track = (input === 'camera' ? this.#camera : this.#microphone).value;
    return track?.getSettings().deviceId ?? recall(`${input}-id`) ?? '';
  }

  async startScreen(): Promise<void> {
    this.#dropProblems('screen');
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({ video: wantedScreen, audio: false });
      const track = stream.getVideoTracks()[0];
      if (track === undefined || this.#stopped) return;
      track.contentHint = 'detail';
      // The browser's own "Stop sharing" button.
      track.addEventListener('ended', () => {
        if (this.#screen.peek() === track) this.#screen.value = null;
      });
      this.#release(this.#screen);
      this.#screen.value = track;
    } catch (error) {
      this.#report(describeMediaError('screen', error));
    }
  }

  stopScreen(): void {
    this.#release(this.#screen);
  }

  dismissProblems(): void {
    this.#problems.value = [];
  }

  /** Lets go of every device. */
  stop(): void {
    this.#stopped = true;
    navigator.mediaDevices?.removeEventListener('devicechange', this.#onDeviceChange);
    for (const track of [this.#microphone, this.#camera, this.#screen]) this.#release(track);
  }

  async #open(wanted: readonly Input[]): Promise<void> {
    const missing = wanted.filter((input) => this.#isWanted(input) && this.#held(input).value === null);
    if (missing.length === 0) return;
    this.#busy.value = true;
    try {
      for (const input of missing) this.#dropProblems(input);
      try {
        this.#take(await this.#request(missing));
      } catch (error) {
        // Together they fail when one is missing; each on its own tells which.
        if (missing.length === 1) this.#fail(missing[0]!, error);
        else for (const input of missing) await this.#openAlone(input);
      }
    } finally {
      this.#busy.value = false;
    }
  }

  async #openAlone(input: Input): Promise<void> {
    try {
      this.#take(await this.#request([input]));
    } catch (error) {
      this.#fail(input, error);
    }
  }

  #request(inputs: readonly Input[]): Promise<MediaStream> {
    if (navigator.mediaDevices === undefined) throw new TypeError('There are no media devices.');
    const device = (input: Input) => {
      const id = recall(`${input}-id`);
      return id === null ? {} : { deviceId: { ideal: id } };
    };
    return navigator.mediaDevices.getUserMedia({
      audio: inputs.includes('microphone') && device('microphone'),
      video: inputs.includes('camera') && { ...wantedPicture, ...device('camera') },
    });
  }

  #take(stream: MediaStream): void {
    batch(() => {
      for (const track of stream.getTracks()) {
        const input: Input = track.kind === 'video' ? 'camera' : 'microphone';
        // Switched off, or left, while the permission was being asked for.
        if (this.#stopped || (input === 'camera' && !this.#cameraOn.value)) {
          track.stop();
          continue;
        }
        if (input === 'microphone') track.enabled = this.#microphoneOn.value;
        track.addEventListener('ended', () => this.#lost(input, track));
        this.#held(input).value = track;
      }
    });
  }

  /** The device was unplugged or taken away. */
  #lost(input: Input, track: MediaStreamTrack): void {
    const held = this.#held(input);
    if (held.value !== track) return;
    batch(() => {
      held.value = null;
      (input === 'camera' ? this.#cameraOn : this.#microphoneOn).value = false;
      this.#report(mediaProblem(input, 'not-found'));
    });
  }

  #fail(input: Input, error: unknown): void {
    if (describeMediaError(input, error)?.code === 'not-found') forget(`${input}-id`);
    batch(() => {
      (input === 'camera' ? this.#cameraOn : this.#microphoneOn).value = false;
      this.#report(describeMediaError(input, error));
    });
  }

  #report(problem: MediaProblem | null): void {
    if (problem !== null) this.#problems.value = [...this.#problems.value, problem];
  }

  #dropProblems(device: MediaProblem['device']): void {
    this.#problems.value = this.#problems.value.filter((problem) => problem.device !== device);
  }

  #isWanted(input: Input): boolean {
    return (input === 'camera' ? this.#cameraOn : this.#microphoneOn).value && !this.#stopped;
  }

  #held(input: Input) {
    return input === 'camera' ? this.#camera : this.#microphone;
  }

  #release(held: { value: MediaStreamTrack | null }): void {
    const track = held.value;
    held.value = null;
    track?.stop();
  }

  async #listDevices(): Promise<void> {
    try {
      const devices = await navigator.mediaDevices.enumerateDevices();
      const list = (kind: MediaDeviceKind, what: string) =>
        devices
          .filter((device) => device.kind === kind && device.deviceId !== '')
          .map((device, index) => ({ id: device.deviceId, label: device.label || `${what} ${index + 1}` }));
      batch(() => {
        this.#microphones.value = list('audioinput', 'Microphone');
        this.#cameras.value = list('videoinput', 'Camera');
      });
    } catch {
      // Without a list there is simply nothing to pick; the default device works all the same.
    }
  }

  #serialize(action: () => Promise<void>): Promise<void> {
    const run = this.#tail.then(action);
    this.#tail = run.catch(() => {});
    return run;
  }
}
