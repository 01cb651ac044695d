/**
 * As much of the npm package as the app server uses; it has no types of its own. What is installed of it is 7.2.0, with
 * the parts of 7.3.0 below it: 7.3.0 itself has the same code and cannot be installed, as it names an install script
 * that is not in the package. package.json overrides what the registry does not have (reconnect-ws), what would be a
 * second ws, and bufferutil, which nothing here needs and which ws, also the server's, would use if it were found.
 */
declare module 'kurento-client' {
  export type Callback = (error: Error | null, result?: unknown) => void;

  /** Operations are methods whose last argument is a callback; see `invoke`. */
  export interface MediaObject {
    readonly id: string;
    on(event: string, listener: (data: Record<string, unknown>) => void): this;
    removeListener(event: string, listener: (data: Record<string, unknown>) => void): this;
    /** Of hubs. */
    createHubPort?(callback: Callback): MediaObject;
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
