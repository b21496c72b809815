import { upstreamHint } from '../../src/failover/upstream-hint.ts';
import { type FailureParts, upstreamFailure } from './upstream-failures.ts';

/** The present of the tests of hints; the moments below lie so many seconds after it. */
export const NOW = Date.parse('2026-03-01T12:00:00Z');
export const DAY_S = 86_400;
export const unix = (inS: number) => String(NOW / 1000 + inS);
export const iso = (inS: number) => new Date(NOW + inS * 1000).toISOString();
export const http = (inS: number) => new Date(NOW + inS * 1000).toUTCString();

/** The hint of a RATE_LIMIT at {@link NOW}, its end in seconds from then. */
export function hintOf(parts: FailureParts) {
  const hint = upstreamHint(upstreamFailure(parts), 'RATE_LIMIT', {
    nowMs: NOW,
    minMs: 1_000,
    maxMs: 8 * DAY_S * 1000,
  });
  return hint && { inS: (hint.untilMs - NOW) / 1000, scope: hint.scope, evidence: hint.evidence };
}

/** The headers of anthropic's unified limits, by window (`''`: the limit as a whole). */
export function anthropic(
  windows: Record<string, readonly [status: string, reset: string]>,
): Record<string, string> {
  const entries = Object.entries(windows).flatMap(([window, [status, reset]]) => {
    const limit = window === '' ? 'anthropic-ratelimit-unified' : `anthropic-ratelimit-unified-${window}`;
    return [
      [`${limit}-status`, status],
      [`${limit}-reset`, reset],
    ];
  });
  return Object.fromEntries(entries);
}
