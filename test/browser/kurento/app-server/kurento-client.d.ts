/** As much of the npm package as the app server uses; it has no types of its own. */
declare module 'kurento-client' {
  export type Callback = (error: Error | null, result?: unknown) => void;

  /** Operations are methods whose last argument is a callback; see `invoke`. */
  export interface MediaObject {
    readonly id: string;
    on(event: string, listener: (data: Record<string, unknown>) => void): this;
    removeListener(event: string, listener: (data: Record<string, unknown>) => void): this;
  }

  export interface KurentoClient {
    readonly sessionId: string;
    create(type: string, params: Record<string, unknown>, callback: Callback): unknown;
    getMediaobjectById(id: string, callback: Callback): unknown;
    on(event: string, listener: (detail: unknown) => void): this;
    close(): void;
  }

  interface Kurento {
    (url: string, options: Record<string, unknown>, callback: Callback): KurentoClient;
    /** Makes a record of the protocol, `IceCandidate` say, of its fields. */
    getComplexType(name: string): (fields: object) => unknown;
  }

  const kurento: Kurento;
  export default kurento;
}
