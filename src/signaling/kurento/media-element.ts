/**
 * What can be connected: endpoints, PassThrough, HubPort. Connections form a graph within one pipeline, one for each
 * media type: an element has one source of each type, and any number of sinks.
 *
 * Endpoints are where media begins and ends (MediaOrigin); the other elements pass on. So what arrives at an element is
 * found by following sources upwards to an endpoint (`originOf`), and told downwards whenever it changes
 * (`sourceChanged`). Rings without an endpoint lead nowhere.
 */
import * as v from 'valibot';
import { KurentoError } from './kurento-error.ts';
import { MediaObject, mediaObjectClass, record } from './media-object.ts';
import type { MediaOrigin } from './media-origin.ts';
import { ObjectClass, operationsOf, property } from './object-class.ts';
import { integer, type MediaType, mediaType, mediaTypes, text } from './param-types.ts';

/** What a description is called where none is given. KMS serves one stream of each type, so it is but a name. */
const defaultDescription = 'default';

export interface ElementConnection {
  readonly source: MediaElement;
  readonly sink: MediaElement;
  readonly type: MediaType;
  readonly sourceDescription: string;
  readonly sinkDescription: string;
}

const operation = operationsOf<MediaElement>();

const connectionParams = v.object({
  sink: text,
  mediaType: v.optional(mediaType),
  sourceMediaDescription: v.optional(text, defaultDescription),
  sinkMediaDescription: v.optional(text, defaultDescription),
});
const whichConnections = v.object({ mediaType: v.optional(mediaType), description: v.optional(text) });
const whichMedia = v.object({ mediaType });
const details = v.object({ details: v.optional(v.unknown()) });

function storedBitrate(name: string, standard: number) {
  return property(
    name,
    integer,
    (self: MediaElement) => Number(self.stored(name) ?? standard),
    (self, value) => self.store(name, String(value)),
  );
}

export const mediaElementClass = new ObjectClass({
  name: 'MediaElement',
  parent: mediaObjectClass,
  operations: {
    connect: operation(connectionParams, (self, params) => {
      const sink = self.host.registry.find(params.sink, MediaElement);
      const types = params.mediaType === undefined ? mediaTypes : [params.mediaType];
      self.connect(sink, types, params.sourceMediaDescription, params.sinkMediaDescription);
    }),
    disconnect: operation(connectionParams, (self, params) => {
      const sink = self.host.registry.find(params.sink, MediaElement);
      self.disconnect(sink, params.mediaType === undefined ? mediaTypes : [params.mediaType]);
    }),
    getSourceConnections: operation(whichConnections, (self, which) =>
      self.sourceConnections
        .filter((each) => matches(each, which.mediaType, which.description, each.sinkDescription))
        .map(connectionRecord),
    ),
    getSinkConnections: operation(whichConnections, (self, which) =>
      self.sinkConnections
        .filter((each) => matches(each, which.mediaType, which.description, each.sourceDescription))
        .map(connectionRecord),
    ),
    isMediaFlowingIn: operation(whichMedia, (self, params) => self.isFlowingIn(streamed(params.mediaType))),
    isMediaFlowingOut: operation(whichMedia, (self, params) => self.isFlowingOut(streamed(params.mediaType))),
    isMediaTranscoding: operation(whichMedia, (_self, params) => {
      streamed(params.mediaType);
      return false;
    }),
    getStats: operation(v.object({ mediaType: v.optional(mediaType) }), (self, params) =>
      self.stats(params.mediaType ?? null),
    ),
    getGstreamerDot: operation(details, (self) => graphOf(self)),
    dumpGstreamerDot: operation(details, () => null),
    setAudioFormat: operation(v.object({ caps: v.unknown() }), () => null),
    setVideoFormat: operation(v.object({ caps: v.unknown() }), () => null),
    ...storedBitrate('encoderBitrate', 300_000),
    ...storedBitrate('minEncoderBitrate', 0),
    ...storedBitrate('maxEncoderBitrate', 0),
    ...storedBitrate('outputBitrate', 300_000),
    ...storedBitrate('minOutputBitrate', 0),
    ...storedBitrate('maxOutputBitrate', 0),
  },
  events: [
    'ElementConnected',
    'ElementDisconnected',
    'MediaFlowInStateChanged',
    'MediaFlowOutStateChanged',
    'MediaTranscodingStateChanged',
  ],
});

