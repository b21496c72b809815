import { describe, expect, it } from 'vitest';
import { createWindowCosts } from '../../../src/caching/window-costs.ts';
import type { WindowCostEntry, WindowCostKey } from '../../../src/ports/window-cost-cache.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { manualClock, settled } from '../../support/manual-clock.ts';
import { nonZeroSeries } from '../telemetry/counters.ts';
import { keptLog } from './log-lines.ts';

const hourMs = 3_600_000;
const startMs = Date.UTC(2026, 0, 5, 12);

interface Faults {
  read?: boolean;
  fill?: boolean;
  batch?: boolean;
  /** Accounts whose single reads fail. */
  single?: readonly string[];
}

interface SetUp {
  /** What the store knows at the start, by account, of the window at `startMs`. */
  readonly cached?: Record<string, number>;
  /** What the ledger sums to. */
  readonly booked?: Record<string, number>;
  readonly faults?: Faults;
}

function setUp({ cached = {}, booked = {}, faults = {} }: SetUp = {}) {
  const clock = manualClock(startMs);
  const metrics = createMetrics({ processMetrics: false });
  const { log, lines } = keptLog();
  const stored = new Map(Object.entries(cached).map(([id, costUsd]) => [`${id}@${startMs}`, costUsd]));
  const tokens = new Map<string, number>();
  const cacheReads: WindowCostKey[][] = [];
  const statements: string[] = [];
  const fills: WindowCostEntry[] = [];
  /** Set to hold back the ledger's answers to batch queries. */
  const gate = { open: Promise.resolve() as Promise<unknown> };
  const key = ({ accountId, windowStartMs }: WindowCostKey) => `${accountId}@${windowStartMs}`;

  const costs = createWindowCosts({
    clock,
    log,
    metrics: metrics.windowCosts,
    cache: {
      async read(keys) {
        cacheReads.push([...keys]);
        if (faults.read) throw new Error('store away');
        return keys.map((k) => ({ costUsd: stored.get(key(k)), token: tokens.get(key(k)) ?? 0 }));
      },
      async fill(entries) {
        if (faults.fill) throw new Error('store away');
        fills.push(...entries);
        for (const entry of entries) {
          if ((tokens.get(key(entry)) ?? 0) === entry.token) stored.set(key(entry), entry.costUsd);
        }
      },
    },
    ledger: {
      async windowCosts(accountIds, sinceMs) {
        statements.push(`batch ${accountIds.join(',')} since ${(sinceMs - startMs) / hourMs} h`);
        await gate.open;
        if (faults.batch) throw new Error('ledger away');
        return new Map(accountIds.map((id) => [id, booked[id] ?? 0]));
      },
      async windowCost(accountId) {
        statements.push(`single ${accountId}`);
        if (faults.single?.includes(accountId)) throw new Error('ledger away');
        return booked[accountId] ?? 0;
      },
    },
  });
  const prefetch = async (...accountIds: string[]) => {
    const needs = accountIds.map((accountId) => ({ accountId, windowStartMs: startMs }));
    return Object.fromEntries(await costs.prefetch(needs, clock.now()));
  };
  const counted = async () =>
    Object.fromEntries(
      Object.entries(await nonZeroSeries(metrics)).map(([name, value]) => [
        name.replace(/^window_cost_prefetch_(\w+)_total$/, '$1'),
        value,
      ]),
    );
  const increment = (accountId: string) => tokens.set(`${accountId}@${startMs}`, 1);
  return { clock, costs, prefetch, counted, stored, increment, cacheReads, statements, fills, gate, lines };
}

