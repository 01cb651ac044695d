/**
 * An endpoint that is a participant of its pipeline's room, whatever connects it to its peer. It joins when it
 * negotiates, which it does once, and is then sent what the graph says: one publication of each kind, on lines that
 * stay the same whatever they carry. When its connection ends it stays in the graph and carries nothing any more.
 */
import type { MediaKind } from '../../media/rtp-parameters.ts';
import type { FirstOffer, JoinOptions, Participant } from '../../rooms/participant.ts';
import type { Publication } from '../../rooms/publication.ts';
import type { Subscription } from '../../rooms/subscription.ts';
import { BaseRtpEndpoint, type OfferedMedia } from './base-rtp-endpoint.ts';
import { assertDescription, descriptionError } from './description-error.ts';
import { EndpointFlows } from './endpoint-flows.ts';
import { EndpointSources, type LimitedOrigin, streamKinds } from './endpoint-sources.ts';
import { endpointRecord, streamRecords } from './endpoint-statistics.ts';
import { KurentoError } from './kurento-error.ts';
import type { MediaOrigin } from './media-origin.ts';
import type { MediaPipeline } from './media-pipeline.ts';
import { mediaWatchOf } from './media-watch.ts';
import type { MediaType } from './param-types.ts';
import { sourceTag } from './room-source.ts';
import { SinkLimits } from './sink-limits.ts';

type Phase = 'new' | 'offering' | 'negotiated';

/** Of a name that is shown to others, in UTF-16 units. */
const longestName = 128;

const typeOf: Readonly<Record<MediaKind, MediaType>> = { audio: 'AUDIO', video: 'VIDEO' };

export abstract class ParticipantEndpoint extends BaseRtpEndpoint implements LimitedOrigin {
  /** What its sinks say that they can be sent. */
  readonly sinkLimits = new SinkLimits(() => this.bandwidthChanged());

  readonly #pipeline: MediaPipeline;
  readonly #flows = new EndpointFlows(this);
  readonly #sources = new EndpointSources(this, () => this.#sendBound);
  #phase: Phase = 'new';
  /** It was ours to offer. */
  #offered = false;
  /** A bitrate was bounded, be it no longer. */
  #bounded = false;
  #participant: Participant | null = null;
  /** bit/s that any client is asked for at most; Infinity for no bound. */
  #configuredMax = Number.POSITIVE_INFINITY;

  constructor(pipeline: MediaPipeline) {
    super(pipeline.host, pipeline);
    this.#pipeline = pipeline;
  }

  /** How it joins its room, besides what all endpoints have in common. */
  protected abstract joinOptions(): Pick<
    JoinOptions,
    'plain' | 'dataChannels' | 'dataSinks' | 'holdsBack' | 'sdpSemantics'
  >;
  protected abstract offeredLines(media: OfferedMedia): FirstOffer;
  /** Before it describes itself. */
  protected prepare(_newcomer: Participant): void {}
  /** It is in its room, and has described itself. */
  protected begun(_participant: Participant): void {}
  /** Both sides have. */
  protected described(): void {}
  /** Its connection has ended, or it has been released. */
  protected ended(): void {}

  /** Whether clients have been told of all that comes before a connection. */
  protected get mayBeConnected(): boolean {
    return true;
  }

  override get origin(): ParticipantEndpoint {
    return this;
  }

  /** In its room; null before it has negotiated, and when its connection is over. */
  get participant(): Participant | null {
    return this.#participant;
  }

