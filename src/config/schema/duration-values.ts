import * as v from 'valibot';
import { formatDuration, parseDuration } from '../duration.ts';
import { mismatch } from './mismatch.ts';

/** A year: longer than anything here is meant to last, and a slip of the unit shows. */
const longestMs = 365 * 86_400_000;

export interface DurationRange {
  readonly minMs?: number;
  readonly maxMs?: number;
}

/** A duration from the file, as milliseconds. */
export function duration(range: DurationRange = {}) {
  const { minMs = 0, maxMs = longestMs } = range;
  return v.pipe(
    v.custom<string>(
      (input) => {
        const ms = read(input);
        return ms !== undefined && ms >= minMs && ms <= maxMs;
      },
      mismatch(expectation(minMs, maxMs), { hint: unitHint }),
    ),
    v.transform((input) => read(input) ?? 0),
  );
}

/** A time to live: zero and anything negative, with a unit or without, mean the default. */
export function timeToLive(fallback: string, range: DurationRange = {}) {
  const { minMs = 1, maxMs = longestMs } = range;
  return v.pipe(
    v.custom<string | number>(
      (input) => {
        const ms = read(input);
        return ms !== undefined && (ms <= 0 || (ms >= minMs && ms <= maxMs));
      },
      mismatch(expectation(minMs, maxMs), { hint: unitHint }),
    ),
    v.transform((input) => {
      const ms = read(input) ?? 0;
      return ms > 0 ? ms : (parseDuration(fallback) ?? 0);
    }),
  );
}

/** Milliseconds, negative ones too. Only zero and negative numbers need no unit: they are the same in any. */
function read(input: unknown): number | undefined {
  if (typeof input === 'number') return input <= 0 ? input : undefined;
  if (typeof input !== 'string') return undefined;
  const unsigned = input.replace(/^-/, '');
  const ms =
    /^0+$/.test(unsigned) || (input !== unsigned && /^\d+$/.test(unsigned))
      ? Number(unsigned)
      : parseDuration(unsigned);
  if (ms === undefined) return undefined;
  return input === unsigned ? ms : -ms;
}

function expectation(minMs: number, maxMs: number): string {
  const range =
    minMs <= 1 && maxMs === longestMs ? '' : `, ${formatDuration(minMs)} to ${formatDuration(maxMs)}`;
  return `a duration such as 500ms, 30s, 5m or 1h30m${range}`;
}

function unitHint(input: unknown): string | undefined {
  const bare = typeof input === 'number' && input > 0 ? String(input) : input;
  return typeof bare === 'string' && /^\d+$/.test(bare)
    ? `a number needs its unit: ${bare}ms, ${bare}s`
    : undefined;
}
