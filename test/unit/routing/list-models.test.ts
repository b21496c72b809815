import { describe, expect, test } from 'vitest';
import { cooldownUntil } from '../../support/plain-figures.ts';
import { type RoutingRig, routingRig } from '../../support/routing-rig.ts';

const text = `
groups: [{id: g}, {id: empty}]
accounts:
  - {id: a, platform: anthropic, type: oauth, groups: [g], models: [m, n], concurrency: 1, limits: {window_cost: 5}}
  - {id: b, platform: openai, type: api_key, groups: [g], models: [m], limits: {quota: {daily: 5}}}
  - {id: free, platform: anthropic, models: [z]}`;

async function available(rig: RoutingRig, groupId = 'g', platform = ''): Promise<Record<string, string>> {
  const outcome = await rig.routing.router.listModels({ groupId, platform });
  if (outcome.kind !== 'models') throw new Error(outcome.refusal.message);
  return Object.fromEntries(
    outcome.models.map(({ id, availableCount, accountCount }) => [id, `${availableCount}/${accountCount}`]),
  );
}

describe('the accounts of a model that could serve now', () => {
  test('are those whose figures let a new request in', async () => {
    const rig = routingRig(text);
    expect(await available(rig)).toEqual({ m: '2/2', n: '1/1' });
    rig.state.figures('a').inFlight = 1;
    expect(await available(rig)).toEqual({ m: '1/2', n: '0/1' });
    rig.state.figures('a').inFlight = 0;
    rig.state.figures('a').setRecord('ACCOUNT_MODEL', 'n', cooldownUntil(rig.clock.now() + 1_000));
    expect(await available(rig)).toEqual({ m: '2/2', n: '0/1' });
    rig.clock.advance(1_000);
    expect(await available(rig)).toEqual({ m: '2/2', n: '1/1' });
  });

  test('are live although the list is cached', async () => {
    const rig = routingRig(text);
    await available(rig);
    rig.state.setOverride('b', { schedulable: false, reason: '' });
    expect(await available(rig)).toEqual({ m: '1/2', n: '1/1' });
    expect(rig.clock.now()).toBe(Date.UTC(2026, 0, 5, 12));
  });

  test('are not those that have spent their window or quota, whose sums are read', async () => {
    const rig = routingRig(text);
    rig.ledger.costs.set('a', 5);
    rig.ledger.uses.set('b', { dailyUsd: 5, weeklyUsd: 5, totalUsd: 5 });
    expect(await available(rig)).toEqual({ m: '0/2', n: '0/1' });
    // Once for both models.
    expect(rig.ledger.statements).toEqual(['windowCosts', 'quotaUse']);
  });

  test('of a platform, of every account without a group, of a group without any', async () => {
    const rig = routingRig(text);
    expect(await available(rig, 'g', 'openai')).toEqual({ m: '1/1' });
    expect(await available(rig, '')).toEqual({ m: '2/2', n: '1/1', z: '1/1' });
    expect(await available(rig, 'empty')).toEqual({});
  });

  test('of an unknown group nobody', async () => {
    const outcome = await routingRig(text).routing.router.listModels({ groupId: 'nowhere', platform: '' });
    expect(outcome).toMatchObject({ kind: 'refused', refusal: { kind: 'not_found' } });
  });
});
