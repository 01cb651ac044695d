import * as v from 'valibot';
import { audioLevelEvent, audioLevelsOf } from './audio-levels.ts';
import { formatGraph, MediaElement } from './media-element.ts';
import { MediaObject, mediaObjectClass } from './media-object.ts';
import { ObjectClass, operationsOf, property } from './object-class.ts';
import type { ObjectHost } from './object-host.ts';
import { boolean } from './param-types.ts';

/** A tag of this key, set before the first endpoint is made, puts a pipeline's endpoints into a room others can join. */
const roomTag = 'manifold.room';

const operation = operationsOf<MediaPipeline>();
const details = v.object({ details: v.optional(v.unknown()) });

const mediaPipelineClass = new ObjectClass({
  name: 'MediaPipeline',
  parent: mediaObjectClass,
  operations: {
    getGstreamerDot: operation(details, (self) => self.graph),
    dumpGstreamerDot: operation(details, () => null),
    ...property(
      'latencyStats',
      boolean,
      (self: MediaPipeline) => self.latencyStats,
      (self, value) => {
        self.latencyStats = value;
      },
    ),
  },
  events: [audioLevelEvent],
});

export class MediaPipeline extends MediaObject {
  static readonly objectClass = mediaPipelineClass;
  latencyStats = false;

  constructor(host: ObjectHost) {
    super(host, null);
  }

  override get objectClass(): ObjectClass {
    return mediaPipelineClass;
  }

  override get pipeline(): MediaPipeline {
    return this;
  }

  /** The room its endpoints meet in: one of its own, unless a tag names another. */
  get roomId(): string {
    return this.tag(roomTag) ?? this.id;
  }

  override subscribed(name: string): void {
    if (name === audioLevelEvent) audioLevelsOf(this.host).listen(this);
  }

  protected override onRelease(): void {
    audioLevelsOf(this.host).forget(this);
  }

  /** Everything in it as a Graphviz digraph. */
  get graph(): string {
    const objects = descendants(this);
    const elements = objects.filter((object) => object instanceof MediaElement);
    return formatGraph(
      objects,
      elements.flatMap((element) => element.sinkConnections),
    );
  }
}

function descendants(object: MediaObject): MediaObject[] {
  return object.children.flatMap((child) => [child, ...descendants(child)]);
}
