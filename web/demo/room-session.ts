/**
 * The stay in one room, over as many connections as it takes: link state with back-off, who is there, what they send,
 * statistics and speakers. Everything the views show comes from the signals here.
 */
import { batch, computed, effect, type ReadonlySignal, signal } from '@preact/signals';
import { loadIceServers } from '../shared/client-config.ts';
import type { Directory } from './directory.ts';
import { initialLink, type LinkEvent, type LinkState, reduceLink } from './link.ts';
import type { LocalTracks } from './local-lines.ts';
import type { LocalMedia } from './local-media.ts';
import type { Identity, ShownSize } from './messages.ts';
import { MicrophoneLevel } from './microphone-level.ts';
import { RoomConnection } from './room-connection.ts';
import { ShownSizesReport } from './shown-sizes.ts';
import { SpeakingDetector, sameMembers } from './speaking.ts';
import { buildTiles, type ReceivingLine, type RemoteTile } from './tiles.ts';
import { type Samples, type StatsEntry, sampleTracks } from './track-stats.ts';

export interface RoomSessionOptions {
  readonly url: string;
  readonly identity: Identity;
  readonly name: string;
}

/** Often enough to read, seldom enough to cost nothing. */
const statisticsIntervalMs = 1000;
/** Fast enough that the ring seems to follow the voice. */
const levelIntervalMs = 120;

