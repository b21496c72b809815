import { describe, expect, it } from 'vitest';
import { windowStartMs } from '../../src/selection/figures.ts';
import { type CreateStateStore, minuteMs, secondMs, useStateStore } from './state-store-rig.ts';

/** Every change of figures is told at once, so that what is made of them can be kept up. */
export function stateStoreFiguresLogContract(create: CreateStateStore): void {
  describe('the log of figures', () => {
    const rig = useStateStore(create);

    /** The accounts told of meanwhile. */
    const during = async (act: () => unknown): Promise<readonly string[]> => {
      const { figuresLog } = rig.store;
      const before = figuresLog.end();
      await act();
      const ids: string[] = [];
      figuresLog.since(before, (_, accountId) => ids.push(accountId));
      return ids.toSorted();
    };

    it('is the same while the store is', async () => {
      const { figuresLog } = rig.store;
      await rig.grant();
      expect(rig.store.figuresLog).toBe(figuresLog);
    });

    it('tells of the account of a claim, and not of those only offered', async () => {
      expect(await during(() => rig.grant({ of: ['a', 'b'] }))).toEqual(['a']);
    });

    it('tells of the account of a report, whatever it says', async () => {
      for (const outcome of ['success', 'cancelled'] as const) {
        const lease = await rig.grant();
        expect(await during(() => rig.settle(lease, { outcome })), outcome).toEqual(['a']);
      }
      const lease = await rig.grant();
      expect(await during(() => rig.fail(lease, 'RATE_LIMIT'))).toEqual(['a']);
    });

    it('tells of a window that a report of a lease long gone brought', async () => {
      const lease = await rig.grant({ ttlMs: secondMs });
      rig.pass(minuteMs);
      await rig.store.expire(rig.nowMs);
      const upstreamWindow = { startMs: rig.nowMs - 1, endMs: rig.nowMs + minuteMs };
      expect(await during(() => rig.settle(lease, { upstreamWindow }))).toContain('a');
      expect(rig.store.figures('a').upstreamWindow).toEqual(upstreamWindow);
    });

    it('tells of leases that are given up, and of those that are over', async () => {
      const { id } = await rig.grant();
      expect(await during(() => rig.store.abandon([id], rig.nowMs))).toEqual(['a']);
      await rig.grant({ of: ['b'], ttlMs: secondMs });
      rig.pass(minuteMs);
      expect(await during(() => rig.store.expire(rig.nowMs))).toContain('b');
    });

    it('tells of both accounts of a platform fault', async () => {
      const first = await rig.grant();
      await rig.fail(first, 'SERVER_ERROR', { fingerprint: 'x' });
      const fate = await rig.store.fate(first.id, rig.nowMs);
      const chain = fate.kind === 'failed' ? fate.chain : undefined;
      const second = await rig.grant({ of: ['b'], grant: { chain, attempt: 2 } });
      const told = await during(() => rig.fail(second, 'SERVER_ERROR', { fingerprint: 'x' }));
      expect(told).toEqual(['a', 'b']);
      expect(rig.store.figures('a').modelCooldown('m')).toBeUndefined();
    });

    it('tells of a probe that is out', async () => {
      await rig.coolThrough('RATE_LIMIT');
      expect(await during(() => rig.grant())).toEqual(['a']);
      expect(rig.store.figures('a').modelCooldown('m')?.probe).toBeDefined();
    });

    it('tells of callers that wait and of those that go', async () => {
      expect(await during(() => rig.store.addWaiting('a', 1))).toEqual(['a']);
      expect(await during(() => rig.store.addWaiting('a', -1))).toContain('a');
    });

    it('tells of overrides and of cooldowns that are cleared', async () => {
      expect(await during(() => rig.store.setOverride('a', { schedulable: false, reason: '' }))).toEqual([
        'a',
      ]);
      await rig.fail(await rig.grant({ of: ['b'] }), 'RATE_LIMIT');
      expect(await during(() => rig.store.clearCooldowns({ accountId: '', model: '' }, rig.nowMs))).toContain(
        'b',
      );
    });

    it('tells of sums that are put in, added to and forgotten', async () => {
      const { windowCosts, quotas } = rig.store;
      const windowStart = windowStartMs(rig.store.figures('a'), rig.nowMs);
      const [reading] = await windowCosts.read([{ accountId: 'a', windowStartMs: windowStart }], rig.nowMs);
      const { token } = reading!;
      const cost = { accountId: 'a', windowStartMs: windowStart, costUsd: 5, token };
      expect(await during(() => windowCosts.fill([cost], rig.nowMs))).toEqual(['a']);
      const use = { dailyUsd: 1, weeklyUsd: 2, totalUsd: 3 };
      expect(await during(() => quotas.fill([{ accountId: 'a', use, token }], rig.nowMs))).toEqual(['a']);
      const figures = rig.store.figures('a');
      expect(figures.windowCost(windowStart, rig.nowMs)).toBe(5);
      const one = await rig.grant();
      expect(await during(() => rig.settle(one, { spend: { kind: 'known', costUsd: 1 } }))).toEqual(['a']);
      expect(figures.windowCost(windowStart, rig.nowMs)).toBe(6);
      const other = await rig.grant();
      expect(await during(() => rig.settle(other, { spend: { kind: 'unknown' } }))).toEqual(['a']);
      expect(figures.windowCost(windowStart, rig.nowMs)).toBeUndefined();
    });

    it('tells of a cost that only a duplicate brings', async () => {
      const lease = await rig.grant();
      await rig.settle(lease);
      expect(await during(() => rig.settle(lease, { spend: { kind: 'known', costUsd: 1 } }))).toContain('a');
    });
  });
}
