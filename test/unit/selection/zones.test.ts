import { describe, expect, test } from 'vitest';
import { claimed, nowMs, poolRig, thisHourMs } from '../../support/pool-rig.ts';

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
