/** JSON-RPC 2.0 as Kurento speaks it: one object per message, no batches, parameters by name. */
import { parseBoundedJson } from '../bounded-json.ts';
import { KurentoError } from './kurento-error.ts';

export type RequestId = string | number;

/** undefined where there are none. */
export type Params = Readonly<Record<string, unknown>> | undefined;

export interface RpcRequest {
  /** null for a notification, which is not answered. */
  readonly id: RequestId | null;
  readonly method: string;
  /** See paramsOf(). */
  readonly params: unknown;
}

/** @throws KurentoError -32700, -32600; neither can be answered under an id */
export function parseRequest(text: string): RpcRequest {
  let message: unknown;
  try {
    message = parseBoundedJson(text);
  } catch {
    throw new KurentoError(-32700, 'Parse error.');
  }
  return requestOf(message);
}

/** @throws KurentoError -32600 */
export function requestOf(message: unknown): RpcRequest {
  if (!isObject(message)) throw new KurentoError(-32600, 'Invalid JSON-RPC request.');
  const { id = null, method, params, jsonrpc } = message;
  const validId = id === null || typeof id === 'string' || typeof id === 'number';
  if (!validId || typeof method !== 'string' || jsonrpc !== '2.0') {
    throw new KurentoError(-32600, 'Invalid JSON-RPC request.');
  }
  return { id, method, params };
}

/** @throws KurentoError -32602 */
export function paramsOf({ params }: RpcRequest): Params {
  if (params === undefined || params === null) return undefined;
  if (!isObject(params)) throw new KurentoError(-32602, "'params' should be an object");
  return params;
}

/** Whether a first frame is of this dialect: no other has versions. */
export function looksLikeJsonRpc(text: string): boolean {
  try {
    const message = parseBoundedJson(text);
    return isObject(message) && message.jsonrpc === '2.0';
  } catch {
    return false;
  }
}

export function formatResult(id: RequestId, result: object): string {
  return JSON.stringify({ id, jsonrpc: '2.0', result });
}

export function formatError(id: RequestId | null, error: KurentoError): string {
  return JSON.stringify({ id, jsonrpc: '2.0', error });
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
