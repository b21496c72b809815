import { describe, expect, it } from 'vitest';
import type { Ledger } from '../../src/ports/ledger.ts';
import { costing, report, select, selectId } from '../support/calls.ts';
import { counted } from '../support/metric-deltas.ts';
import { overriding } from '../support/overriding.ts';
import { apiKey, groupOf, subscription } from '../support/sidecar-config.ts';
import { startTestApp } from '../support/start-app.ts';

const limited = { limits: { window_cost: 100 } };
const two = groupOf([subscription('a', limited), subscription('b', limited)]);
const reads = ['window_cost_prefetch'];

/** The ledger with some of its reads failing. */
function failing(broken: { batch: boolean; single: boolean }) {
  return (ledger: Ledger) =>
    overriding(ledger, {
      windowCosts: (ids, sinceMs) =>
        broken.batch ? Promise.reject(new Error('batch')) : ledger.windowCosts(ids, sinceMs),
      windowCost: (id, sinceMs) =>
        broken.single ? Promise.reject(new Error('single')) : ledger.windowCost(id, sinceMs),
    });
}

describe('reading window costs', () => {
  it('reads what the cache lacks in one batch, and keeps it there', async () => {
    const app = await startTestApp({ config: two });
    // While `a` is alone its cost alone is read.
    app.reload(groupOf([subscription('a', limited)]));
    await select(app);
    app.reload(two);
    const first = await counted(app, reads, () => select(app));
    expect(first).toEqual({
      window_cost_prefetch_cache_hits: 1,
      window_cost_prefetch_cache_misses: 1,
      window_cost_prefetch_batch_queries: 1,
    });
    const second = await counted(app, reads, () => select(app));
    expect(second).toEqual({ window_cost_prefetch_cache_hits: 2 });
  });

  it('reads anew once the cached costs are too old', async () => {
    const app = await startTestApp({ config: two });
    await select(app);
    app.clock.advance(30_001);
    expect(await counted(app, reads, () => select(app))).toEqual({
      window_cost_prefetch_cache_misses: 2,
      window_cost_prefetch_batch_queries: 1,
    });
  });

  it('never looks at an API key', async () => {
    const app = await startTestApp({ config: groupOf([apiKey('key', limited)]) });
    expect(await counted(app, reads, () => select(app))).toEqual({});
  });

  it('never looks at a subscription without a limit', async () => {
    const app = await startTestApp({ config: groupOf([subscription('a')]) });
    expect(await counted(app, reads, () => select(app))).toEqual({});
  });

  it('shares one read among concurrent selections', async () => {
    const app = await startTestApp({ config: two });
    const moved = await counted(app, reads, () => Promise.all(Array.from({ length: 12 }, () => select(app))));
    expect(moved.window_cost_prefetch_batch_queries).toBe(1);
  });

  it('reads account by account where the batch fails', async () => {
    const app = await startTestApp({
      config: two,
      adapters: { ledger: failing({ batch: true, single: false }) },
    });
    const moved = await counted(app, reads, () => select(app));
    expect(moved).toEqual({
      window_cost_prefetch_cache_misses: 2,
      window_cost_prefetch_batch_queries: 1,
      window_cost_prefetch_errors: 1,
      window_cost_prefetch_fallback_queries: 2,
    });
    expect(await counted(app, reads, () => select(app))).toEqual({ window_cost_prefetch_cache_hits: 2 });
  });

  it('leaves accounts open whose cost can not be had, and counts each error', async () => {
    const broken = { batch: false, single: false };
    const config = groupOf([subscription('a', { limits: { window_cost: 1 } })]);
    const app = await startTestApp({ config, adapters: { ledger: failing(broken) } });
    await report(app, await select(app), costing(50));
    app.clock.advance(30_001);
    broken.batch = true;
    broken.single = true;
    const moved = await counted(app, reads, async () => expect(await selectId(app)).toBe('a'));
    expect(moved).toEqual({
      window_cost_prefetch_cache_misses: 1,
      window_cost_prefetch_batch_queries: 1,
      window_cost_prefetch_fallback_queries: 1,
      window_cost_prefetch_errors: 2,
    });
    const log = app.logs.filter(({ level, msg }) => level === 'warn' && String(msg).includes('window costs'));
    expect(log).not.toHaveLength(0);
  });

  it('counts a session that stays on its account once', async () => {
    const app = await startTestApp({ config: two });
    await select(app, { sessionId: 's' });
    const moved = await counted(app, reads, () => select(app, { sessionId: 's' }));
    expect(moved).toEqual({ window_cost_prefetch_cache_hits: 1 });
  });

  it('counts each account once where a session finds its own closed', async () => {
    const app = await startTestApp({ config: two });
    const bound = await select(app, { sessionId: 's' });
    await report(app, bound, costing(200));
    const moved = await counted(app, reads, async () => {
      const next = await selectId(app, { sessionId: 's' });
      expect(next).not.toBe(bound.account?.id);
    });
    expect(moved).toEqual({ window_cost_prefetch_cache_hits: 2 });
  });
});
