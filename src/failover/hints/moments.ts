import { ABSURD_MS, parseDecimal, parseDurationMs, parseSecondsMs } from './durations.ts';

/**
 * How long ago a stated reset may be and still mean "about now": clocks differ and answers travel. A reset further back is stale
 * and says nothing; were it read as "now" for good, an upstream with a stuck header would be called every second.
 */
const PAST_TOLERANCE_MS = 60_000;

const RFC_3339 = /^\d{4}-\d\d-\d\d[tT ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[zZ]|[+-]\d\d:\d\d)$/;
const HTTP_DATE =
  /^(?:[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4}|[A-Z][a-z]{5,8}, \d\d-[A-Z][a-z]{2}-\d\d) \d\d:\d\d:\d\d GMT$/;
const ASCTIME_DATE = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/;

/** `2026-01-31T12:00:00Z`, with fractions and offsets, as milliseconds since the epoch. */
export function parseRfc3339Ms(text: string): number | undefined {
  const trimmed = text.trim();
  return RFC_3339.test(trimmed) ? dateMs(trimmed.toUpperCase()) : undefined;
}

/** An HTTP date, in any of the three forms of RFC 9110, as milliseconds since the epoch. */
export function parseHttpDateMs(text: string): number | undefined {
  const trimmed = text.trim();
  if (HTTP_DATE.test(trimmed)) return dateMs(trimmed);
  return ASCTIME_DATE.test(trimmed) ? dateMs(`${trimmed} GMT`) : undefined;
}

/** A count of seconds or of milliseconds since the epoch, told apart by size, as milliseconds since the epoch. */
export function parseEpochMs(text: string): number | undefined {
  const count = parseDecimal(text);
  if (count === undefined) return undefined;
  if (count >= 1e9 && count < 1e11) return count * 1000;
  return count >= 1e12 && count < 1e14 ? count : undefined;
}

/** A moment in either of the ways reset headers write one: RFC 3339 or a count since the epoch. Milliseconds since the epoch. */
export function parseMomentMs(text: string): number | undefined {
  return parseEpochMs(text) ?? parseRfc3339Ms(text);
}

/** Milliseconds from `nowMs` to a stated reset, 0 where it has just passed; undefined where it is stale, absurd or none. */
export function delayUntilMs(momentMs: number | undefined, nowMs: number): number | undefined {
  if (momentMs === undefined) return undefined;
  const delayMs = momentMs - nowMs;
  return delayMs >= -PAST_TOLERANCE_MS && delayMs <= ABSURD_MS ? Math.max(0, delayMs) : undefined;
}

/** What a reset header says, whatever its dialect: a moment, a duration with units, or seconds from now. Milliseconds from now. */
export function parseResetDelayMs(text: string, nowMs: number): number | undefined {
  const momentMs = parseMomentMs(text);
  if (momentMs !== undefined) return delayUntilMs(momentMs, nowMs);
  return parseDurationMs(text) ?? parseSecondsMs(text);
}

function dateMs(text: string): number | undefined {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
