/** What an endpoint is sent of each kind: what the graph says, and in a shared room whoever the room has. */
import type { MediaKind } from '../../media/rtp-parameters.ts';
import type { Participant } from '../../rooms/participant.ts';
import type { MediaElement } from './media-element.ts';
import type { MediaOrigin } from './media-origin.ts';
import type { MediaType } from './param-types.ts';
import { RoomSource, sourceTag } from './room-source.ts';
import type { SinkLimits } from './sink-limits.ts';

/** Types of media that are streams, and what they are called below. */
export const streamKinds: readonly (readonly [MediaType, MediaKind])[] = [
  ['AUDIO', 'audio'],
  ['VIDEO', 'video'],
];

/** A source that can be asked to send less. */
export interface LimitedOrigin extends MediaOrigin {
  readonly sinkLimits: SinkLimits;
}

export class EndpointSources {
  readonly #endpoint: MediaElement;
  readonly #sendBound: () => number | null;
  #participant: Participant | null = null;
  #room: RoomSource | null = null;
  /** Whose video it is sent. */
  #limited: LimitedOrigin | null = null;

  /** @param sendBound what the endpoint may be sent at most, in bit/s */
  constructor(endpoint: MediaElement, sendBound: () => number | null) {
    this.#endpoint = endpoint;
    this.#sendBound = sendBound;
  }

  /** Whether the endpoint is in a room with others than those of its pipeline. */
  get inSharedRoom(): boolean {
    return this.#room !== null;
  }

  /** @param pipelineId that of its own, where it has joined the room of others; else null */
  begin(participant: Participant, pipelineId: string | null): void {
    this.#participant = participant;
    if (pipelineId !== null)
      this.#room = new RoomSource(participant.room, pipelineId, () => this.chooseAll());
    this.chooseAll();
  }

  end(): void {
    this.#participant = null;
    this.#room?.end();
    this.#room = null;
  }

  /** It is a sink no more. */
  release(): void {
    this.#limited?.sinkLimits.set(this.#endpoint, null);
    this.#limited = null;
  }

  chooseAll(): void {
    for (const [type] of streamKinds) this.choose(type, this.#endpoint.originOf(type));
  }

  choose(type: MediaType, origin: MediaOrigin | null): void {
    const kind = streamKinds.find(([streamType]) => streamType === type)?.[1];
    if (kind === undefined) return;
    if (kind === 'video') this.#limit(origin);
    const publication =
      origin === null
        ? (this.#room?.choose(kind, this.#endpoint.tag(sourceTag)) ?? null)
        : origin.publication(type);
    this.#participant?.setSource(kind, publication);
  }

  /** What it may be sent at most is told to its source, which may have nothing smaller to send. */
  boundChanged(): void {
    this.#limited?.sinkLimits.set(this.#endpoint, this.#sendBound());
  }

  #limit(origin: MediaOrigin | null): void {
    const source = origin !== null && 'sinkLimits' in origin ? (origin as LimitedOrigin) : null;
    if (source === this.#limited) return;
    this.release();
    this.#limited = source;
    this.boundChanged();
  }
}