export abstract class MediaElement extends MediaObject {
  readonly #sources = new Map<MediaType, ElementConnection>();
  readonly #sinks = new Map<MediaType, Map<MediaElement, ElementConnection>>();

  /** What this element sends into the pipeline, if that is its own and not passed on. */
  get origin(): MediaOrigin | null {
    return null;
  }

  /** Of an element that passes on: whose arriving media leaves here. */
  passesOn(_type: MediaType): MediaElement | null {
    return null;
  }

  /** The other way round: from which elements leaves what arrives here. */
  passedOnBy(_type: MediaType): readonly MediaElement[] {
    return [];
  }

  /** What arrives here is another, or is negotiated or ended: `origin.publication(type)` may have changed as well. */
  protected sourceChanged(_type: MediaType, _origin: MediaOrigin | null): void {}

  /** The endpoint that what arrives here comes from has begun or ceased to send it. */
  protected sourceFlows(_type: MediaType, _flows: boolean): void {}

  /** Of an element that passes on: tells whoever listens to it whether anything leaves here. */
  tellFlowOut(_type: MediaType, _flows: boolean): void {}

  /** Whether packets arrive from the pipeline: for an endpoint, such as it can send on. */
  isFlowingIn(type: MediaType): boolean {
    return this.originOf(type)?.isFlowing(type) ?? false;
  }

  /** Whether packets leave for the pipeline. */
  isFlowingOut(type: MediaType): boolean {
    return (this.origin ?? this.passesOn(type)?.originOf(type) ?? null)?.isFlowing(type) ?? false;
  }

  /** As getStats answers, for one media type or all. */
  stats(_type: MediaType | null): Record<string, object> {
    return {
      [this.id]: record('ElementStats', {
        id: this.id,
        type: 'element',
        timestampMillis: Date.now(),
        timestamp: Math.floor(Date.now() / 1000),
        inputLatency: [],
        inputAudioLatency: 0,
        inputVideoLatency: 0,
      }),
    };
  }

