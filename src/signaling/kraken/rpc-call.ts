/** One JSON-RPC call as it comes: `{"id", "method", "params"}`. */
import * as v from 'valibot';
import { parseFirstJson } from '../bounded-json.ts';

export interface RpcCall {
  /** Echoed in the answer; '' for none. */
  readonly id: string;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** The body is no call: HTTP says 400. */
export class MalformedCall extends Error {
  override readonly name = 'MalformedCall';
}

const callSchema = v.object({
  id: v.nullish(v.string('id has to be a string'), ''),
  method: v.nullish(v.string('method has to be a string'), ''),
  params: v.nullish(v.array(v.unknown(), 'params has to be an array'), []),
});

/**
 * Reads a body as the original does: names of fields in any case, others ignored, and `null` for an empty call.
 * @throws MalformedCall
 */
export function parseCall(body: string): RpcCall {
  let value: unknown;
  try {
    value = parseFirstJson(body);
  } catch (error) {
    throw new MalformedCall(`The body is not JSON: ${(error as Error).message}`);
  }
  if (value === null) return { id: '', method: '', params: [] };
  if (typeof value !== 'object' || Array.isArray(value))
    throw new MalformedCall('The body has to be a JSON object.');
  const fields: { id?: unknown; method?: unknown; params?: unknown } = {};
  for (const [name, field] of Object.entries(value)) {
    const known = name.toLowerCase();
    if (known === 'id' || known === 'method' || known === 'params') fields[known] = field;
  }
  const result = v.safeParse(callSchema, fields);
  if (!result.success) throw new MalformedCall(`${result.issues[0].message}.`);
  return result.output;
}
