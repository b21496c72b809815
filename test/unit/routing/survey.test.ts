import { describe, expect, test } from 'vitest';
import type { Chain } from '../../../src/ports/state-store.ts';
import { cooldownUntil, type PlainFigures } from '../../support/plain-figures.ts';
import { attemptAt, nowMs, type PoolRig, poolRig, thisHourMs } from '../../support/pool-rig.ts';

const chainOf = (more: Partial<Chain>): Chain => ({
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
  ...more,
});

/** What kind of refusal the survey stands for: the first row of the table of outcomes that fits. */
function kindOf({ full, exhausted }: { full: boolean; exhausted: boolean }): string {
  return full ? 'full' : exhausted ? 'exhausted' : 'precondition';
}

describe('what a refusal rests on', () => {
  const one = (account: string, figures: Partial<PlainFigures> = {}): PoolRig => {
    const rig = poolRig(`accounts: [{id: a, platform: anthropic, ${account}}]`);
    Object.assign(rig.figures('a'), figures);
    return rig;
  };
  const probe = { leaseId: 'x', sinceMs: nowMs };

  test.each([
    ['full', one('concurrency: 1', { inFlight: 1 }), {}],
    ['full', one('type: oauth', { cooldown: cooldownUntil(nowMs, { probeDue: true, probe }) }), {}],
    ['exhausted', one('type: oauth', { cooldown: cooldownUntil(nowMs + 1) }), {}],
    ['exhausted', one('type: oauth, limits: {rpm: 1}', { requestsThisMinute: 1 }), {}],
    [
      'exhausted',
      one('type: oauth, limits: {sessions: 1}', { seenMs: new Map([['x', nowMs]]) }),
      { sessionId: 's' },
    ],
    ['exhausted', one('type: oauth'), { chain: chainOf({ attempts: [attemptAt('a')] }) }],
    ['precondition', one('type: oauth'), { excludedAccountIds: ['a'] }],
    ['precondition', one('status: disabled'), {}],
    ['precondition', one('type: oauth'), { platform: 'openai' }],
    ['precondition', one('models: [n]'), {}],
    ['precondition', poolRig('groups: [{id: g}]\naccounts: [{id: a, platform: x}]'), { groupId: 'g' }],
  ])('%s', (kind, rig, ask) => {
    expect(rig.decide(ask).action.kind).toBe(kind === 'full' ? 'wait' : 'reject');
    expect(kindOf(rig.survey(ask))).toBe(kind);
  });

  test('an excluded account that also cools is the caller’s own doing', () => {
    const rig = one('type: oauth', { cooldown: cooldownUntil(nowMs + 9) });
    const survey = rig.survey({ excludedAccountIds: ['a'] });
    expect(kindOf(survey)).toBe('precondition');
    expect(survey.earliestMs).toBeUndefined();
  });

  test('full beats exhausted beats the rest, whatever the order of the accounts', () => {
    const rig = poolRig(`accounts:
      - {id: a, platform: anthropic, status: disabled}
      - {id: b, platform: anthropic}
      - {id: c, platform: anthropic, concurrency: 1}
      - {id: d, platform: openai}`);
    rig.figures('b').cooldown = cooldownUntil(nowMs + 1);
    expect(kindOf(rig.survey())).toBe('exhausted');
    rig.figures('c').inFlight = 1;
    expect(kindOf(rig.survey())).toBe('full');
    expect(Object.fromEntries(rig.survey().counts)).toEqual({
      DISABLED: 1,
      COOLING_DOWN: 1,
      CONCURRENCY_FULL: 1,
      PLATFORM_MISMATCH: 1,
    });
  });

  test('counts are for the model asked for, the kind for its fallbacks too', () => {
    const rig = poolRig(`
models: [{name: m, fallbacks: [openai/o]}]
accounts: [{id: o, platform: openai}]`);
    rig.figures('o').cooldown = cooldownUntil(nowMs + 7_000);
    const survey = rig.survey();
    expect([...survey.counts]).toEqual([['PLATFORM_MISMATCH', 1]]);
    expect(survey).toMatchObject({ full: false, exhausted: true, earliestMs: nowMs + 7_000 });
  });

  test('an account that opened meanwhile is no rejection, and worth coming back for', () => {
    const survey = one('type: oauth').survey();
    expect(survey.counts.size).toBe(0);
    expect(kindOf(survey)).toBe('exhausted');
  });
});

