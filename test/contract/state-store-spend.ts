import { describe, expect, it } from 'vitest';
import type { QuotaUse } from '../../src/ports/ledger.ts';
import type { Spend } from '../../src/ports/state-store.ts';
import { windowStartMs } from '../../src/selection/figures.ts';
import {
  type CreateStateStore,
  hourMs,
  minuteMs,
  secondMs,
  spendTtlMs,
  useStateStore,
} from './state-store-rig.ts';

/** What accounts spent, as sums of the ledger that are kept up with the reports. */
export function stateStoreSpendContract(create: CreateStateStore): void {
  describe('spend', () => {
    const rig = useStateStore(create);
    const startOf = (accountId: string) => windowStartMs(rig.store.figures(accountId), rig.nowMs);
    const readWindow = async (accountId = 'a', windowStart = startOf(accountId)) => {
      const [reading] = await rig.store.windowCosts.read(
        [{ accountId, windowStartMs: windowStart }],
        rig.nowMs,
      );
      return reading!;
    };
    const fillWindow = async (costUsd: number, accountId = 'a') => {
      const windowStart = startOf(accountId);
      const { token } = await readWindow(accountId, windowStart);
      const entry = { accountId, windowStartMs: windowStart, costUsd, token };
      await rig.store.windowCosts.fill([entry], rig.nowMs);
    };
    const knownWindow = async (accountId = 'a') => (await readWindow(accountId)).costUsd;
    const readQuota = async (accountId = 'a') => (await rig.store.quotas.read([accountId], rig.nowMs))[0]!;
    const fillQuota = async (use: QuotaUse, accountId = 'a') => {
      const { token } = await readQuota(accountId);
      await rig.store.quotas.fill([{ accountId, use, token }], rig.nowMs);
    };
    const quota = (dailyUsd: number, weeklyUsd: number, totalUsd: number): QuotaUse => ({
      dailyUsd,
      weeklyUsd,
      totalUsd,
    });
    const spend = async (costUsd: number, accountId = 'a') =>
      rig.settle(await rig.grant({ of: [accountId] }), { spend: { kind: 'known', costUsd } });

    describe('of a window', () => {
      it('is not known until it was read, and then to the selection too', async () => {
        expect(await knownWindow()).toBeUndefined();
        await spend(1);
        expect(await knownWindow()).toBeUndefined();
        await fillWindow(5);
        expect(await knownWindow()).toBe(5);
        expect(rig.store.figures('a').windowCost(startOf('a'), rig.nowMs)).toBe(5);
        expect(await knownWindow('b')).toBeUndefined();
      });

      it('of 0 is known as 0', async () => {
        await fillWindow(0);
        expect(await knownWindow()).toBe(0);
      });

      it('grows with each booking, at once', async () => {
        await fillWindow(5);
        await spend(0.25);
        await spend(0.5);
        expect(await knownWindow()).toBe(5.75);
        expect(rig.store.figures('a').windowCost(startOf('a'), rig.nowMs)).toBe(5.75);
      });

      it('does not grow by what was booked before, or not at all', async () => {
        await fillWindow(5);
        await rig.settle(await rig.grant(), { spend: { kind: 'booked_before' } });
        await rig.settle(await rig.grant(), { spend: { kind: 'none' } });
        expect(await knownWindow()).toBe(5);
      });

      it('is read anew after a booking whose fate is not known', async () => {
        await fillWindow(5);
        await rig.settle(await rig.grant(), { spend: { kind: 'unknown' } });
        expect(await knownWindow()).toBeUndefined();
      });

      it('grows by a booking that only the second report brought about', async () => {
        const lease = await rig.grant();
        await rig.settle(lease, { spend: { kind: 'unknown' } });
        await fillWindow(5);
        const again = await rig.settle(lease, { spend: { kind: 'known', costUsd: 2 } });
        expect(again.duplicate).toBe(true);
        expect(await knownWindow()).toBe(7);
        await rig.settle(lease, { spend: { kind: 'booked_before' } });
        expect(await knownWindow()).toBe(7);
      });

      it.each<[string, Spend]>([
        ['known', { kind: 'known', costUsd: 1 }],
        ['unknown', { kind: 'unknown' }],
      ])('is not filled over a booking (%s) that came in between', async (_, booking) => {
        const entry = { accountId: 'a', windowStartMs: startOf('a'), costUsd: 5 };
        const { token } = await readWindow();
        await rig.settle(await rig.grant(), { spend: booking });
        await rig.store.windowCosts.fill([{ ...entry, token }], rig.nowMs);
        expect(await knownWindow()).toBeUndefined();
        await fillWindow(6);
        await spend(1);
        await rig.store.windowCosts.fill([{ ...entry, token }], rig.nowMs);
        expect(await knownWindow()).toBe(7);
      });

      it('is filled whatever another account booked in between', async () => {
        const entry = { accountId: 'a', windowStartMs: startOf('a'), costUsd: 5 };
        const { token } = await readWindow();
        await spend(1, 'b');
        await rig.store.windowCosts.fill([{ ...entry, token }], rig.nowMs);
        expect(await knownWindow()).toBe(5);
      });

      it('is read and filled for many accounts at once, in the order asked for', async () => {
        const ids = Array.from({ length: 50 }, (_, index) => `a${index}`);
        const keys = ids.map((accountId) => ({ accountId, windowStartMs: startOf(accountId) }));
        const readings = await rig.store.windowCosts.read(keys, rig.nowMs);
        expect(readings.map(({ costUsd }) => costUsd)).toEqual(ids.map(() => undefined));
        const filled = keys.map((key, index) => ({ ...key, costUsd: index, token: readings[index]!.token }));
        await rig.store.windowCosts.fill(filled.slice(1), rig.nowMs);
        const again = await rig.store.windowCosts.read(keys.toReversed(), rig.nowMs);
        expect(again.map(({ costUsd }) => costUsd).toReversed()).toEqual([
          undefined,
          ...ids.slice(1).map((_, index) => index + 1),
        ]);
      });

      it('is trusted for its time from the reading, whatever was booked since', async () => {
        await fillWindow(5);
        rig.pass(spendTtlMs - 1);
        await spend(1);
        expect(await knownWindow()).toBe(6);
        rig.pass(1);
        expect(await knownWindow()).toBeUndefined();
        expect(rig.store.figures('a').windowCost(startOf('a'), rig.nowMs)).toBeUndefined();
      });

      it('begins anew with the hour', async () => {
        rig.pass(hourMs - secondMs);
        await fillWindow(5);
        rig.pass(secondMs);
        expect(await knownWindow()).toBeUndefined();
        await spend(1);
        expect(await knownWindow()).toBeUndefined();
        await fillWindow(1);
        expect(await knownWindow()).toBe(1);
      });

      it('is that of the upstream where a report told it', async () => {
        await fillWindow(5);
        const window = { startMs: rig.nowMs - 2 * hourMs, endMs: rig.nowMs + 3 * hourMs };
        await rig.settle(await rig.grant(), { upstreamWindow: window, spend: { kind: 'known', costUsd: 1 } });
        expect(rig.store.figures('a').upstreamWindow).toEqual(window);
        expect(startOf('a')).toBe(window.startMs);
        expect(await knownWindow()).toBeUndefined();
        await fillWindow(9);
        await spend(1);
        expect(await knownWindow()).toBe(10);
        expect(rig.store.figures('b').upstreamWindow).toBeUndefined();
      });

      it('keeps the upstream window through reports that tell none, until it is over', async () => {
        const window = { startMs: rig.nowMs - 4 * hourMs, endMs: rig.nowMs + minuteMs };
        await rig.settle(await rig.grant(), { outcome: 'cancelled', upstreamWindow: window });
        await spend(1);
        expect(startOf('a')).toBe(window.startMs);
        rig.pass(minuteMs);
        expect(startOf('a')).toBe(rig.nowMs - minuteMs);
      });
    });

    describe('of a quota', () => {
      it('is not known until it was read, and then grows in all its parts', async () => {
        expect((await readQuota()).use).toBeUndefined();
        await spend(1);
        await fillQuota(quota(1, 2, 3));
        await spend(0.5);
        expect((await readQuota()).use).toEqual(quota(1.5, 2.5, 3.5));
        expect(rig.store.figures('a').quotaUse(rig.nowMs)).toEqual(quota(1.5, 2.5, 3.5));
      });

      it('is read anew after a booking whose fate is not known', async () => {
        await fillQuota(quota(1, 2, 3));
        await rig.settle(await rig.grant(), { spend: { kind: 'unknown' } });
        expect((await readQuota()).use).toBeUndefined();
      });

      it('is not filled over a booking that came in between', async () => {
        const { token } = await readQuota();
        await spend(1);
        await rig.store.quotas.fill([{ accountId: 'a', use: quota(1, 1, 1), token }], rig.nowMs);
        expect((await readQuota()).use).toBeUndefined();
      });

      it('is trusted for its time from the reading', async () => {
        await fillQuota(quota(1, 2, 3));
        rig.pass(spendTtlMs - 1);
        expect((await readQuota()).use).toEqual(quota(1, 2, 3));
        rig.pass(1);
        expect((await readQuota()).use).toBeUndefined();
      });

      it('is read anew with the day, and so with the week', async () => {
        rig.pass(12 * hourMs - secondMs);
        await fillQuota(quota(1, 2, 3));
        rig.pass(secondMs - 1);
        await spend(1);
        expect((await readQuota()).use).toEqual(quota(2, 3, 4));
        rig.pass(1);
        expect((await readQuota()).use).toBeUndefined();
        await spend(1);
        expect((await readQuota()).use).toBeUndefined();
        await fillQuota(quota(1, 4, 5));
        await spend(1);
        expect((await readQuota()).use).toEqual(quota(2, 5, 6));
      });
    });
  });
}
