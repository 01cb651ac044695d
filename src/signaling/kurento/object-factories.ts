/** What can be created, and what is known but cannot be served by what forwards media and does not decode it. */
import * as v from 'valibot';
import { Dispatcher } from './dispatcher.ts';
import { DispatcherOneToMany } from './dispatcher-one-to-many.ts';
import { Hub, HubPort } from './hub.ts';
import { KurentoError } from './kurento-error.ts';
import type { MediaObject } from './media-object.ts';
import { MediaPipeline } from './media-pipeline.ts';
import { parseParams, printable } from './object-class.ts';
import type { ObjectHost } from './object-host.ts';
import { text } from './param-types.ts';
import { PassThrough } from './pass-through.ts';
import { WebRtcEndpoint } from './web-rtc-endpoint.ts';
import { webRtcEndpointParams } from './web-rtc-endpoint-class.ts';

/** Kurento's modules of which clients demand that they are there. */
export type ModuleName = 'core' | 'elements' | 'filters';

export interface ObjectFactory {
  readonly module: ModuleName;
  /** @throws KurentoError */
  create(host: ObjectHost, constructorParams: unknown): MediaObject;
}

/** A factory whose parameters are of a schema. */
export function factory<Schema extends v.GenericSchema<unknown, unknown>>(
  module: ModuleName,
  params: Schema,
  make: (host: ObjectHost, params: v.InferOutput<Schema>) => MediaObject,
): ObjectFactory {
  return {
    module,
    create: (host, sent) => make(host, parseParams(params, sent, 'constructorParams')),
  };
}

const inPipeline = v.object({ mediaPipeline: text });

/** A factory of what has nothing but a pipeline. */
function ofPipeline(
  module: ModuleName,
  made: new (host: ObjectHost, pipeline: MediaPipeline) => MediaObject,
): ObjectFactory {
  return factory(
    module,
    inPipeline,
    (host, { mediaPipeline }) => new made(host, host.registry.find(mediaPipeline, MediaPipeline)),
  );
}

export const objectFactories: ReadonlyMap<string, ObjectFactory> = new Map<string, ObjectFactory>([
  [
    'MediaPipeline',
    factory('core', v.unknown(), (host) => {
      host.registry.assertRoomForPipeline();
      return new MediaPipeline(host);
    }),
  ],
  ['PassThrough', ofPipeline('core', PassThrough)],
  [
    'HubPort',
    factory('core', v.object({ hub: text }), (host, { hub }) => new HubPort(host.registry.find(hub, Hub))),
  ],
  [
    'WebRtcEndpoint',
    factory('elements', webRtcEndpointParams, (host, { mediaPipeline, ...options }) => {
      return new WebRtcEndpoint(host.registry.find(mediaPipeline, MediaPipeline), options);
    }),
  ],
  ['Dispatcher', ofPipeline('elements', Dispatcher)],
  ['DispatcherOneToMany', ofPipeline('elements', DispatcherOneToMany)],
]);

/** Types of Kurento's own modules that are refused, and why. */
const unservedTypes: ReadonlyMap<string, string> = new Map([
  ...['Composite', 'Mixer', 'AlphaBlending'].map((type) => [type, 'mixing needs decoding'] as const),
  ...['PlayerEndpoint', 'RecorderEndpoint', 'HttpPostEndpoint'].map(
    (type) => [type, 'files and HTTP media need a media framework'] as const,
  ),
  ...[
    ...['FaceOverlayFilter', 'GStreamerFilter', 'ZBarFilter', 'ImageOverlayFilter', 'OpenCVFilter'],
    ...['FaceDetectorFilter', 'MovementDetectorFilter', 'LogoOverlayFilter'],
  ].map((type) => [type, 'filters need decoding'] as const),
]);

/** @param type plain, or with the prefix `kurento.` @throws KurentoError 40108 */
export function factoryOf(type: string): ObjectFactory {
  const plain = type.startsWith('kurento.') ? type.slice('kurento.'.length) : type;
  const found = objectFactories.get(plain);
  if (found !== undefined) return found;
  const reason = unservedTypes.get(plain);
  const because =
    reason === undefined ? '' : `: this server forwards media and does not decode it, and ${reason}`;
  throw new KurentoError(40108, `Factory '${printable(plain)}' not found${because}`);
}