  override processOffer(offer: string): string {
    if (offer === '' || this.#phase !== 'new') assertDescription(offer);
    this.#assertNew();
    let answer = '';
    const participant = this.#join(40205, (newcomer) => {
      answer = newcomer.answerOffer(offer);
      this.describe(answer, offer);
    });
    this.#begin(participant);
    this.#negotiated();
    return answer;
  }

  override generateOffer(media: OfferedMedia): string {
    this.#assertNew();
    const lines = this.offeredLines(media);
    let offer = '';
    const participant = this.#join(40204, (newcomer) => {
      offer = newcomer.offerFirst(lines);
      this.describe(offer, null);
    });
    this.#begin(participant);
    this.#phase = 'offering';
    return offer;
  }

  override processAnswer(answer: string): string {
    assertDescription(answer);
    if (this.#phase === 'new') throw new KurentoError(40209, 'No offer has been generated');
    if (this.#phase === 'negotiated') throw this.#answerRefused();
    const offer = this.localDescription;
    if (this.#participant === null) throw new KurentoError(40206, 'The connection has ended');
    this.describe(offer, answer);
    try {
      this.#participant.acceptAnswer(answer);
    } catch (error) {
      this.describe(offer, null);
      throw descriptionError(error, 40206);
    }
    this.#negotiated();
    return offer;
  }

  override publication(type: MediaType): Publication | null {
    for (const publication of this.#participant?.publications.values() ?? [])
      if (typeOf[publication.kind] === type && !publication.isFurtherTrack) return publication;
    return null;
  }

  /** Of what it is sent, be that the room's choice. */
  override requestKeyframe(): void {
    for (const publication of this.#participant?.subscriptions.keys() ?? []) {
      if (publication.kind !== 'video') continue;
      publication.participant.requestKeyFrame(publication);
      return;
    }
    super.requestKeyframe();
  }

  override isFlowing(type: MediaType): boolean {
    return this.#flows.isFlowingOut(type);
  }

  override isFlowingIn(type: MediaType): boolean {
    return this.#flows.isFlowingIn(type);
  }

  override stats(type: MediaType | null): Record<string, object> {
    const nowMs = Date.now();
    const participant = this.#participant;
    return {
      [this.id]: endpointRecord(this.id, nowMs),
      ...(participant === null || type === 'DATA'
        ? {}
        : streamRecords(participant, type, nowMs, this.host.detailedStats)),
    };
  }

  /** For the watch: anything was heard of the client, lately. */
  heard(recently: boolean): void {
    this.setMediaState(recently ? 'CONNECTED' : 'DISCONNECTED');
  }

  protected connectionChanged(): void {
    const connected = this.#participant?.connectionState === 'connected' && this.mayBeConnected;
    this.setConnectionState(connected ? 'CONNECTED' : 'DISCONNECTED');
  }

  protected override sourceChanged(type: MediaType, origin: MediaOrigin | null): void {
    this.#sources.choose(type, origin);
  }

  override addTag(key: string, value: string): void {
    super.addTag(key, value);
    if (key === sourceTag) this.#sources.chooseAll();
  }

  override removeTag(key: string): void {
    super.removeTag(key);
    if (key === sourceTag) this.#sources.chooseAll();
  }

  protected override bandwidthChanged(): void {
    this.#sources.boundChanged();
    const participant = this.#participant;
    if (participant === null) return;
    const { bandwidth } = this;
    const own = bandwidth.bound('maxVideoRecvBandwidth');
    const sinks = this.publication('VIDEO')?.encodings.length === 1 ? this.sinkLimits.lowest : null;
    const bounds = [own, sinks].filter((bound) => bound !== null);
    // null is what the configuration says, which goes before what is said here if it is less.
    const max = bounds.length === 0 ? null : Math.min(...bounds, this.#configuredMax);
    const incoming = { min: bandwidth.bound('minVideoRecvBandwidth'), max };
    const outgoing = { min: bandwidth.bound('minVideoSendBandwidth'), max: this.#sendBound };
    if (this.#bounded || [incoming, outgoing].some((bounds) => bounds.min !== null || bounds.max !== null)) {
      this.#bounded = true;
      participant.setIncomingBitrate(incoming);
      participant.setOutgoingBitrate(outgoing);
    }
  }

  get #sendBound(): number | null {
    return this.bandwidth.bound('maxVideoSendBandwidth');
  }

  protected override onRelease(): void {
    super.onRelease();
    this.#sources.release();
    const participant = this.#participant;
    this.#end();
    participant?.leave('left');
  }

  /** Whether its room is one of other dialects too. */
  protected get inSharedRoom(): boolean {
    return this.#sources.inSharedRoom;
  }

  #assertNew(): void {
    if (this.#phase !== 'new') throw new KurentoError(40208, 'The endpoint has negotiated already');
  }

  #answerRefused(): KurentoError {
    return this.#offered
      ? new KurentoError(40210, 'The answer has been processed already')
      : new KurentoError(40209, 'No offer has been generated');
  }

  #join(otherwise: 40204 | 40205, describe: (newcomer: Participant) => void): Participant {
    const { roomId } = this.#pipeline;
    const bounds = { audio: 'maxAudioRecvBandwidth', video: 'maxVideoRecvBandwidth' } as const;
    const maxReceiveKbps: Partial<Record<MediaKind, number>> = {};
    for (const [, kind] of streamKinds) {
      const bound = this.bandwidth.bound(bounds[kind]);
      if (bound !== null) maxReceiveKbps[kind] = bound / 1000;
    }
    const { plain, dataChannels, dataSinks, holdsBack, sdpSemantics } = this.joinOptions();
    const options: JoinOptions = {
      roomId,
      participantId: this.id,
      dialect: 'kurento',
      renegotiates: false,
      name: this.name.slice(0, longestName) || this.id,
      ownRoom: roomId === this.#pipeline.id,
      sources: 'chosen',
      codecOrder: 'local',
      streamId: this.uuid,
      maxReceiveKbps,
      plain,
      dataChannels,
      dataSinks,
      holdsBack,
      sdpSemantics,
    };
    try {
      return this.host.rooms.join(options, (newcomer) => {
        this.prepare(newcomer);
        describe(newcomer);
      });
    } catch (error) {
      throw descriptionError(error, otherwise);
    }
  }

  /** It is in its room, and has described itself. */
  #begin(participant: Participant): void {
    this.#participant = participant;
    this.#configuredMax = participant.incomingBitrate.max;
    this.begun(participant);
    this.#flows.begin(participant);
    mediaWatchOf(this.host).add(this.#flows);
    participant.on('connectionstatechange', () => this.connectionChanged());
    this.connectionChanged();
    participant.on('publicationadded', ({ kind }) => this.#publicationsChanged(kind));
    participant.on('publicationremoved', ({ kind }) => this.#publicationsChanged(kind));
    participant.on('subscriptionchanged', (subscription) => this.#subscriptionChanged(subscription));
    participant.on('closed', () => this.#connectionEnded());
    this.bandwidthChanged();
    this.#sources.begin(participant, this.#pipeline.roomId === this.#pipeline.id ? null : this.#pipeline.id);
  }

  #negotiated(): void {
    this.#offered = this.#phase === 'offering';
    this.#phase = 'negotiated';
    this.described();
    this.raise('MediaSessionStarted');
  }

  #publicationsChanged(kind: MediaKind): void {
    if (kind === 'video') this.bandwidthChanged();
    this.#flows.publicationsChanged();
    this.outputChanged(typeOf[kind]);
  }

  #subscriptionChanged({ reason, publication }: Subscription): void {
    if (reason !== 'codec-not-supported') return;
    const codec = publication.track.codec?.name ?? 'its codecs';
    this.raise('Error', {
      description: `The ${publication.kind} source sends ${codec}, which this endpoint has not negotiated`,
      errorCode: 40005,
      type: 'UNSUPPORTED_MEDIA_TYPE',
    });
  }

  /** The client closed it, or is gone. */
  #connectionEnded(): void {
    if (this.#participant === null) return;
    this.#end();
    this.raise('MediaSessionTerminated');
  }

  #end(): void {
    if (this.#participant === null) return;
    this.#participant = null;
    this.#sources.end();
    mediaWatchOf(this.host).delete(this.#flows);
    if (!this.released) {
      this.#flows.end();
      this.setMediaState('DISCONNECTED');
      this.setConnectionState('DISCONNECTED');
    }
    this.ended();
    for (const [type] of streamKinds) this.outputChanged(type);
  }
}
