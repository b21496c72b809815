/*
 * valibot checks the configuration. Chosen over zod: importing it takes 4 ms and 2 MB of resident memory against 39 ms and
 * 19 MB (`node --expose-gc` around one `import()`), and a sidecar has 500 ms and 110 MB in all.
 */
import * as v from 'valibot';
import { nearestKey } from '../nearest-key.ts';
import { sectionEntries } from './introspect.ts';
import { isMapping, mismatch } from './mismatch.ts';

type Entries = v.ObjectEntries;
type Rule = v.GenericSchema;

/** What is told of a key beside its rule. `default` is as one would write it in the file. */
export interface KeyNote {
  readonly meaning: string;
  readonly default?: unknown;
}

/** A key with a default: an absent key, and one without a value, take it. */
export function setting<const S extends Rule>(rule: S, fallback: v.InferInput<S>, meaning: string) {
  return v.pipe(v.nullish(rule, fallback as never), v.metadata({ meaning, default: fallback }));
}

/** A key that may be left out. `shown` says what holds then. */
export function optional<const S extends Rule>(rule: S, meaning: string, shown?: string) {
  return v.pipe(v.nullish(rule), v.metadata({ meaning, ...(shown !== undefined && { default: shown }) }));
}

/** A key that has to be there. */
export function required<const S extends Rule>(rule: S, meaning: string) {
  return v.pipe(rule, v.metadata({ meaning }));
}

/** A mapping with known keys. Every other key is a fault that names the nearest known one. */
export function section<const E extends Entries>(entries: E) {
  return v.pipe(
    plainMapping(),
    v.looseObject(entries, () => 'is missing; it has no default'),
    v.rawCheck(({ dataset, addIssue }) => {
      const input: unknown = dataset.value;
      if (!isMapping(input)) return;
      for (const [key, value] of Object.entries(input)) {
        if (Object.hasOwn(entries, key)) continue;
        const path = { type: 'object', origin: 'key', input, key, value } as const;
        addIssue({ message: unknownKey(key, entries), path: [path] });
      }
    }),
  );
}

/** A mapping whose keys are the operator's own names. Comes out as a Map, so that no name is special. */
export function mapping<const K extends v.GenericSchema<string>, const S extends Rule>(keys: K, values: S) {
  return v.pipe(
    plainMapping(),
    v.transform((input) => new Map(Object.entries(input))),
    v.map(keys, values),
  );
}

function plainMapping() {
  return v.custom<Record<string, unknown>>(isMapping, mismatch('a mapping of keys to values'));
}

function unknownKey(key: string, entries: Entries): string {
  const own = Object.keys(entries);
  const nested = own.flatMap((name) =>
    Object.keys(sectionEntries(entries[name])).map((leaf) => `${name}.${leaf}`),
  );
  const nearest = nearestKey(key, own, nested);
  return `is not a known key; the nearest known one is ${nearest}`;
}
