import { describe, expect, test } from 'vitest';
import type { Verdict } from '../../../src/selection/verdict.ts';
import { cooldownUntil, type PlainFigures } from '../../support/plain-figures.ts';
import { type Ask, nowMs, type PoolRig, poolRig, thisHourMs } from '../../support/pool-rig.ts';

/** The verdict a refusal gives of the pool's only account. */
function verdictOn(rig: PoolRig, ask: Ask = {}): Verdict | undefined {
  const [verdict] = rig.survey(ask).counts.keys();
  return verdict;
}

const cooling = (figures: PlainFigures) => {
  figures.cooldown = cooldownUntil(nowMs + 1);
};

describe('several reasons against one account', () => {
  test('two reasons: the filters give the first in their order', () => {
    const rig = poolRig(
      'accounts: [{id: a, platform: openai, status: disabled, models: [n], concurrency: 1}]',
    );
    const figures = rig.figures('a');
    cooling(figures);
    figures.inFlight = 1;
    expect(verdictOn(rig, { excludedAccountIds: ['a'] })).toBe('EXCLUDED');
    expect(verdictOn(rig)).toBe('DISABLED');
    figures.override = undefined;
    const fits = poolRig('accounts: [{id: a, platform: openai, models: [n], concurrency: 1}]');
    cooling(fits.figures('a'));
    fits.figures('a').inFlight = 1;
    expect(verdictOn(fits)).toBe('PLATFORM_MISMATCH');
    expect(verdictOn(fits, { platform: 'openai' })).toBe('MODEL_UNSUPPORTED');
    expect(verdictOn(fits, { platform: 'openai', model: 'n' })).toBe('COOLING_DOWN');
  });

  test('spent in every way: quota, window, rpm, sessions, probe, slots come in this order', () => {
    const rig = poolRig(
      'accounts: [{id: a, platform: anthropic, type: oauth, concurrency: 1, limits: {window_cost: 1, rpm: 1, sessions: 1}}]',
    );
    const figures = rig.figures('a');
    const ask = { sessionId: 's' };
    figures.inFlight = 1;
    expect(verdictOn(rig, ask)).toBe('CONCURRENCY_FULL');
    figures.cooldown = cooldownUntil(nowMs, { probeDue: true, probe: { leaseId: 'x', sinceMs: nowMs } });
    expect(verdictOn(rig, ask)).toBe('PROBING');
    figures.seenMs.set('\0other', nowMs);
    expect(verdictOn(rig, ask)).toBe('SESSION_LIMIT');
    figures.requestsThisMinute = 1;
    expect(verdictOn(rig, ask)).toBe('RPM_EXCEEDED');
    figures.costs.set(thisHourMs, 1);
    expect(verdictOn(rig, ask)).toBe('WINDOW_COST_EXCEEDED');
    figures.byModel.set('m', cooldownUntil(nowMs + 1));
    expect(verdictOn(rig, ask)).toBe('MODEL_COOLING_DOWN');
    cooling(figures);
    expect(verdictOn(rig, ask)).toBe('COOLING_DOWN');
  });
});
