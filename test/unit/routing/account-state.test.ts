import { describe, expect, test } from 'vitest';
import type { AccountState } from '../../../src/routing/api.ts';
import { cooldownUntil } from '../../support/plain-figures.ts';
import { type RoutingRig, routingRig } from '../../support/routing-rig.ts';

async function stateOf(rig: RoutingRig, accountId = 'a'): Promise<AccountState> {
  const answer = await rig.routing.admin.listAccounts({ groupId: '', accountIds: [accountId] });
  if (answer.kind !== 'done') throw new Error(answer.refusal.message);
  return answer.value[0]!;
}

describe('the state of an account', () => {
  test('untouched', async () => {
    const rig = routingRig('groups: [{id: g}]\naccounts: [{id: a, platform: anthropic, groups: [g]}]');
    const state = await stateOf(rig);
    expect(state).toMatchObject({
      groupIds: ['g'],
      status: 'active',
      schedulable: true,
      inFlight: 0,
      waiting: 0,
      rpm: 0,
      windowCostUsd: 0,
      windowStartMs: Date.UTC(2026, 0, 5, 12),
      windowEndMs: Date.UTC(2026, 0, 5, 13),
      quotaUsed: { dailyUsd: 0, weeklyUsd: 0, totalUsd: 0 },
      sessions: 0,
      cooldowns: [],
      probing: false,
    });
    expect(state).not.toHaveProperty('lastUsedAtMs');
  });

  test('in use: slots, requests, sessions, last use in whole milliseconds', async () => {
    const rig = routingRig('accounts: [{id: a, platform: anthropic, type: oauth}]');
    await rig.select({ sessionId: 's' });
    await rig.select({ sessionId: 't' });
    expect(await stateOf(rig)).toMatchObject({
      inFlight: 2,
      rpm: 2,
      sessions: 2,
      lastUsedAtMs: rig.clock.now(),
    });
  });

  test('cooling, with the count that its reason goes by, and nothing of what is over', async () => {
    const rig = routingRig('accounts: [{id: a, platform: anthropic}]');
    const now = rig.clock.now();
    const figures = rig.state.figures('a');
    figures.cooldown = cooldownUntil(now + 1_000, { reason: 'BILLING', failures: 5, billingFailures: 2 });
    figures.setRecord(
      'ACCOUNT_MODEL',
      'm',
      cooldownUntil(now + 2_000, { failures: 3, source: 'UPSTREAM_HINT' }),
    );
    figures.setRecord('ACCOUNT_MODEL', 'over', cooldownUntil(now));
    expect((await stateOf(rig)).cooldowns).toEqual([
      {
        model: '',
        reason: 'BILLING',
        scope: 'ACCOUNT',
        source: 'SCHEDULE',
        untilMs: now + 1_000,
        failures: 2,
      },
      {
        model: 'm',
        reason: 'RATE_LIMIT',
        scope: 'ACCOUNT_MODEL',
        source: 'UPSTREAM_HINT',
        untilMs: now + 2_000,
        failures: 3,
      },
    ]);
  });

  test('probing while a probe is out', async () => {
    const rig = routingRig('accounts: [{id: a, platform: anthropic}]');
    const now = rig.clock.now();
    const probe = { leaseId: 'x', sinceMs: now };
    rig.state.figures('a').setRecord('ACCOUNT_MODEL', 'm', cooldownUntil(now, { probeDue: true, probe }));
    expect((await stateOf(rig)).probing).toBe(true);
    rig.clock.advance(10_000);
    expect((await stateOf(rig)).probing).toBe(false);
  });

  test('an operator’s word shows over the configuration', async () => {
    const rig = routingRig('accounts: [{id: a, platform: anthropic}]');
    await rig.routing.admin.setSchedulable({ accountId: 'a', schedulable: false, reason: 'test' });
    expect((await stateOf(rig)).schedulable).toBe(false);
  });

  test('sums that nobody has read come from the ledger, and one that fails takes nothing else along', async () => {
    const rig = routingRig('accounts: [{id: a, platform: anthropic, type: oauth}]');
    rig.ledger.costs.set('a', 12.5);
    rig.ledger.uses.set('a', { dailyUsd: 1, weeklyUsd: 2, totalUsd: 3 });
    expect(await stateOf(rig)).toMatchObject({ windowCostUsd: 12.5, quotaUsed: { totalUsd: 3 } });
    rig.ledger.failing.add('windowCosts').add('windowCost');
    expect(await stateOf(rig)).toMatchObject({ windowCostUsd: 0, quotaUsed: { weeklyUsd: 2 } });
  });

  test('what the store knows of a window beats the ledger', async () => {
    const rig = routingRig('accounts: [{id: a, platform: anthropic, type: oauth}]');
    const now = rig.clock.now();
    rig.ledger.costs.set('a', 1);
    const startMs = Date.UTC(2026, 0, 5, 12);
    await rig.state.windowCosts.fill([{ accountId: 'a', windowStartMs: startMs, costUsd: 7, token: 0 }], now);
    expect((await stateOf(rig)).windowCostUsd).toBe(7);
    expect(rig.ledger.statements).not.toContain('windowCosts');
  });
});
