/**
 * Reading fields out of JSON that came over the wire. A missing or ill-typed field is its fallback, never an
 * exception: an older or newer server must not break the page.
 */
export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function stringField(object: JsonObject, key: string): string | null {
  const value = object[key];
  return typeof value === 'string' ? value : null;
}

export function numberField(object: JsonObject, key: string): number | null {
  const value = object[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** The objects of an array field; anything else in it is left out. Null when the field is not an array. */
export function objectsField(object: JsonObject, key: string): JsonObject[] | null {
  const value = object[key];
  return Array.isArray(value) ? value.filter(isObject) : null;
}
