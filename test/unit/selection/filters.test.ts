import { describe, expect, test } from 'vitest';
import type { Verdict } from '../../../src/selection/verdict.ts';
import { cooldownUntil, type PlainFigures } from '../../support/plain-figures.ts';
import {
  type Ask,
  attemptAt,
  claimed,
  nowMs,
  type PoolRig,
  poolRig,
  thisHourMs,
} from '../../support/pool-rig.ts';

/** The verdict on the pool's only account; ELIGIBLE is only said of one that would be claimed. */
function verdictOn(rig: PoolRig, ask: Ask = {}): Verdict | undefined {
  const [verdict] = rig.survey(ask).counts.keys();
  return claimed(rig.decide(ask)).length > 0 ? 'ELIGIBLE' : verdict;
}

interface Case {
  readonly name: string;
  readonly account: string;
  readonly set?: (figures: PlainFigures) => void;
  readonly ask?: Ask;
  readonly verdict: Verdict;
}

const chainAfter = (ask: Partial<Ask['chain'] & object>): Ask => ({
  chain: {
    request: {
      groupId: '',
      model: 'm',
      sessionId: '',
      userId: '',
      platform: '',
      excludedAccountIds: [],
      leaseTtlMs: 0,
    },
    attempts: [],
    faultyPlatforms: [],
    ended: false,
    ...ask,
  },
});
const cooling = (figures: PlainFigures) => {
  figures.cooldown = cooldownUntil(nowMs + 1);
};
const spent = { dailyUsd: 5, weeklyUsd: 20, totalUsd: 100 };

