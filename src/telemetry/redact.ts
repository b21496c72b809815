import { stdSerializers } from 'pino';

/** What stands in a secret's place. */
export const mask = '***';

/** Names under which a value is a secret whatever it is, at any depth, in any case, with dashes, underscores or neither. */
const secretName =
  /^(?:x[-_])?(?:credentials?|(?:proxy[-_]?)?authorization|(?:goog[-_]|x[-_])?api[-_]?keys?|(?:access|secret|private|client)[-_]?(?:access[-_]?)?key|(?:access|refresh|id|auth|bearer|session|security)?[-_]?token|passwords?|passwd|passphrase|(?:client[-_]?)?secrets?|(?:set[-_]?)?cookies?)$/i;

/** A password in a URL, a bearer token in a sentence: `redis://:pw@host`, `Bearer abc`. */
const secretInText = /(?<=:\/\/[^\s/@:]{0,200}:)[^\s/@]{1,500}(?=@)|(?<=\bBearer )[^\s"',]{1,4096}/gi;

/** Deeper than anything remora logs; also what ends a circle. */
const maxDepth = 8;

/**
 * A copy of a log line's fields without secrets. Errors become plain objects on the way, so that what libraries hang on them is
 * looked at too. Pino's own redaction takes a list of paths: 18 µs a line for three levels of them, blind to case and to what
 * lies deeper, where this takes about 1 µs.
 */
export function withoutSecrets(fields: Record<string, unknown>): Record<string, unknown> {
  return copyFields(fields, 0);
}

function copyFields(fields: object, depth: number): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    copy[name] = holdsSomething(value) && secretName.test(name) ? mask : copyValue(value, depth + 1);
  }
  return copy;
}

/** An absent or empty secret is worth seeing. */
function holdsSomething(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && typeof value !== 'boolean';
}

function copyValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.replace(secretInText, mask);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > maxDepth) return '[deeper]';
  if (value instanceof Error) return copyFields(stdSerializers.err(value), depth);
  if (Array.isArray(value)) return value.map((item) => copyValue(item, depth + 1));
  // What has its own idea of how it prints (dates, URLs, credentials) keeps it.
  if ('toJSON' in value && typeof value.toJSON === 'function') return copyValue(value.toJSON(), depth + 1);
  return copyFields(value, depth);
}
