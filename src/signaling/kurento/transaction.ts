/**
 * Several requests in one, which may refer to each other's results by `newref:<index>`. They are done one after
 * another until one fails; what has been done stays.
 */
import type { FairShare } from '../../http/fair-share.ts';
import { type Params, paramsOf, type RequestId, requestOf } from './json-rpc.ts';
import { KurentoError } from './kurento-error.ts';
import { maxTransactionOperations } from './kurento-limits.ts';
import type { KurentoSession } from './kurento-session.ts';
import { runOnSession, withSession } from './methods.ts';
import type { ObjectModel } from './object-model.ts';

export interface TransactionContext {
  readonly model: ObjectModel;
  readonly session: KurentoSession;
  readonly share: FairShare;
  /** Whose share it is. */
  readonly client: object;
  /** What a failed operation answers. */
  errorOf(error: unknown): KurentoError;
}

type OperationAnswer = { id: RequestId; jsonrpc: '2.0' } & ({ result: object } | { error: KurentoError });

/** @throws KurentoError 40008, and nothing has been done then */
export async function runTransaction(context: TransactionContext, params: Params): Promise<object> {
  const { model, session, share, client } = context;
  const operations = operationsOf(params);
  const answers: OperationAnswer[] = [];
  const values: unknown[] = [];
  for (const [id, operation] of operations.entries()) {
    try {
      const run = () =>
        runOnSession(
          model,
          session,
          operation.method,
          resolveReferences(paramsOf(operation), values) as Params,
        );
      const result = await share.goOn(run, client);
      values.push((result as { value?: unknown }).value);
      answers.push({ id, jsonrpc: '2.0', result: withSession(result, session) });
    } catch (error) {
      answers.push({ id, jsonrpc: '2.0', error: context.errorOf(error) });
      break;
    }
  }
  return { value: answers };
}

function operationsOf(params: Params) {
  const operations = params?.operations;
  if (operations === undefined) throw new KurentoError(-32000, "'operations' parameter is required");
  if (!Array.isArray(operations)) {
    throw new KurentoError(-32000, "'operations' parameter should be an array");
  }
  if (operations.length > maxTransactionOperations) {
    throw new KurentoError(40009, `A transaction has ${maxTransactionOperations} operations at most`);
  }
  return operations.map((operation: unknown, index) => {
    const request = requestOf(operation);
    if (request.id !== index) throw new KurentoError(40008, `Id of request '${index}' should be '${index}'`);
    return request;
  });
}

/** Replaces `newref:<index>`, wherever it stands, by the value of the operation of that index. */
function resolveReferences(value: unknown, values: readonly unknown[]): unknown {
  if (typeof value === 'string') return value.startsWith('newref:') ? referred(value, values) : value;
  if (Array.isArray(value)) return value.map((each: unknown) => resolveReferences(each, values));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, resolveReferences(each, values)] as const),
  );
}

function referred(reference: string, values: readonly unknown[]): string {
  const value = /^newref:\d{1,9}$/.test(reference) ? values[Number(reference.slice('newref:'.length))] : null;
  if (typeof value === 'string') return value;
  throw new KurentoError(40008, `Result not found for '${reference.slice(0, 100)}'`);
}
