import kurento, { type KurentoClient, type MediaObject } from 'kurento-client';

/**
 * Calls an operation of the stock client. Always with a callback: without one the client swallows what the server
 * refuses.
 */
export function invoke<T = unknown>(
  object: MediaObject | KurentoClient,
  operation: string,
  ...args: readonly unknown[]
): Promise<T> {
  return new Promise((resolve, reject) => {
    const method = (object as unknown as Record<string, unknown>)[operation];
    if (typeof method !== 'function') throw new TypeError(`the client has no operation ${operation}`);
    const done = (error: unknown, value: unknown) => {
      if (error) reject(error);
      else resolve(value as T);
    };
    method.call(object, ...args, done);
  });
}

/** Resolves when the client has found the modules it wants at the server. */
export function openClient(url: string): Promise<KurentoClient> {
  return new Promise((resolve, reject) => {
    kurento(url, {}, (error, client) => {
      if (error) reject(error);
      else resolve(client as KurentoClient);
    });
  });
}

export function createPipeline(client: KurentoClient): Promise<MediaObject> {
  return invoke<MediaObject>(client, 'create', 'MediaPipeline');
}

export function createEndpoint(
  pipeline: MediaObject,
  params: Readonly<Record<string, unknown>> = {},
): Promise<MediaObject> {
  return invoke<MediaObject>(pipeline, 'create', 'WebRtcEndpoint', params);
}

/** A browser's candidate as a record of the protocol, as the tutorials send it. */
export function iceCandidate(fields: object): unknown {
  return kurento.getComplexType('IceCandidate')(fields);
}
