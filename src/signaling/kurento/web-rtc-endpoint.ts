/** A peer connection as an element of a pipeline: its ICE, DTLS and data channels. */
import type { FirstOffer, JoinOptions, Participant } from '../../rooms/participant.ts';
import type { OfferedMedia } from './base-rtp-endpoint.ts';
import { DataChannels } from './data-channels.ts';
import { DtlsReport } from './dtls-report.ts';
import { IceReport } from './ice-report.ts';
import { IceSettings } from './ice-settings.ts';
import type { MediaPipeline } from './media-pipeline.ts';
import type { ObjectClass } from './object-class.ts';
import type { MediaType } from './param-types.ts';
import { ParticipantEndpoint } from './participant-endpoint.ts';
import { webRtcEndpointClass } from './web-rtc-endpoint-class.ts';

export interface WebRtcEndpointOptions {
  /** Which way media goes that a generated offer is for, as the server sees it. Default: both. */
  readonly recvonly: boolean;
  readonly sendonly: boolean;
  readonly useDataChannels: boolean;
}

export class WebRtcEndpoint extends ParticipantEndpoint {
  static readonly objectClass = webRtcEndpointClass;
  readonly ice = new IceReport(this);
  readonly iceSettings = new IceSettings(this);
  readonly dtls = new DtlsReport(this);
  readonly data: DataChannels | null;
  readonly #options: WebRtcEndpointOptions;

  constructor(pipeline: MediaPipeline, options: WebRtcEndpointOptions) {
    super(pipeline);
    this.#options = options;
    this.data = options.useDataChannels ? new DataChannels(this) : null;
  }

  override get objectClass(): ObjectClass {
    return webRtcEndpointClass;
  }

  override stats(type: MediaType | null): Record<string, object> {
    const own = type === null || type === 'DATA' ? this.data?.records(Date.now()) : {};
    return { ...super.stats(type), ...own };
  }

  protected override get mayBeConnected(): boolean {
    return this.ice.connected;
  }

  protected override joinOptions(): Partial<JoinOptions> {
    return {
      dataChannels: this.#options.useDataChannels,
      dataSinks: () => this.#dataSinks(),
      sdpSemantics: this.host.sdpSemantics,
      // An endpoint has one source of each kind. What a client of Plan B sends beside it is counted, and goes nowhere.
      holdsBack: ({ isFurtherTrack }) => isFurtherTrack,
    };
  }

  protected override offeredLines(media: OfferedMedia): FirstOffer {
    const { recvonly, sendonly, useDataChannels } = this.#options;
    const direction = recvonly === sendonly ? 'sendrecv' : recvonly ? 'recvonly' : 'sendonly';
    return {
      ...(media.audio ? { audio: direction } : {}),
      ...(media.video ? { video: direction } : {}),
      data: useDataChannels,
    };
  }

  protected override prepare(newcomer: Participant): void {
    const { announced } = this.iceSettings;
    if (announced.length > 0) newcomer.path.announceAddresses(announced);
  }

  protected override begun(participant: Participant): void {
    this.ice.begin(participant, this.localDescription);
    this.dtls.begin(participant);
    // DTLS may be done on a way before the client nominates it.
    participant.path.on('icestatechange', () => this.connectionChanged());
    this.data?.begin(participant);
  }

  protected override described(): void {
    this.ice.described(this.remoteDescription);
  }

  protected override ended(): void {
    if (!this.released) this.dtls.ended();
    this.ice.end();
    this.data?.end();
  }

  /** null in a shared room, where nothing is connected: then the room's channels of the same label. */
  #dataSinks(): Participant[] | null {
    const sinks = [...this.reachedElements('DATA')].flatMap((element) =>
      element instanceof WebRtcEndpoint && element.participant !== null ? element.participant : [],
    );
    return sinks.length === 0 && this.inSharedRoom ? null : sinks;
  }
}
