import { describe, expect, it } from 'vitest';
import type { FailoverReason } from '../../../src/failover/failure.ts';
import { upstreamHint } from '../../../src/failover/upstream-hint.ts';
import { loadCases } from '../../support/upstream-cases.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const CLAMP = { minMs: 1_000, maxMs: 8 * 86_400_000 };

/** Reasons whose cooldown has a length of its own: no hint decides it. */
const FIXED_LENGTH: ReadonlySet<FailoverReason> = new Set(['MODEL_NOT_FOUND']);

describe('every known upstream answer', () => {
  const cases = loadCases(NOW);

  it.each(cases.map((row) => [row.name, row] as const))('%s', (_, { failure, reason, scope, cooldownS }) => {
    const hint = upstreamHint(failure, reason, { nowMs: NOW, ...CLAMP });
    if (cooldownS === undefined || FIXED_LENGTH.has(reason)) {
      expect(hint).toBeUndefined();
      return;
    }
    expect(hint?.scope).toBe(scope);
    expect(Math.abs(hint!.untilMs - NOW - cooldownS * 1000)).toBeLessThanOrEqual(2_000);
  });
});
