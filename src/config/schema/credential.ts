import { distance } from 'fastest-levenshtein';
import * as v from 'valibot';
import { type CredentialSource, Secret } from '../../catalog/credential.ts';
import { nearestKey } from '../nearest-key.ts';
import { isMapping, mismatch } from './mismatch.ts';
import { secretText } from './values.ts';

const forms = ['env', 'file', 'value'] as const;

/** Edits that still make a key a slip of the pen; anything farther off may be a secret, and is not shown. */
const largestSlip = 2;

const expected = 'one of {env: NAME}, {file: PATH}, {value: TEXT}';

/**
 * Where a secret is. Unlike in other sections an unknown key is not shown: who writes `credential: {sk-...}` has the secret for a
 * key.
 */
export const credentialRule = v.pipe(
  v.custom<Record<string, unknown>>(
    (input) => isMapping(input) && Object.keys(input).length === 1 && Object.keys(input).every(isForm),
    mismatch(expected, {
      secret: true,
      hint: (input) =>
        typeof input === 'string' ? 'a secret that stands in this file is {value: TEXT}' : keysHint(input),
    }),
  ),
  v.looseObject({
    env: v.nullish(secretText('the name of an environment variable')),
    file: v.nullish(secretText("a file's path")),
    value: v.nullish(secretText('the secret, as text')),
  }),
  v.check(
    ({ env, file, value }) => (env ?? file ?? value ?? '') !== '',
    () => `is without a value; expected ${expected}`,
  ),
  v.transform(({ env, file, value }): CredentialSource => {
    if (typeof env === 'string') return { kind: 'env', name: env };
    if (typeof file === 'string') return { kind: 'file', path: file };
    return { kind: 'value', secret: new Secret(value ?? '') };
  }),
);

/** One of several keys: a text is the key itself. */
export const keyRule = v.pipe(
  v.custom<unknown>(
    (input) => (typeof input === 'string' && input !== '') || isMapping(input),
    mismatch(`a key as text, or ${expected}`, {
      secret: true,
      hint: (input) => (typeof input === 'number' ? 'put it in quotes' : undefined),
    }),
  ),
  v.transform((input): unknown => (typeof input === 'string' ? { value: input } : input)),
  credentialRule,
);

function isForm(key: string): boolean {
  return forms.some((form) => form === key);
}

function keysHint(input: unknown): string | undefined {
  if (!isMapping(input)) return undefined;
  const keys = Object.keys(input);
  const slip = keys.find((key) => !isForm(key) && forms.some((form) => distance(key, form) <= largestSlip));
  if (slip !== undefined)
    return `${slip} is not a known key; the nearest known one is ${nearestKey(slip, forms)}`;
  const known = keys.filter(isForm);
  return known.length > 1 ? `it has ${known.join(' and ')}` : 'with one of these keys and no other';
}
