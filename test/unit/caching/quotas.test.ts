import { describe, expect, it } from 'vitest';
import { createQuotas } from '../../../src/caching/quotas.ts';
import type { QuotaUse } from '../../../src/ports/ledger.ts';
import type { QuotaEntry } from '../../../src/ports/quota-cache.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { keptLog } from './log-lines.ts';

const dayMs = 86_400_000;
const use = (totalUsd: number): QuotaUse => ({ dailyUsd: 0, weeklyUsd: 0, totalUsd });

function setUp(known: Record<string, QuotaUse> = {}) {
  const clock = manualClock();
  const { log, lines } = keptLog();
  const faults = { read: false, fill: false, query: false };
  const fills: QuotaEntry[] = [];
  const queries: string[] = [];
  const quotas = createQuotas({
    clock,
    log,
    cache: {
      async read(accountIds) {
        if (faults.read) throw new Error('store away');
        return accountIds.map((id, i) => ({ use: known[id], token: i }));
      },
      async fill(entries) {
        if (faults.fill) throw new Error('store away');
        fills.push(...entries);
      },
    },
    ledger: {
      async quotaUse(accountIds) {
        queries.push(accountIds.join(','));
        if (faults.query) throw new Error('ledger away');
        return new Map(accountIds.filter((id) => id !== 'new').map((id, i) => [id, use(i + 1)]));
      },
    },
  });
  return { clock, quotas, faults, fills, queries, lines };
}

describe('the prefetch of quota use', () => {
  it('takes what the store knows, sums the rest in one query, and puts that back with its token', async () => {
    const { quotas, fills, queries, clock } = setUp({ a: use(9) });
    const uses = await quotas.prefetch(['a', 'b', 'new'], clock.now());
    expect(Object.fromEntries(uses)).toEqual({ a: use(9), b: use(1), new: use(0) });
    expect(queries).toEqual(['b,new']);
    expect(fills).toEqual([
      { accountId: 'b', use: use(1), token: 1 },
      { accountId: 'new', use: use(0), token: 2 },
    ]);
  });

  it('shares a query between concurrent callers, but not across midnight', async () => {
    const { quotas, queries, clock } = setUp();
    const nowMs = clock.now();
    await Promise.all([
      quotas.prefetch(['a'], nowMs),
      quotas.prefetch(['a'], nowMs + 1),
      quotas.prefetch(['a'], nowMs + dayMs),
    ]);
    expect(queries).toEqual(['a', 'a']);
  });

  it('leaves accounts open when the query fails, and warns once', async () => {
    const { quotas, faults, fills, lines, clock } = setUp({ a: use(9) });
    faults.query = true;
    for (let i = 0; i < 3; i++) {
      expect(Object.fromEntries(await quotas.prefetch(['a', 'b'], clock.now()))).toEqual({ a: use(9) });
    }
    expect(fills).toEqual([]);
    expect(lines).toHaveLength(1);
  });

  it('goes to the ledger when the store fails, and puts nothing back', async () => {
    const { quotas, faults, fills, clock } = setUp({ a: use(9) });
    faults.read = true;
    expect(Object.fromEntries(await quotas.prefetch(['a'], clock.now()))).toEqual({ a: use(1) });
    expect(fills).toEqual([]);
  });

  it('answers although the store takes nothing', async () => {
    const { quotas, faults, clock } = setUp();
    faults.fill = true;
    expect(Object.fromEntries(await quotas.prefetch(['a'], clock.now()))).toEqual({ a: use(1) });
  });
});