const cases: readonly Case[] = [
  { name: 'nothing against it', account: 'type: oauth', verdict: 'ELIGIBLE' },
  {
    name: 'excluded by the caller',
    account: 'type: oauth',
    ask: { excludedAccountIds: ['a'] },
    verdict: 'EXCLUDED',
  },
  {
    name: 'another account is excluded',
    account: 'type: oauth',
    ask: { excludedAccountIds: ['b'] },
    verdict: 'ELIGIBLE',
  },
  {
    name: 'tried in this chain for this model',
    account: 'type: oauth',
    ask: chainAfter({ attempts: [attemptAt('a')] }),
    verdict: 'EXCLUDED',
  },
  {
    name: 'tried in this chain for another model',
    account: 'type: oauth',
    ask: chainAfter({ attempts: [attemptAt('a', { model: 'n' })] }),
    verdict: 'ELIGIBLE',
  },
  {
    name: 'only passed over in this chain',
    account: 'type: oauth',
    ask: chainAfter({ attempts: [attemptAt('a', { skipped: true })] }),
    verdict: 'ELIGIBLE',
  },
  {
    name: 'its platform is at fault in this chain',
    account: 'type: oauth',
    ask: chainAfter({ faultyPlatforms: ['anthropic'] }),
    verdict: 'EXCLUDED',
  },
  { name: 'status disabled', account: 'status: disabled', verdict: 'DISABLED' },
  { name: 'status error', account: 'status: error', verdict: 'DISABLED' },
  { name: 'not schedulable', account: 'schedulable: false', verdict: 'DISABLED' },
  {
    name: 'an operator takes it out',
    account: 'type: oauth',
    set: (figures) => {
      figures.override = { schedulable: false, reason: 'test' };
    },
    verdict: 'DISABLED',
  },
  {
    name: 'an operator puts it in',
    account: 'schedulable: false',
    set: (figures) => {
      figures.override = { schedulable: true, reason: 'test' };
    },
    verdict: 'ELIGIBLE',
  },
  {
    name: 'an operator can not revive a disabled status',
    account: 'status: disabled',
    set: (figures) => {
      figures.override = { schedulable: true, reason: 'test' };
    },
    verdict: 'DISABLED',
  },
  { name: 'expired this moment', account: 'expires_at: 2026-01-05T12:30:00Z', verdict: 'DISABLED' },
  { name: 'expires later', account: 'expires_at: 2026-01-05T12:30:01Z', verdict: 'ELIGIBLE' },
  { name: 'another platform', account: 'platform: openai', verdict: 'PLATFORM_MISMATCH' },
  { name: 'without the model', account: 'models: [n]', verdict: 'MODEL_UNSUPPORTED' },
  { name: 'any model asked for', account: 'models: [n]', ask: { model: '' }, verdict: 'ELIGIBLE' },
  { name: 'cooling', account: 'type: oauth', set: cooling, verdict: 'COOLING_DOWN' },
  {
    name: 'a cooldown that ends this moment',
    account: 'type: oauth',
    set: (figures) => {
      figures.cooldown = cooldownUntil(nowMs);
    },
    verdict: 'ELIGIBLE',
  },
  {
    name: 'cooling for this model',
    account: 'type: oauth',
    set: (figures) => figures.byModel.set('m', cooldownUntil(nowMs + 1)),
    verdict: 'MODEL_COOLING_DOWN',
  },
  {
    name: 'cooling for another model',
    account: 'type: oauth',
    set: (figures) => figures.byModel.set('n', cooldownUntil(nowMs + 1)),
    verdict: 'ELIGIBLE',
  },
  ...(['daily: 5', 'weekly: 20', 'total: 100'] as const).flatMap((quota): Case[] => [
    {
      name: `quota ${quota} reached by an API key`,
      account: `type: api_key, limits: {quota: {${quota}}}`,
      set: (figures) => {
        figures.quota = spent;
      },
      verdict: 'QUOTA_EXCEEDED',
    },
    {
      name: `quota ${quota} reached by Bedrock`,
      account: `type: bedrock, limits: {quota: {${quota}}}`,
      set: (figures) => {
        figures.quota = spent;
      },
      verdict: 'QUOTA_EXCEEDED',
    },
    {
      name: `quota ${quota} reached by a subscription, which has none`,
      account: `type: oauth, limits: {quota: {${quota}}}`,
      set: (figures) => {
        figures.quota = spent;
      },
      verdict: 'ELIGIBLE',
    },
  ]),
  {
    name: 'quotas not reached',
    account: 'type: api_key, limits: {quota: {daily: 5.01, weekly: 20.01, total: 100.01}}',
    set: (figures) => {
      figures.quota = spent;
    },
    verdict: 'ELIGIBLE',
  },
  {
    name: 'a quota use read for this selection',
    account: 'type: api_key, limits: {quota: {daily: 5}}',
    ask: { read: { windowCosts: new Map(), quotas: new Map([['a', spent]]) } },
    verdict: 'QUOTA_EXCEEDED',
  },
  {
    name: 'a quota use that can not be read',
    account: 'type: api_key, limits: {quota: {daily: 5}}',
    verdict: 'ELIGIBLE',
  },
  {
    name: 'its probe is out',
    account: 'type: oauth',
    set: (figures) => {
      figures.cooldown = cooldownUntil(nowMs - 1, {
        probeDue: true,
        probe: { leaseId: 'x', sinceMs: nowMs - 1 },
      });
    },
    verdict: 'PROBING',
  },
  {
    name: 'its probe for this model is out',
    account: 'type: oauth',
    set: (figures) =>
      figures.byModel.set(
        'm',
        cooldownUntil(nowMs - 1, { probeDue: true, probe: { leaseId: 'x', sinceMs: nowMs - 1 } }),
      ),
    verdict: 'PROBING',
  },
  {
    name: 'its probe has been out for long enough',
    account: 'type: oauth',
    set: (figures) => {
      figures.cooldown = cooldownUntil(nowMs - 1, {
        probeDue: true,
        probe: { leaseId: 'x', sinceMs: nowMs - 10_000 },
      });
    },
    verdict: 'ELIGIBLE',
  },
  {
    name: 'a probe is due',
    account: 'type: oauth',
    set: (figures) => {
      figures.cooldown = cooldownUntil(nowMs - 1, { probeDue: true });
    },
    verdict: 'ELIGIBLE',
  },
  {
    name: 'every slot taken',
    account: 'concurrency: 2',
    set: (figures) => {
      figures.inFlight = 2;
    },
    verdict: 'CONCURRENCY_FULL',
  },
  {
    name: 'one slot free',
    account: 'concurrency: 2',
    set: (figures) => {
      figures.inFlight = 1;
    },
    verdict: 'ELIGIBLE',
  },
  {
    name: 'no limit of concurrency',
    account: 'concurrency: 0',
    set: (figures) => {
      figures.inFlight = 1_000;
    },
    verdict: 'ELIGIBLE',
  },
  {
    name: 'its free slot belongs to those that wait for it',
    account: 'concurrency: 2',
    ask: { isSpokenFor: (accountId) => accountId === 'a' },
    verdict: 'CONCURRENCY_FULL',
  },
  {
    name: 'as many sessions as it takes',
    account: 'type: oauth, limits: {sessions: 1}',
    set: (figures) => figures.seenMs.set('\0other', nowMs - 1),
    ask: { sessionId: 's' },
    verdict: 'SESSION_LIMIT',
  },
  {
    name: 'the session is one of those it knows',
    account: 'type: setup_token, limits: {sessions: 1}',
    set: (figures) => figures.seenMs.set('\0s', nowMs - 1),
    ask: { sessionId: 's' },
    verdict: 'ELIGIBLE',
  },
  {
    name: 'its other session has gone idle',
    account: 'type: oauth, limits: {sessions: 1, session_idle: 1m}',
    set: (figures) => figures.seenMs.set('\0other', nowMs - 60_000),
    ask: { sessionId: 's' },
    verdict: 'ELIGIBLE',
  },
  {
    name: 'no session to count',
    account: 'type: oauth, limits: {sessions: 1}',
    set: (figures) => figures.seenMs.set('\0other', nowMs - 1),
    verdict: 'ELIGIBLE',
  },
  {
    name: 'sessions of an API key are not counted',
    account: 'type: api_key, limits: {sessions: 1}',
    set: (figures) => figures.seenMs.set('\0other', nowMs - 1),
    ask: { sessionId: 's' },
    verdict: 'ELIGIBLE',
  },
];