describe('the prefetch of window costs', () => {
  it('asks nothing for nothing', async () => {
    const { prefetch, counted, cacheReads } = setUp();
    expect(await prefetch()).toEqual({});
    expect(cacheReads).toEqual([]);
    expect(await counted()).toEqual({});
  });

  it('takes what the store knows, without a query', async () => {
    const { prefetch, counted, statements, cacheReads, fills } = setUp({ cached: { a: 1.5, b: 0 } });
    expect(await prefetch('a', 'b')).toEqual({ a: 1.5, b: 0 });
    expect(cacheReads).toHaveLength(1);
    expect(statements).toEqual([]);
    expect(fills).toEqual([]);
    expect(await counted()).toEqual({ cache_hits: 2 });
  });

  it('sums what the store does not know and puts it there', async () => {
    const { prefetch, counted, statements, stored } = setUp({ cached: { a: 1.5 }, booked: { b: 4 } });
    expect(await prefetch('a', 'b')).toEqual({ a: 1.5, b: 4 });
    expect(statements).toEqual(['batch b since 0 h']);
    expect(stored.get(`b@${startMs}`)).toBe(4);
    expect(await counted()).toEqual({ cache_hits: 1, cache_misses: 1, batch_queries: 1 });
    expect(await prefetch('a', 'b')).toEqual({ a: 1.5, b: 4 });
    expect(await counted()).toEqual({ cache_hits: 3, cache_misses: 1, batch_queries: 1 });
  });

  it('keeps a sum of nothing as 0, so that it is not asked for again', async () => {
    const { prefetch, stored } = setUp();
    expect(await prefetch('new')).toEqual({ new: 0 });
    expect(stored.get(`new@${startMs}`)).toBe(0);
  });

  it('sends one statement per window start', async () => {
    const { costs, counted, statements } = setUp({ booked: { a: 1, b: 2, c: 3 } });
    const earlierMs = startMs - 5 * hourMs;
    const found = await costs.prefetch(
      [
        { accountId: 'a', windowStartMs: startMs },
        { accountId: 'b', windowStartMs: earlierMs },
        { accountId: 'c', windowStartMs: startMs },
      ],
      startMs,
    );
    expect(Object.fromEntries(found)).toEqual({ a: 1, b: 2, c: 3 });
    expect(statements).toEqual(['batch a,c since 0 h', 'batch b since -5 h']);
    expect(await counted()).toEqual({ cache_misses: 3, batch_queries: 2 });
  });

  it('hands back the token it read, so that an increment in between wins', async () => {
    const { prefetch, increment, stored, gate, fills } = setUp({ booked: { a: 4 } });
    const hold = Promise.withResolvers<void>();
    gate.open = hold.promise;
    const caller = prefetch('a');
    await settled();
    increment('a');
    hold.resolve();
    expect(await caller).toEqual({ a: 4 });
    expect(fills.map(({ token }) => token)).toEqual([0]);
    expect(stored.has(`a@${startMs}`)).toBe(false);
  });
});

