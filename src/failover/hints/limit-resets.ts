import { parseDecimal } from './durations.ts';
import { type FoundDelay, type HintEvidence, longestDelay } from './evidence.ts';
import { parseResetDelayMs } from './moments.ts';

/** Rate limits that answers state as a pair of headers: what is left, and when it is full again. */
const LIMITS: readonly { readonly remaining: string; readonly reset: string }[] = [
  ...['requests', 'tokens', 'input-tokens', 'output-tokens'].map((limit) =>
    pair('anthropic-ratelimit', limit),
  ),
  ...['requests', 'tokens'].map((limit) => ({
    remaining: `x-ratelimit-remaining-${limit}`,
    reset: `x-ratelimit-reset-${limit}`,
  })),
  { remaining: 'x-ratelimit-remaining', reset: 'x-ratelimit-reset' },
];

function pair(prefix: string, limit: string) {
  return { remaining: `${prefix}-${limit}-remaining`, reset: `${prefix}-${limit}-reset` };
}

/**
 * The longest wait for a rate limit with nothing left. Where the answer says of no limit what is left, any of them may be the
 * one, so all count. A figure that can't be read proves nothing spent, and still shows that the answer does state figures.
 */
export function limitResetDelay({ header, nowMs }: HintEvidence): FoundDelay | undefined {
  const anyStated = LIMITS.some(({ remaining }) => header(remaining) !== undefined);
  return longestDelay(
    LIMITS.flatMap(({ remaining, reset }) => {
      if (anyStated && !isNothing(header(remaining))) return [];
      const delayMs = parseResetDelayMs(header(reset) ?? '', nowMs);
      return delayMs === undefined ? [] : [{ delayMs, evidence: `header ${reset}` }];
    }),
  );
}

/** Some count below zero once a request overdraws. */
function isNothing(remaining: string | undefined): boolean {
  return remaining !== undefined && parseDecimal(remaining.trim().replace(/^-/, '')) !== undefined
    ? Number(remaining) <= 0
    : false;
}
