/** What a test and the app server's process say to each other. */

/** In arguments and results: an object of the client, by its label or, where it has none, its id. */
export interface ObjectName {
  readonly object: string;
}

export type AppTask =
  /** Opens a client of the test's own. */
  | { readonly kind: 'open'; readonly client: string; readonly url: string }
  | { readonly kind: 'close'; readonly client: string }
  | {
      readonly kind: 'create';
      /** A client for a pipeline, a pipeline for its elements, a hub for its ports. */
      readonly parent: string;
      readonly label: string;
      readonly type: string;
      readonly params: Readonly<Record<string, unknown>>;
    }
  /** Gives an object a label by its id, through `describe`. */
  | { readonly kind: 'find'; readonly client: string; readonly label: string; readonly objectId: string }
  | {
      readonly kind: 'call';
      readonly label: string;
      readonly operation: string;
      readonly args: readonly unknown[];
    }
  /** Reports events of an object from now on, and to a client's own: reconnected, disconnect. */
  | { readonly kind: 'watch'; readonly label: string; readonly events: readonly string[] }
  | { readonly kind: 'unwatch'; readonly label: string; readonly event: string }
  /** Passes candidates between a page that is served by hand and an endpoint. */
  | { readonly kind: 'attach'; readonly page: string; readonly label: string }
  /** Ends every demo and client. */
  | { readonly kind: 'reset' };

export interface AppRequest {
  readonly id: number;
  readonly task: AppTask;
}

export interface SeenEvent {
  readonly label: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export type AppReport =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'event'; readonly event: SeenEvent }
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown }
  | {
      readonly kind: 'failed';
      readonly id: number;
      readonly message: string;
      readonly code: unknown;
      readonly data: unknown;
    };