describe('failures of the prefetch', () => {
  it('a batch that fails becomes single reads, whose values go to the store', async () => {
    const { prefetch, counted, statements, stored } = setUp({
      booked: { a: 1, b: 2 },
      faults: { batch: true },
    });
    expect(await prefetch('a', 'b')).toEqual({ a: 1, b: 2 });
    expect(statements).toEqual(['batch a,b since 0 h', 'single a', 'single b']);
    expect(stored.get(`b@${startMs}`)).toBe(2);
    expect(await counted()).toEqual({ cache_misses: 2, batch_queries: 1, errors: 1, fallback_queries: 2 });
  });

  it('a single read that fails too leaves its account open', async () => {
    const { prefetch, counted, fills } = setUp({
      booked: { a: 1, b: 2 },
      faults: { batch: true, single: ['a'] },
    });
    expect(await prefetch('a', 'b')).toEqual({ b: 2 });
    expect(fills.map(({ accountId }) => accountId)).toEqual(['b']);
    expect(await counted()).toEqual({ cache_misses: 2, batch_queries: 1, errors: 2, fallback_queries: 2 });
  });

  it('a store that fails to read makes everything missing, and nothing is put back without a token', async () => {
    const { prefetch, counted, fills } = setUp({
      cached: { a: 9 },
      booked: { a: 1, b: 2 },
      faults: { read: true },
    });
    expect(await prefetch('a', 'b')).toEqual({ a: 1, b: 2 });
    expect(fills).toEqual([]);
    expect(await counted()).toEqual({ cache_misses: 2, batch_queries: 1, errors: 1 });
  });

  it('a store that fails to take a sum costs nothing but the error', async () => {
    const { prefetch, counted } = setUp({ booked: { a: 1 }, faults: { fill: true } });
    expect(await prefetch('a')).toEqual({ a: 1 });
    expect(await counted()).toEqual({ cache_misses: 1, batch_queries: 1, errors: 1 });
  });

  it('everything failing leaves every account open', async () => {
    const faults = { read: true, fill: true, batch: true, single: ['a', 'b'] };
    const { prefetch, counted, lines } = setUp({ faults });
    expect(await prefetch('a', 'b')).toEqual({});
    expect(await counted()).toEqual({ cache_misses: 2, batch_queries: 1, fallback_queries: 2, errors: 4 });
    expect(lines).toHaveLength(1);
  });

  it('after a failure the next prefetch reads again', async () => {
    const faults: Faults = { batch: true, single: ['a'] };
    const { prefetch } = setUp({ booked: { a: 1 }, faults });
    expect(await prefetch('a')).toEqual({});
    faults.batch = false;
    expect(await prefetch('a')).toEqual({ a: 1 });
  });

  it('an answer that does not come is waited for a second; the query is not repeated, and its answer is kept', async () => {
    const { prefetch, counted, gate, clock, statements } = setUp({ cached: { a: 1 }, booked: { b: 2 } });
    const hold = Promise.withResolvers<void>();
    gate.open = hold.promise;
    const first = prefetch('b');
    await settled();
    clock.advance(1_000);
    expect(await first).toEqual({});
    const second = prefetch('a', 'b');
    await settled();
    clock.advance(1_000);
    expect(await second).toEqual({ a: 1 });
    expect(statements).toEqual(['batch b since 0 h']);
    expect(await counted()).toEqual({ cache_hits: 1, cache_misses: 2, batch_queries: 1, errors: 2 });
    hold.resolve();
    await settled();
    expect(await prefetch('b')).toEqual({ b: 2 });
    expect(clock.pending).toBe(0);
  });
});

describe('concurrent prefetches', () => {
  it('a thousand over the same two hundred accounts read the store once and send one statement', async () => {
    const ids = Array.from({ length: 200 }, (_, i) => `a${i}`);
    const { prefetch, counted, cacheReads, statements } = setUp({ booked: { a7: 7 } });
    const all = await Promise.all(Array.from({ length: 1_000 }, () => prefetch(...ids)));
    expect(all.every((costs) => costs.a7 === 7 && Object.keys(costs).length === 200)).toBe(true);
    expect(cacheReads).toHaveLength(1);
    expect(statements).toHaveLength(1);
    expect(await counted()).toEqual({ cache_misses: 200_000, batch_queries: 1 });
  });

  it('read only what nobody is reading, and wait for the rest', async () => {
    const { prefetch, counted, gate, statements } = setUp({ booked: { a: 1, b: 2, c: 3 } });
    const hold = Promise.withResolvers<void>();
    gate.open = hold.promise;
    const one = prefetch('a', 'b');
    await settled();
    const other = prefetch('b', 'c');
    await settled();
    expect(statements).toEqual(['batch a,b since 0 h', 'batch c since 0 h']);
    hold.resolve();
    expect(await Promise.all([one, other])).toEqual([
      { a: 1, b: 2 },
      { b: 2, c: 3 },
    ]);
    expect(await counted()).toEqual({ cache_misses: 4, batch_queries: 2 });
  });

  it('share a failure without counting it twice', async () => {
    const { prefetch, counted } = setUp({ booked: { a: 1 }, faults: { batch: true } });
    expect(await Promise.all([prefetch('a'), prefetch('a')])).toEqual([{ a: 1 }, { a: 1 }]);
    expect(await counted()).toEqual({ cache_misses: 2, batch_queries: 1, fallback_queries: 1, errors: 1 });
  });

  it('of another window start don\u2019t share', async () => {
    const { costs, statements } = setUp();
    const need = (windowStartMs: number) => [{ accountId: 'a', windowStartMs }];
    await Promise.all([
      costs.prefetch(need(startMs), startMs),
      costs.prefetch(need(startMs + hourMs), startMs + hourMs),
    ]);
    expect(statements).toEqual(['batch a since 0 h', 'batch a since 1 h']);
  });
});