describe('one account', () => {
  test.each(cases)('$name: $verdict', ({ account, set, ask, verdict }) => {
    const platform = account.includes('platform:') ? '' : 'platform: anthropic, ';
    const rig = poolRig(`accounts: [{id: a, ${platform}${account}}]`);
    set?.(rig.figures('a'));
    expect(verdictOn(rig, ask)).toBe(verdict);
  });

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

describe('window cost', () => {
  const rig = poolRig(
    'accounts: [{id: a, platform: anthropic, type: oauth, limits: {window_cost: 100, window_cost_sticky_reserve: 20}}]',
  );
  const open = (costUsd: number, boundAccountId: string) => {
    rig.figures('a').costs.set(thisHourMs, costUsd);
    return claimed(rig.decide({ boundAccountId, sessionId: 's' })).length > 0;
  };

  test.each([
    [0, true, true],
    [99.99, true, true],
    [100, false, true],
    [119.99, false, true],
    [120, false, false],
    [500, false, false],
  ])('at %d USD: open to new sessions %s, to bound ones %s', (cost, toNew, toBound) => {
    expect(open(cost, '')).toBe(toNew);
    expect(open(cost, 'a')).toBe(toBound);
  });

  test('the reserve is 10 USD unless it is set', () => {
    const plain = poolRig(
      'accounts: [{id: a, platform: anthropic, type: setup_token, limits: {window_cost: 100}}]',
    );
    plain.figures('a').costs.set(thisHourMs, 109.99);
    expect(claimed(plain.decide({ boundAccountId: 'a', sessionId: 's' }))).toEqual(['a']);
    plain.figures('a').costs.set(thisHourMs, 110);
    expect(claimed(plain.decide({ boundAccountId: 'a', sessionId: 's' }))).toEqual([]);
  });

  test('counts in the upstream window while one is known and not over, else in this hour', () => {
    const figures = rig.figures('a');
    figures.costs.clear();
    figures.costs.set(thisHourMs, 500);
    figures.costs.set(nowMs - 3_600_000, 1);
    figures.upstreamWindow = { startMs: nowMs - 3_600_000, endMs: nowMs + 1 };
    expect(claimed(rig.decide())).toEqual(['a']);
    figures.upstreamWindow = { startMs: nowMs - 3_600_000, endMs: nowMs };
    expect(claimed(rig.decide())).toEqual([]);
    figures.upstreamWindow = undefined;
  });

  test('a cost nobody knows is asked for and leaves the account open; once read it counts', () => {
    rig.figures('a').costs.clear();
    const decision = rig.decide();
    expect(claimed(decision)).toEqual(['a']);
    expect(decision.looked.windowCostsMissing.map(({ id }) => id)).toEqual(['a']);
    expect(decision.looked.missedAny).toBe(true);
    const read = { windowCosts: new Map([['a', 100]]), quotas: new Map() };
    expect(claimed(rig.decide({ read }))).toEqual([]);
  });

  test('an API key has no window', () => {
    const key = poolRig('accounts: [{id: a, platform: anthropic, type: api_key, limits: {window_cost: 1}}]');
    key.figures('a').costs.set(thisHourMs, 5);
    const decision = key.decide();
    expect(claimed(decision)).toEqual(['a']);
    expect(decision.looked.missedAny).toBe(false);
  });

  test("a session's account that loses it is looked at once, although its pool is walked too", () => {
    const two = poolRig(`accounts:
      - {id: a, platform: anthropic, type: oauth, limits: {window_cost: 1}}
      - {id: b, platform: anthropic, type: oauth, limits: {window_cost: 1}}`);
    two.figures('a').costs.set(thisHourMs, 50);
    two.figures('b').costs.set(thisHourMs, 0);
    const decision = two.decide({ boundAccountId: 'a', sessionId: 's' });
    expect(claimed(decision)).toEqual(['b']);
    expect(decision.looked.windowCostsKnown).toBe(2);
  });
});

describe('rpm', () => {
  const open = (account: string, requests: number, boundAccountId: string) => {
    const rig = poolRig(`accounts: [{id: a, platform: anthropic, type: oauth, ${account}}]`);
    rig.figures('a').requestsThisMinute = requests;
    return claimed(rig.decide({ boundAccountId, sessionId: 's' })).length > 0;
  };
  const rows: readonly [account: string, requests: number, toNew: boolean, toBound: boolean][] = [
    ['limits: {rpm: 60, rpm_sticky_buffer: 5}', 59, true, true],
    ['limits: {rpm: 60, rpm_sticky_buffer: 5}', 60, false, true],
    ['limits: {rpm: 60, rpm_sticky_buffer: 5}', 64, false, true],
    ['limits: {rpm: 60, rpm_sticky_buffer: 5}', 65, false, false],
    // The default buffer: the larger of concurrency + sessions and a fifth of rpm, at least 1.
    ['limits: {rpm: 60}', 71, false, true],
    ['limits: {rpm: 60}', 72, false, false],
    ['concurrency: 10, load_factor: 1, limits: {rpm: 60, sessions: 7}', 76, false, true],
    ['concurrency: 10, load_factor: 1, limits: {rpm: 60, sessions: 7}', 77, false, false],
    ['limits: {rpm: 2}', 2, false, true],
    ['limits: {rpm: 2}', 3, false, false],
    ['limits: {rpm: 60, rpm_strategy: sticky_exempt}', 59, true, true],
    ['limits: {rpm: 60, rpm_strategy: sticky_exempt}', 60, false, true],
    ['limits: {rpm: 60, rpm_strategy: sticky_exempt}', 100_000, false, true],
  ];

  test.each(rows)(
    '%s at %d requests: open to new sessions %s, to bound ones %s',
    (account, requests, toNew, toBound) => {
      expect(open(account, requests, '')).toBe(toNew);
      expect(open(account, requests, 'a')).toBe(toBound);
    },
  );

  test('the claim carries the limit that holds for the request', () => {
    const rig = poolRig(
      'accounts: [{id: a, platform: anthropic, type: oauth, limits: {rpm: 60, rpm_sticky_buffer: 5}}]',
    );
    const limitOf = (boundAccountId: string) => {
      const { action } = rig.decide({ boundAccountId, sessionId: 's' });
      return action.kind === 'claim' ? action.candidates[0]?.rpmLimit : undefined;
    };
    expect(limitOf('')).toBe(60);
    expect(limitOf('a')).toBe(65);
  });

  test('does not concern an API key', () => {
    const rig = poolRig('accounts: [{id: a, platform: anthropic, type: api_key, limits: {rpm: 1}}]');
    rig.figures('a').requestsThisMinute = 10;
    const { action, looked } = rig.decide();
    expect(action.kind === 'claim' && action.candidates[0]?.rpmLimit).toBe(0);
    expect(looked.rpm).toBe(false);
  });
});
