import { beforeEach, describe, expect, test } from 'vitest';
import { type Ledger, LedgerError } from '../../src/ports/ledger.ts';
import { type RunningApp, startTestApp } from '../support/start-app.ts';
import {
  accountState,
  cooldownsOf,
  refusal,
  rejected,
  reportCancelled,
  reportFailure,
  reportSuccess,
  select,
  selectionIn,
  tooMany,
} from './failover-steps.ts';

const account = (id: string, parts: object = {}) => ({
  id,
  platform: 'anthropic',
  type: 'api_key',
  ...parts,
});
const tokens = { inputTokens: 1_000_000n, outputTokens: 200_000n };

const totalOf = async (app: RunningApp, id = 'a') => (await accountState(app, id)).quotaUsed!.total;

describe('the cost of a report', () => {
  const config = {
    accounts: [
      account('a', { models: { fast: 'fast-2026', 'big-*': 'big-*', free: 'free', odd: 'priced' } }),
    ],
    prices: {
      fast: { input: 1, output: 5, cache_read: 0.1, cache_creation: 1.25 },
      'big-*': { input: 10, output: 50 },
      priced: { input: 3 },
    },
  };

  test.each([
    ['is worked out from the price of its model', 'fast', tokens, 1 + 1],
    [
      'counts the tokens of caches at their own prices',
      'fast',
      { cacheReadTokens: 1_000_000n, cacheCreationTokens: 2_000_000n },
      0.1 + 2.5,
    ],
    ['is worked out from the price of a pattern', 'big-1', tokens, 10 + 10],
    ['is worked out from the price of the name upstream', 'odd', tokens, 3],
    ['is what the caller says, where it says', 'fast', { ...tokens, standardCost: 7 }, 7],
    ['is nothing, where the caller says nothing', 'fast', { ...tokens, standardCost: 0 }, 0],
    ['is nothing for a model without a price', 'free', tokens, 0],
  ])('%s', async (_, model, usage, cost) => {
    const app = await startTestApp({ config });
    await reportSuccess(app, await select(app, { model }), { usage });
    expect(await totalOf(app)).toBeCloseTo(cost, 9);
    expect(await app.metric('remora_ledger_writes_total', { result: 'booked' })).toBe(1);
  });

  test('is booked of a failed and of a cancelled request too, and once', async () => {
    const app = await startTestApp({ config });
    const usage = { standardCost: 2 };
    const failed = await select(app, { model: 'fast' });
    const cancelled = await select(app, { model: 'fast' });
    await reportFailure(app, failed, tooMany, { usage });
    await reportFailure(app, failed, tooMany, { usage });
    await reportCancelled(app, cancelled);
    expect(await totalOf(app)).toBe(2);
  });

  test('is booked of a lease that expired', async () => {
    const app = await startTestApp({ config });
    const late = await select(app, { model: 'fast', leaseTtl: { seconds: 1n } });
    app.clock.advance(3_600_000);
    expect(await reportSuccess(app, late, { usage: { standardCost: 2 } })).toMatchObject({
      duplicate: false,
    });
    expect(await reportSuccess(app, late, { usage: { standardCost: 2 } })).toMatchObject({ duplicate: true });
    expect(await totalOf(app)).toBe(2);
  });
});

describe('a ledger that fails', () => {
  let broken: boolean;
  const breakable = (ledger: Ledger): Ledger => ({
    ...bound(ledger),
    book: (entry) => (broken ? Promise.reject(new LedgerError('disk is full')) : ledger.book(entry)),
  });
  beforeEach(() => {
    broken = false;
  });

  test('refuses the report and frees its slot; told again, it is booked once and answered', async () => {
    const app = await startTestApp({
      config: { accounts: [account('a', { concurrency: 1 })] },
      adapters: { ledger: breakable },
    });
    const selection = await select(app);
    const usage = { standardCost: 3 };
    broken = true;
    const refused = await refusal(reportSuccess(app, selection, { usage }));
    expect(refused.code).toBe('UNAVAILABLE');
    expect(refused.message).not.toContain('disk');
    await select(app);
    broken = false;
    await reportSuccess(app, selection, { usage });
    await reportSuccess(app, selection, { usage });
    expect(await totalOf(app)).toBe(3);
  });

  test('cools the account of a failure at once, and gives the next one when it is told again', async () => {
    const app = await startTestApp({
      config: { accounts: [account('a', { priority: 1 }), account('b')] },
      adapters: { ledger: breakable },
    });
    const selection = await select(app);
    const fields = { usage: { standardCost: 3 }, selectNext: true };
    broken = true;
    expect((await refusal(reportFailure(app, selection, tooMany, fields))).code).toBe('UNAVAILABLE');
    expect(await cooldownsOf(app, 'a')).toHaveLength(1);
    expect((await accountState(app, 'b')).inFlight).toBe(0);
    broken = false;
    const { next } = await reportFailure(app, selection, tooMany, fields);
    expect(selectionIn(next)).toMatchObject({ account: { id: 'b' }, attempt: 2 });
  });

  test('does not lose the cost from what its account has spent', async () => {
    const limits = { quota: { daily: 10 } };
    const app = await startTestApp({
      config: {
        accounts: [account('a', { limits }), account('s', { type: 'oauth', limits: { window_cost: 10 } })],
      },
      adapters: { ledger: breakable },
    });
    for (const [id, other] of [
      ['a', 's'],
      ['s', 'a'],
    ] as const) {
      const only = { excludedAccountIds: [other] };
      const selection = await select(app, only);
      broken = true;
      await refusal(reportSuccess(app, selection, { usage: { standardCost: 11 } }));
      await select(app, only);
      broken = false;
      await reportSuccess(app, selection, { usage: { standardCost: 11 } });
      const { failure } = await refusal(select(app, only));
      expect(rejected(failure)).toMatchObject(
        id === 'a' ? { QUOTA_EXCEEDED: 1 } : { WINDOW_COST_EXCEEDED: 1 },
      );
    }
  });

  test('does not keep a report without usage from being answered', async () => {
    const app = await startTestApp({ config: { accounts: [account('a')] }, adapters: { ledger: breakable } });
    const selection = await select(app);
    broken = true;
    expect(await reportSuccess(app, selection)).toMatchObject({ duplicate: false });
  });
});

/** The ledger as an object of its own, its methods bound. */
function bound(ledger: Ledger): Ledger {
  return {
    book: (entry) => ledger.book(entry),
    windowCosts: (ids, since) => ledger.windowCosts(ids, since),
    windowCost: (id, since) => ledger.windowCost(id, since),
    quotaUse: (ids, now) => ledger.quotaUse(ids, now),
    health: () => ledger.health(),
    close: () => ledger.close(),
  };
}
