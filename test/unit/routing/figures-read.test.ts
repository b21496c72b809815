import { describe, expect, test } from 'vitest';
import { routingRig } from '../../support/routing-rig.ts';
import { nonZeroSeries } from '../telemetry/counters.ts';

const subscription = (id: string) =>
  `{id: ${id}, platform: anthropic, type: oauth, limits: {window_cost: 10, rpm: 9}}`;
const counted = async (rig: ReturnType<typeof routingRig>) =>
  Object.fromEntries(
    Object.entries(await nonZeroSeries(rig.metrics)).filter(([name]) => name.includes('prefetch')),
  );

describe('figures read for a selection', () => {
  test('one cached cost and one that is not: one hit, one miss, one batch', async () => {
    const rig = routingRig(
      `accounts: [${subscription('a')}, ${subscription('b')}, {id: k, platform: anthropic, type: api_key, limits: {window_cost: 10}}]`,
    );
    const hourMs = Date.UTC(2026, 0, 5, 12);
    const now = rig.clock.now();
    await rig.state.windowCosts.fill([{ accountId: 'a', windowStartMs: hourMs, costUsd: 1, token: 0 }], now);
    await rig.select();
    expect(await counted(rig)).toEqual({
      window_cost_prefetch_cache_hits_total: 1,
      window_cost_prefetch_cache_misses_total: 1,
      window_cost_prefetch_batch_queries_total: 1,
      rpm_prefetch_batches_total: 1,
    });
    expect(rig.state.figures('b').windowCost(hourMs, now)).toBe(0);
    await rig.select();
    expect(await counted(rig)).toMatchObject({
      window_cost_prefetch_cache_hits_total: 3,
      window_cost_prefetch_batch_queries_total: 1,
    });
  });

  test('a session’s account that can not keep it counts once, although its pool is walked too', async () => {
    const rig = routingRig(`accounts: [${subscription('a')}, ${subscription('b')}]`);
    await rig.select({ sessionId: 's' });
    const now = rig.clock.now();
    const bound = rig.state.boundAccountId('', 's', now);
    rig.state.figures(bound).spend.add(50, Date.UTC(2026, 0, 5, 12), now);
    const before = (await counted(rig)).window_cost_prefetch_cache_hits_total ?? 0;
    expect(await rig.select({ sessionId: 's' })).toMatchObject({ selection: { sticky: 'MOVED' } });
    expect((await counted(rig)).window_cost_prefetch_cache_hits_total).toBe(before + 2);
  });

  test('a sum that is missing decides once it is read', async () => {
    const rig = routingRig(`accounts: [${subscription('a')}, ${subscription('b')}]`);
    rig.ledger.costs.set('a', 10);
    for (let round = 0; round < 4; round += 1)
      expect(await rig.select()).toMatchObject({ selection: { account: { id: 'b' } } });
    expect(rig.ledger.statements).toEqual(['windowCosts']);
  });

  test('a quota is read in one statement, and what fails leaves its account open', async () => {
    const key = (id: string) =>
      `{id: ${id}, platform: anthropic, type: api_key, limits: {quota: {daily: 5}}}`;
    const rig = routingRig(`accounts: [${key('a')}, ${key('b')}]`);
    rig.ledger.failing.add('quotaUse');
    expect((await rig.select()).kind).toBe('selection');
    rig.ledger.failing.clear();
    rig.ledger.uses.set('a', { dailyUsd: 5, weeklyUsd: 5, totalUsd: 5 });
    expect(await rig.select()).toMatchObject({ selection: { account: { id: 'b' } } });
    expect(rig.ledger.statements).toEqual(['quotaUse', 'quotaUse']);
  });

  const atOnce = (rig: ReturnType<typeof routingRig>) =>
    Promise.all(Array.from({ length: 12 }, () => rig.select()));

  test('many at once share one look at what is missing', async () => {
    const rig = routingRig(`accounts: [${subscription('a')}, ${subscription('b')}]`);
    rig.ledger.costs.set('a', 10);
    const served = (await atOnce(rig)).map((outcome) =>
      outcome.kind === 'selection' ? outcome.selection.account.id : outcome.kind,
    );
    // In the order they came: nine requests a minute are let in.
    expect(served).toEqual([...Array(9).fill('b'), ...Array(3).fill('refused')]);
    expect(rig.ledger.statements).toEqual(['windowCosts']);
    // One of them missed both; to those that waited for its read both are known, and the refused looked again.
    expect(await counted(rig)).toMatchObject({
      window_cost_prefetch_cache_misses_total: 2,
      window_cost_prefetch_cache_hits_total: 2 * (11 + 3),
    });
  });

  test('nobody waits twice for what can not be had', async () => {
    const rig = routingRig(`accounts: [${subscription('a')}, ${subscription('b')}]`);
    rig.ledger.failing.add('windowCosts').add('windowCost');
    expect((await atOnce(rig)).map(({ kind }) => kind)).toEqual(
      Array.from({ length: 12 }, () => 'selection'),
    );
    expect(rig.ledger.statements).toEqual(['windowCosts', 'windowCost', 'windowCost']);
  });

  test('one that waited reads what the other did not ask for', async () => {
    const rig = routingRig(`accounts: [${subscription('a')}, ${subscription('b')}]`);
    rig.ledger.costs.set('a', 10);
    const [, other] = await Promise.all([rig.select({ excludedAccountIds: ['a'] }), rig.select()]);
    expect(other).toMatchObject({ selection: { account: { id: 'b' } } });
    expect(rig.ledger.statements).toEqual(['windowCosts', 'windowCosts']);
  });

  test('what is read for one day serves nobody of the next', async () => {
    const rig = routingRig(
      'accounts: [{id: a, platform: anthropic, type: api_key, limits: {quota: {daily: 5}}}]',
    );
    rig.clock.advance(Date.UTC(2026, 0, 6) - 1 - rig.clock.now());
    const before = rig.select();
    rig.clock.advance(1);
    expect((await Promise.all([before, rig.select()])).map(({ kind }) => kind)).toEqual([
      'selection',
      'selection',
    ]);
    expect(rig.ledger.statements).toEqual(['quotaUse', 'quotaUse']);
  });

  test('one of another group, model or platform waits for no read of its neighbours', async () => {
    const rig = routingRig(
      `{groups: [{id: g, platform: anthropic}], accounts: [${subscription('a')}, {id: c, platform: anthropic, type: oauth, groups: [g]}]}`,
    );
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { windowCosts } = rig.ledger;
    rig.ledger.windowCosts = (ids) => held.then(() => windowCosts.call(rig.ledger, ids));
    const first = rig.select();
    expect(await rig.select({ groupId: 'g' })).toMatchObject({ selection: { account: { id: 'c' } } });
    release();
    expect(await first).toMatchObject({ selection: { account: { id: 'a' } } });
  });
});