  /** The endpoint whose media of that type arrives here; null while none does. */
  originOf(type: MediaType): MediaOrigin | null {
    let at = this.#sources.get(type)?.source ?? null;
    // Whoever comes by a place again that was left behind goes in a ring (Brent's algorithm).
    let mark = at;
    let steps = 0;
    let stepsToNextMark = 1;
    while (at !== null) {
      if (at.origin !== null) return at.origin;
      const passing = at.passesOn(type);
      at = passing === null ? null : (passing.#sources.get(type)?.source ?? null);
      if (at === mark) return null;
      if (++steps < stepsToNextMark) continue;
      mark = at;
      steps = 0;
      stepsToNextMark *= 2;
    }
    return null;
  }

  /** The elements that what leaves here arrives at, through any number of others. */
  reachedElements(type: MediaType): ReadonlySet<MediaElement> {
    const reached = new Set<MediaElement>();
    const leaving: MediaElement[] = [this];
    for (let element = leaving.pop(); element !== undefined; element = leaving.pop()) {
      for (const sink of element.#sinks.get(type)?.keys() ?? []) {
        if (reached.has(sink)) continue;
        reached.add(sink);
        leaving.push(...sink.passedOnBy(type));
      }
    }
    return reached;
  }

  /** What leaves here is another: tells every element it arrives at. */
  outputChanged(type: MediaType): void {
    const reached = this.reachedElements(type);
    if (reached.size === 0) return;
    // Whatever is downstream has its media from here, so it is looked for once. In a ring it comes from nowhere.
    const origin = this.origin ?? this.passesOn(type)?.originOf(type) ?? null;
    for (const element of reached) if (!element.released) element.sourceChanged(type, origin);
  }

  /** What this endpoint sends has begun or ceased to flow: tells every element it arrives at. */
  outputFlows(type: MediaType, flows: boolean): void {
    for (const element of this.reachedElements(type)) element.sourceFlows(type, flows);
  }

  /** What arrives here is another: tells this element, and every one it is passed on to. */
  inputChanged(type: MediaType): void {
    if (!this.released) this.sourceChanged(type, this.originOf(type));
    for (const element of this.passedOnBy(type)) element.outputChanged(type);
  }

  get sourceConnections(): readonly ElementConnection[] {
    return [...this.#sources.values()];
  }

  get sinkConnections(): readonly ElementConnection[] {
    return mediaTypes.flatMap((type) => [...(this.#sinks.get(type)?.values() ?? [])]);
  }

  /**
   * Sends what leaves here to `sink`, in place of what it got of those types before. Repeating it changes nothing.
   * @throws KurentoError 40004
   */
  connect(
    sink: MediaElement,
    types: readonly MediaType[] = mediaTypes,
    sourceDescription: string = defaultDescription,
    sinkDescription: string = defaultDescription,
  ): void {
    if (this.pipeline === null || this.pipeline !== sink.pipeline) {
      throw new KurentoError(40004, 'Media elements do not share pipeline');
    }
    for (const type of types) {
      const before = sink.#sources.get(type);
      if (before?.source === this) continue;
      const connection = { source: this, sink, type, sourceDescription, sinkDescription };
      if (before !== undefined) before.source.#remove(before);
      sink.#sources.set(type, connection);
      let sinks = this.#sinks.get(type);
      if (sinks === undefined) {
        sinks = new Map();
        this.#sinks.set(type, sinks);
      }
      sinks.set(sink, connection);
      this.raise('ElementConnected', connectionFields(connection));
      sink.inputChanged(type);
    }
  }

  /** Does nothing for types that are not connected. */
  disconnect(sink: MediaElement, types: readonly MediaType[] = mediaTypes): void {
    for (const type of types) {
      const connection = this.#sinks.get(type)?.get(sink);
      if (connection === undefined) continue;
      this.#remove(connection);
      sink.inputChanged(type);
    }
  }

  /** Its connections disappear. Who overrides it calls it as well. */
  protected override onRelease(): void {
    for (const connection of this.sourceConnections) connection.source.#remove(connection);
    for (const connection of this.sinkConnections) {
      this.#remove(connection);
      connection.sink.inputChanged(connection.type);
    }
  }

  #remove(connection: ElementConnection): void {
    const { sink, type } = connection;
    this.#sinks.get(type)?.delete(sink);
    sink.#sources.delete(type);
    this.raise('ElementDisconnected', connectionFields(connection));
  }
}

function connectionFields({ sink, type, sourceDescription, sinkDescription }: ElementConnection) {
  return {
    sink: sink.id,
    mediaType: type,
    sourceMediaDescription: sourceDescription,
    sinkMediaDescription: sinkDescription,
  };
}

function connectionRecord({ source, sink, type, sourceDescription, sinkDescription }: ElementConnection) {
  return record('ElementConnectionData', {
    ...{ source: source.id, sink: sink.id, type },
    ...{ sourceDescription, sinkDescription },
  });
}

function matches(
  connection: ElementConnection,
  type: MediaType | undefined,
  description: string | undefined,
  own: string,
): boolean {
  return (
    (type === undefined || connection.type === type) && (description === undefined || description === own)
  );
}

/** Audio or video: Kurento knows of no flow of data. @throws KurentoError 40107 */
function streamed(type: MediaType): MediaType {
  if (type === 'DATA') throw new KurentoError(40107, 'Invalid media type: DATA');
  return type;
}

/** A Graphviz digraph of an element and what it is connected to. */
function graphOf(element: MediaElement): string {
  const connections = [...element.sourceConnections, ...element.sinkConnections];
  return formatGraph(
    new Set([element, ...connections.flatMap(({ source, sink }) => [source, sink])]),
    new Set(connections),
  );
}

/** A Graphviz digraph: elements, and an arrow for each pair and media type. */
export function formatGraph(
  elements: Iterable<MediaObject>,
  connections: Iterable<ElementConnection>,
): string {
  const nodes = [...elements].map(
    ({ id, name, objectClass }) =>
      `  ${quoted(id)} [label=${quoted(name === id ? objectClass.name : `${objectClass.name}\n${name}`)}];`,
  );
  const edges = [...connections].map(
    ({ source, sink, type }) => `  ${quoted(source.id)} -> ${quoted(sink.id)} [label=${quoted(type)}];`,
  );
  return ['digraph pipeline {', '  node [shape=box];', ...nodes, ...edges, '}', ''].join('\n');
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
