import type { CooldownScope, FailoverReason, UpstreamFailure, UpstreamHint } from './failure.ts';
import { accountWindowDelay } from './hints/account-windows.ts';
import { type FoundDelay, type HintEvidence, hintEvidence } from './hints/evidence.ts';
import { limitResetDelay } from './hints/limit-resets.ts';
import { retryAfterDelay } from './hints/retry-after.ts';
import { retryInfoDelay } from './hints/retry-info.ts';
import { wordsDelay } from './hints/words.ts';

interface HintSource {
  readonly scope: CooldownScope;
  readonly read: (evidence: HintEvidence) => FoundDelay | undefined;
}

/** Where an answer may say when it can serve again, the most trusted first; the first that says anything decides. */
const SOURCES: readonly HintSource[] = [
  { scope: 'ACCOUNT', read: accountWindowDelay },
  { scope: 'ACCOUNT_MODEL', read: retryInfoDelay },
  { scope: 'ACCOUNT_MODEL', read: retryAfterDelay },
  { scope: 'ACCOUNT_MODEL', read: limitResetDelay },
  { scope: 'ACCOUNT_MODEL', read: wordsDelay },
];

/** The failures that pass by themselves, so that the upstream can know when. */
const HINTED_REASONS: ReadonlySet<FailoverReason> = new Set(['RATE_LIMIT', 'OVERLOADED', 'SERVER_ERROR']);

export interface UpstreamHintOptions {
  readonly nowMs: number;
  /** The shortest and the longest wait a hint can set, in milliseconds. */
  readonly minMs: number;
  readonly maxMs: number;
}

/**
 * When the upstream says it can serve again, or undefined where it says nothing that can be believed. A value that is garbage,
 * negative, more than a year off, or a moment more than a minute past is passed over and the next source is asked; a moment just
 * past means the shortest wait. Never throws; takes time in proportion to the failure's size.
 */
export function upstreamHint(
  failure: UpstreamFailure,
  reason: FailoverReason,
  { nowMs, minMs, maxMs }: UpstreamHintOptions,
): UpstreamHint | undefined {
  if (!HINTED_REASONS.has(reason)) return undefined;
  const evidence = hintEvidence(failure, nowMs);
  for (const { scope, read } of SOURCES) {
    const found = read(evidence);
    if (found === undefined) continue;
    const delayMs = Math.min(maxMs, Math.max(minMs, Math.ceil(found.delayMs)));
    return { untilMs: nowMs + delayMs, scope, evidence: found.evidence };
  }
  return undefined;
}