describe('when an account comes back by itself', () => {
  const account = (text: string) => poolRig(`accounts: [{id: a, platform: anthropic, ${text}}]`);
  const midnight = Date.UTC(2026, 0, 6);
  const monday = Date.UTC(2026, 0, 12);

  test('at the end of its cooldown, the later where two run', () => {
    const rig = account('type: oauth');
    rig.figures('a').cooldown = cooldownUntil(nowMs + 5_000);
    expect(rig.survey().earliestMs).toBe(nowMs + 5_000);
    rig.figures('a').byModel.set('m', cooldownUntil(nowMs + 9_000));
    expect(rig.survey().earliestMs).toBe(nowMs + 9_000);
  });

  test('after a chain tried it, at the end of the cooldown it got', () => {
    const rig = account('type: oauth');
    rig.figures('a').byModel.set('m', cooldownUntil(nowMs + 12_000));
    expect(rig.survey({ chain: chainOf({ attempts: [attemptAt('a')] }) }).earliestMs).toBe(nowMs + 12_000);
  });

  test('at the end of its hour or of its upstream window', () => {
    const rig = account('type: oauth, limits: {window_cost: 1}');
    rig.figures('a').costs.set(thisHourMs, 5);
    expect(rig.survey().earliestMs).toBe(thisHourMs + 3_600_000);
    rig.figures('a').upstreamWindow = { startMs: nowMs - 1_000, endMs: nowMs + 90_000 };
    rig.figures('a').costs.set(nowMs - 1_000, 5);
    expect(rig.survey().earliestMs).toBe(nowMs + 90_000);
  });

  test('when its minute, or its oldest session, is over', () => {
    const busy = account('type: oauth, limits: {rpm: 1}');
    Object.assign(busy.figures('a'), { requestsThisMinute: 1, minuteEndsAtMs: nowMs + 20_000 });
    expect(busy.survey().earliestMs).toBe(nowMs + 20_000);
    const crowded = account('type: oauth, limits: {sessions: 2, session_idle: 1m}');
    crowded.figures('a').seenMs.set('x', nowMs - 10_000);
    crowded.figures('a').seenMs.set('y', nowMs);
    expect(crowded.survey({ sessionId: 's' }).earliestMs).toBe(nowMs + 50_000);
  });

  test.each([
    ['daily: 1', midnight],
    ['weekly: 1', monday],
    ['daily: 1, weekly: 1', monday],
    ['daily: 1, weekly: 50', midnight],
    ['daily: 1, total: 1', undefined],
  ])('with a quota of %s spent', (quota, expected) => {
    const rig = account(`type: api_key, limits: {quota: {${quota}}}`);
    rig.figures('a').quota = { dailyUsd: 9, weeklyUsd: 9, totalUsd: 9 };
    expect(rig.survey().earliestMs).toBe(expected);
  });

  test('when all that stands in its way is over, not when the first thing is', () => {
    const rig = account('type: oauth, limits: {window_cost: 1}');
    rig.figures('a').cooldown = cooldownUntil(nowMs + 5_000);
    rig.figures('a').costs.set(thisHourMs, 5);
    expect(rig.survey().earliestMs).toBe(thisHourMs + 3_600_000);
  });

  test('when its probe has had its time', () => {
    const rig = account('type: oauth');
    const probe = { leaseId: 'x', sinceMs: nowMs - 3_000 };
    rig.figures('a').cooldown = cooldownUntil(nowMs - 3_000, { probeDue: true, probe });
    expect(rig.survey().earliestMs).toBe(nowMs + 7_000);
  });

  test('nobody knows of one that is full, disabled, or lacks the model', () => {
    const rig = poolRig(`accounts:
      - {id: a, platform: anthropic, concurrency: 1}
      - {id: b, platform: anthropic, status: disabled}
      - {id: c, platform: anthropic, models: [n]}`);
    rig.figures('a').inFlight = 1;
    for (const id of ['b', 'c']) rig.figures(id).cooldown = cooldownUntil(nowMs + 1_000);
    expect(rig.survey().earliestMs).toBeUndefined();
  });

  test('the soonest of several accounts', () => {
    const rig = poolRig(`accounts: [{id: a, platform: anthropic}, {id: b, platform: anthropic}]`);
    rig.figures('a').cooldown = cooldownUntil(nowMs + 9_000);
    rig.figures('b').cooldown = cooldownUntil(nowMs + 4_000);
    expect(rig.survey().earliestMs).toBe(nowMs + 4_000);
  });
});
