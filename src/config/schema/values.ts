import * as v from 'valibot';
import { parseRedisUrl } from '../redis-url.ts';
import { isMapping, mismatch, quoteIt } from './mismatch.ts';

/** Bytes of ids, model names and the like, as the API limits them. */
export const maxIdBytes = 256;

/** Fits every integer field of the API. */
const largestInteger = 2_147_483_647;

export function wholeNumber(range: { min?: number; max?: number } = {}) {
  const { min = 0, max = largestInteger } = range;
  const upTo = max === largestInteger ? ' or more' : ` to ${max}`;
  return v.custom<number>(
    (input) => Number.isInteger(input) && (input as number) >= min && (input as number) <= max,
    mismatch(`a whole number, ${min}${upTo}`, { hint: unquoteIt }),
  );
}

/** A finite number, 0 or more: money, multipliers, factors. */
export function amount(range: { min?: number } = {}) {
  const { min = 0 } = range;
  return v.custom<number>(
    (input) => typeof input === 'number' && Number.isFinite(input) && input >= min,
    mismatch(`a number, ${min} or more`, { hint: unquoteIt }),
  );
}

export function flag() {
  return v.custom<boolean>((input) => typeof input === 'boolean', mismatch('true or false'));
}

/** One of a few words. */
export function oneOf<const W extends string>(words: readonly W[]) {
  return v.custom<W>((input) => words.some((word) => word === input), mismatch(`one of ${words.join(', ')}`));
}

/** A name others refer to: 1 to 256 bytes, no control characters. `what` completes "expected ...". */
export function name(what: string) {
  return v.custom<string>(
    isName,
    mismatch(`${what}: 1 to ${maxIdBytes} bytes without control characters`, { hint: quoteIt }),
  );
}

/** A model's name, or a pattern: a name with one `*`, at its end. */
export function modelPattern() {
  return v.custom<string>(
    (input) => isName(input) && !input.slice(0, -1).includes('*'),
    mismatch('a model name, or a pattern with one * at its end', { hint: quoteIt }),
  );
}

/** A model's name without any `*`. */
export function modelName(what: string) {
  return v.custom<string>(
    (input) => isName(input) && !input.includes('*'),
    mismatch(`${what}, without a *`, { hint: quoteIt }),
  );
}

/** Text of any content but none. */
export function text(what: string) {
  return v.custom<string>(
    (input) => typeof input === 'string' && input !== '' && !input.includes('\0'),
    mismatch(what, { hint: quoteIt }),
  );
}

/** Text that is never shown. */
export function secretText(what: string) {
  return v.custom<string>(
    (input) => typeof input === 'string' && input !== '',
    mismatch(what, { secret: true, hint: quoteIt }),
  );
}

/** A URL with one of the schemes (any, where none are given). Never shown: it may hold a password. */
export function url(example: string, schemes?: readonly string[]) {
  const expected = `a URL such as ${example}`;
  return v.custom<string>(
    (input) => {
      if (typeof input !== 'string' || !/^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(input) || !URL.canParse(input))
        return false;
      return schemes === undefined || schemes.includes(new URL(input).protocol.slice(0, -1));
    },
    mismatch(expected, { secret: true }),
  );
}

/** Where Redis is: one server, sentinels or the nodes of a cluster. Never shown: it may hold a password. */
export function redisUrl() {
  return v.custom<string>(
    (input) => typeof input === 'string' && faultOfRedisUrl(input) === undefined,
    mismatch('a URL such as redis://host:6379, redis+sentinel://a,b/master or redis+cluster://a,b', {
      secret: true,
      hint: (input) => (typeof input === 'string' ? faultOfRedisUrl(input) : undefined),
    }),
  );
}

function faultOfRedisUrl(input: string): string | undefined {
  try {
    parseRedisUrl(input);
    return undefined;
  } catch (error) {
    return error instanceof TypeError ? error.message : String(error);
  }
}

/** Milliseconds since the epoch of `2027-01-31`, `2027-01-31T12:00:00Z` or the like with an offset; a day begins in UTC. */
export function moment() {
  return v.pipe(
    v.custom<string>(
      (input) => typeof input === 'string' && Number.isFinite(parseMoment(input)),
      mismatch('a date such as 2027-01-31 or a time such as 2027-01-31T12:00:00Z'),
    ),
    v.transform(parseMoment),
  );
}

/** A list, given as one. `secret`: what stands in its place is not shown. */
export function listOf<const S extends v.GenericSchema>(
  rule: S,
  what: string,
  options: { secret?: boolean } = {},
) {
  const hint = (input: unknown) => (isMapping(input) ? 'put a - before each' : undefined);
  return v.array(rule, mismatch(`a list of ${what}`, { ...options, hint }));
}

function isName(input: unknown): input is string {
  if (typeof input !== 'string' || input === '' || Buffer.byteLength(input) > maxIdBytes) return false;
  return !/\p{Cc}/u.test(input);
}

function unquoteIt(input: unknown): string | undefined {
  if (typeof input !== 'string' || input.trim() === '') return undefined;
  return Number.isFinite(Number(input)) ? 'leave out the quotes' : undefined;
}

function parseMoment(input: string): number {
  const parts = /^(\d{4})-(\d\d)-(\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/.exec(
    input,
  );
  if (parts === null) return Number.NaN;
  // Date.parse takes February 30 for March 2; the day has to survive the way there and back.
  const day = `${parts[1]}-${parts[2]}-${parts[3]}`;
  const dayMs = Date.parse(day);
  if (Number.isNaN(dayMs) || !new Date(dayMs).toISOString().startsWith(day)) return Number.NaN;
  return Date.parse(input);
}
