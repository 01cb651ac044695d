/**
 * What a class of media objects offers: its operations and events, and those of its ancestors. A parameter that does
 * not fit is 40001, an operation that does not exist 40008, both in the words of the original.
 */
import * as v from 'valibot';
import { KurentoError } from './kurento-error.ts';
import { describeIssue } from './param-types.ts';

type ParamsSchema = v.GenericSchema<unknown, unknown>;

export interface Operation {
  /** null takes no parameters, and does not look at what is sent as such. */
  readonly params: ParamsSchema | null;
  run(self: unknown, params: unknown): unknown;
}

export interface OperationMaker<Self> {
  /** An operation without parameters. */
  (run: (self: Self) => unknown): Operation;
  <Schema extends ParamsSchema>(
    params: Schema,
    run: (self: Self, params: v.InferOutput<Schema>) => unknown,
  ): Operation;
}

/** Makes operations whose `run` is typed for `Self`. */
export function operationsOf<Self>(): OperationMaker<Self> {
  return (first: ParamsSchema | ((self: Self) => unknown), second?: (self: Self, params: never) => unknown) =>
    (typeof first === 'function'
      ? { params: null, run: first }
      : { params: first, run: second }) as Operation;
}

/** `getFoo`, and with `set` also `setFoo {foo}`. */
export function property<Self, Schema extends ParamsSchema>(
  name: string,
  schema: Schema,
  get: (self: Self) => unknown,
  set?: (self: Self, value: v.InferOutput<Schema>) => void,
): Record<string, Operation> {
  const operation = operationsOf<Self>();
  const capitalised = name.charAt(0).toUpperCase() + name.slice(1);
  const getter = { [`get${capitalised}`]: operation(get) };
  if (set === undefined) return getter;
  const setter = operation(v.object({ [name]: schema }), (self, params) => {
    set(self, (params as Record<string, v.InferOutput<Schema>>)[name]);
  });
  return { ...getter, [`set${capitalised}`]: setter };
}

export interface ObjectClassOptions {
  /** Without the prefix `kurento.`. */
  readonly name: string;
  readonly parent?: ObjectClass;
  readonly operations?: Readonly<Record<string, Operation>>;
  /** Names that may be subscribed to, besides the ancestors'. */
  readonly events?: readonly string[];
}

/** Events of Kurento 6 and what they are called now; subscribers get them under the name they know. */
export const legacyEvents: ReadonlyMap<string, string> = new Map([
  ['OnIceCandidate', 'IceCandidateFound'],
  ['OnIceGatheringDone', 'IceGatheringDone'],
  ['OnIceComponentStateChanged', 'IceComponentStateChanged'],
  ['IceComponentStateChange', 'IceComponentStateChanged'],
  ['OnDataChannelOpened', 'DataChannelOpened'],
  ['DataChannelOpen', 'DataChannelOpened'],
  ['OnDataChannelClosed', 'DataChannelClosed'],
  ['DataChannelClose', 'DataChannelClosed'],
  ['MediaFlowInStateChange', 'MediaFlowInStateChanged'],
  ['MediaFlowOutStateChange', 'MediaFlowOutStateChanged'],
  ['MediaTranscodingStateChange', 'MediaTranscodingStateChanged'],
]);

export class ObjectClass {
  readonly name: string;
  readonly qualifiedName: string;
  /** Qualified, nearest first, without the class itself. */
  readonly hierarchy: readonly string[];
  readonly #operations: ReadonlyMap<string, Operation>;
  readonly #events: ReadonlySet<string>;

  constructor({ name, parent, operations = {}, events = [] }: ObjectClassOptions) {
    this.name = name;
    this.qualifiedName = `kurento.${name}`;
    this.hierarchy = parent === undefined ? [] : [parent.qualifiedName, ...parent.hierarchy];
    const inherited = parent ?? null;
    this.#operations = new Map([
      ...(inherited === null ? [] : inherited.#operations),
      ...Object.entries(operations),
    ]);
    this.#events = new Set([...(inherited === null ? [] : inherited.#events), ...events]);
  }

  /** What the event subscribed to as `name` is called here. @throws KurentoError 40106 */
  eventNamed(name: string): string {
    const event = legacyEvents.get(name) ?? name;
    if (!this.#events.has(event)) throw new KurentoError(40106, `Event '${name}' not supported`);
    return event;
  }

  get operationNames(): readonly string[] {
    return [...this.#operations.keys()];
  }

  get eventNames(): readonly string[] {
    return [...this.#events];
  }

  /**
   * Runs an operation on an object of this class.
   * @param params undefined where none were sent
   * @throws KurentoError, whatever the operation throws
   */
  invoke(self: unknown, name: string, params: unknown): unknown {
    const operation = this.#operations.get(name);
    if (operation === undefined) {
      const count = typeof params === 'object' && params !== null ? Object.keys(params).length : 0;
      throw new KurentoError(40008, `Method '${printable(name)}' with ${count} parameters not found`);
    }
    return operation.run(
      self,
      operation.params === null ? null : parseParams(operation.params, params, 'operationParams'),
    );
  }
}

/** @throws KurentoError 40001 */
export function parseParams<Schema extends ParamsSchema>(
  schema: Schema,
  params: unknown,
  where: string,
): v.InferOutput<Schema> {
  if (Array.isArray(params) || (params !== null && params !== undefined && typeof params !== 'object')) {
    throw new KurentoError(40001, `'${where}' should be an object`);
  }
  // None at all is the same as an empty object, where every one may be left out.
  const result = v.safeParse(schema, params ?? {}, { abortEarly: true });
  if (result.success) return result.output;
  if (params === undefined || params === null) throw new KurentoError(40001, `'${where}' is required`);
  throw new KurentoError(40001, describeIssue(result.issues[0], where));
}

/** What a client sent, for an error message. */
export function printable(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
