/** Keys under which providers nest their error. Others are never entered: an answer may quote the caller's whole request. */
const CONTAINER_KEYS: ReadonlySet<string> = new Set([
  'error',
  'errors',
  'err',
  'detail',
  'details',
  'metadata',
  'response',
  'status_details',
  'data',
  'body',
  'raw',
  'cause',
  'innererror',
]);

const MAX_DEPTH = 8;
const MAX_OBJECTS = 256;

export type ErrorObject = Readonly<Record<string, unknown>>;

/** The objects of an answer that are the provider's own error or part of it, outer before inner; at most 256. */
export function errorObjects(documents: readonly unknown[]): ErrorObject[] {
  const found: ErrorObject[] = [];
  let level: readonly unknown[] = documents;
  for (let depth = 0; depth <= MAX_DEPTH && level.length > 0; depth++) {
    const inner: unknown[] = [];
    for (const value of level) {
      if (found.length >= MAX_OBJECTS) return found;
      if (Array.isArray(value)) inner.push(...value.slice(0, MAX_OBJECTS));
      else if (isErrorObject(value)) {
        found.push(value);
        inner.push(...nestedErrors(value));
      }
    }
    level = inner;
  }
  return found;
}

export function isErrorObject(value: unknown): value is ErrorObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A string or number of an answer as text, anything else as undefined: providers write figures both ways. */
export function fieldText(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : undefined;
}

function nestedErrors(object: ErrorObject): unknown[] {
  return Object.entries(object)
    .filter(([key, value]) => typeof value === 'object' && CONTAINER_KEYS.has(key.toLowerCase()))
    .map(([, value]) => value);
}