export class RoomSession {
  readonly options: RoomSessionOptions;
  readonly #media: LocalMedia;
  readonly #link = signal<LinkState>(initialLink);
  readonly #retryAtMs = signal<number | null>(null);
  readonly #directory = signal<Directory | null>(null);
  readonly #lines = signal<readonly ReceivingLine[]>([]);
  readonly #samples = signal<Samples>(new Map());
  readonly #speaking = signal<ReadonlySet<string>>(new Set());
  readonly #notice = signal<string | null>(null);
  readonly #detector = new SpeakingDetector();
  readonly #ownLevel = new MicrophoneLevel();
  readonly #shown = new ShownSizesReport(
    (sizes) => this.#connection?.tellShown(sizes),
    (ms, run) => {
      const timer = window.setTimeout(run, ms);
      return () => window.clearTimeout(timer);
    },
  );
  readonly #stopEffects: (() => void)[] = [];
  readonly #timers: number[] = [];
  #retryTimer = 0;
  #attempts = 0;
  #connection: RoomConnection | null = null;

  readonly link: ReadonlySignal<LinkState> = this.#link;
  /** When the next attempt is due, on the clock of performance.now(); null when none is. */
  readonly retryAtMs: ReadonlySignal<number | null> = this.#retryAtMs;
  readonly tiles: ReadonlySignal<readonly RemoteTile[]>;
  readonly samples: ReadonlySignal<Samples> = this.#samples;
  /** Participant ids, our own included. */
  readonly speaking: ReadonlySignal<ReadonlySet<string>> = this.#speaking;
  /** What the server last complained about. */
  readonly notice: ReadonlySignal<string | null> = this.#notice;

  readonly #onOnline = () => this.retryNow();
  /** Tells the server at once, instead of leaving a frozen picture with the others. */
  readonly #onPageHide = () => this.#connection?.close();
  /** Back from the browser's page cache. */
  readonly #onPageShow = ({ persisted }: PageTransitionEvent) => {
    if (persisted) this.#attempt();
  };

  constructor(options: RoomSessionOptions, media: LocalMedia) {
    this.options = options;
    this.#media = media;
    this.tiles = computed(() =>
      buildTiles(options.identity.selfId, this.#directory.value, this.#lines.value),
    );
  }

  get peerConnection(): RTCPeerConnection | null {
    return this.#connection?.peerConnection ?? null;
  }

  start(): void {
    this.#stopEffects.push(
      effect(() => {
        const tracks = this.#localTracks();
        this.#connection?.setTracks(tracks);
      }),
      effect(() => this.#ownLevel.follow(this.#media.microphone.value)),
    );
    this.#timers.push(
      window.setInterval(() => void this.#sampleStatistics(), statisticsIntervalMs),
      window.setInterval(() => this.#sampleLevels(), levelIntervalMs),
    );
    window.addEventListener('online', this.#onOnline);
    window.addEventListener('pagehide', this.#onPageHide);
    window.addEventListener('pageshow', this.#onPageShow);
    this.#attempt();
  }

  /** Does not wait for the back-off; also takes up again what has ended. */
  retryNow(): void {
    const { phase } = this.#link.value;
    if (phase === 'waiting' || phase === 'ended') this.#attempt();
  }

  leave(): void {
    this.#reduce({ type: 'leave' });
    window.removeEventListener('online', this.#onOnline);
    window.removeEventListener('pagehide', this.#onPageHide);
    window.removeEventListener('pageshow', this.#onPageShow);
    window.clearTimeout(this.#retryTimer);
    for (const timer of this.#timers.splice(0)) window.clearInterval(timer);
    for (const stop of this.#stopEffects.splice(0)) stop();
    this.#connection?.close();
    this.#connection = null;
    this.#shown.close();
    this.#ownLevel.close();
  }

  /** The pictures of others are shown in these sizes now. */
  setShown(sizes: readonly ShownSize[]): void {
    this.#shown.update(sizes);
  }

  /** What arrives on a line; null when it does not receive. */
  trackOf(mid: string): MediaStreamTrack | null {
    return this.#connection?.receiverOf(mid)?.track ?? null;
  }

  /** The line a local picture is sent on. */
  midOf(source: 'microphone' | 'camera' | 'screen'): string | null {
    return this.#connection?.midOf(source) ?? null;
  }

  dismissNotice(): void {
    this.#notice.value = null;
  }

  #attempt(): void {
    window.clearTimeout(this.#retryTimer);
    this.#reduce({ type: 'attempt' });
    const attempt = ++this.#attempts;
    void loadIceServers().then((iceServers) => {
      // Left, or attempted again, in the meantime.
      if (attempt === this.#attempts && this.#link.value.phase !== 'ended') this.#connect(iceServers);
    });
  }

  #connect(iceServers: RTCIceServer[]): void {
    const connection = new RoomConnection(
      { ...this.options, tracks: this.#localTracks(), iceServers },
      {
        connected: () => {
          this.#reduce({ type: 'connected' });
          this.#shown.renew();
        },
        interrupted: () => this.#reduce({ type: 'interrupted' }),
        failed: (reason, detail) => {
          this.#connection = null;
          batch(() => {
            this.#lines.value = [];
            this.#samples.value = new Map();
            this.#reduce({ type: 'failed', reason, ...(detail === undefined ? {} : { detail }) });
          });
        },
        directory: (directory) => {
          this.#directory.value = directory;
        },
        linesChanged: () => {
          this.#lines.value = connection.receivingLines();
        },
        serverError: (message) => {
          this.#notice.value = message;
        },
      },
    );
    this.#connection = connection;
  }

  #reduce(event: LinkEvent): void {
    const state = reduceLink(this.#link.value, event, Math.random());
    batch(() => {
      this.#link.value = state;
      this.#retryAtMs.value = state.retryInMs === null ? null : performance.now() + state.retryInMs;
    });
    if (state.retryInMs !== null) {
      window.clearTimeout(this.#retryTimer);
      this.#retryTimer = window.setTimeout(() => this.#attempt(), state.retryInMs);
    }
  }

  #localTracks(): LocalTracks {
    const { microphone, microphoneOn, camera, screen } = this.#media;
    return {
      microphone: microphone.value,
      microphoneOn: microphoneOn.value,
      camera: camera.value,
      screen: screen.value,
    };
  }

  async #sampleStatistics(): Promise<void> {
    const connection = this.#connection;
    if (connection === null || document.hidden) return;
    const report = await connection.peerConnection.getStats();
    if (this.#connection !== connection) return;
    this.#samples.value = sampleTracks(report.values() as Iterable<StatsEntry>, this.#samples.value);
  }

  #sampleLevels(): void {
    const now = performance.now();
    if (this.#media.microphoneOn.value) {
      this.#detector.observe(now, this.options.identity.selfId, this.#ownLevel.read());
    }
    for (const tile of this.tiles.value) {
      for (const mid of tile.audioMids) {
        for (const source of this.#connection?.receiverOf(mid)?.getSynchronizationSources() ?? []) {
          this.#detector.observe(now, tile.participantId, source.audioLevel);
        }
      }
    }
    const speaking = this.#detector.speaking(now);
    if (!sameMembers(speaking, this.#speaking.value)) this.#speaking.value = speaking;
  }
}
