import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Ledger, UsageEntry } from '../../src/ports/ledger.ts';
import { usageEntry } from '../support/usage-entries.ts';

/** The part of the ledger contract that is about days, weeks and totals. `ledger` gives the empty one of the present test. */
export function ledgerQuotaContract(ledger: () => Ledger): void {
  describe('quota use', () => {
    const days = (from: string, costs: readonly number[]) =>
      costs.map((costUsd, index) =>
        usageEntry({ bookedAtMs: Date.parse(from) + index * 86_400_000, costUsd }),
      );

    it('is 0 for accounts that booked nothing', async () => {
      const none = { dailyUsd: 0, weeklyUsd: 0, totalUsd: 0 };
      expect(await ledger().quotaUse(['nobody', 'none'], 0)).toEqual(
        new Map(Object.entries({ nobody: none, none })),
      );
      expect(await ledger().quotaUse([], 0)).toEqual(new Map());
    });

    it('starts a day at midnight UTC', async () => {
      await bookAll(ledger(), [
        usageEntry({ bookedAtMs: Date.parse('2026-01-14T23:59:59.999Z'), costUsd: 1 }),
        usageEntry({ bookedAtMs: Date.parse('2026-01-15T00:00:00.000Z'), costUsd: 2 }),
      ]);
      expect((await quotaOf(ledger(), 'account', Date.parse('2026-01-14T00:00:00.000Z')))?.dailyUsd).toBe(1);
      expect((await quotaOf(ledger(), 'account', Date.parse('2026-01-14T23:59:59.999Z')))?.dailyUsd).toBe(1);
      expect((await quotaOf(ledger(), 'account', Date.parse('2026-01-15T00:00:00.000Z')))?.dailyUsd).toBe(2);
      expect((await quotaOf(ledger(), 'account', Date.parse('2026-01-16T00:00:00.000Z')))?.dailyUsd).toBe(0);
    });

    it('starts a week at Monday midnight UTC', async () => {
      // The 4th of January 2026 is a Sunday.
      await bookAll(ledger(), days('2026-01-04T23:59:59.999Z', [1]));
      await bookAll(ledger(), days('2026-01-05T00:00:00.000Z', [2, 4, 8, 16, 32, 64, 128, 256]));
      const weeks = [];
      for (const now of [
        '2026-01-04T23:59:59.999Z',
        '2026-01-05T00:00Z',
        '2026-01-11T23:59:59.999Z',
        '2026-01-12T00:00Z',
      ]) {
        weeks.push((await quotaOf(ledger(), 'account', Date.parse(now)))?.weeklyUsd);
      }
      expect(weeks).toEqual([1, 254, 254, 256]);
    });

    it('keeps the ISO week whole over the end of a year', async () => {
      // Week 53 of 2026 runs from Monday the 28th of December to Sunday the 3rd of January 2027.
      await bookAll(ledger(), days('2026-12-27T12:00Z', [1, 2, 4, 8, 16, 32, 64, 128, 256]));
      const onNewYear = await quotaOf(ledger(), 'account', Date.parse('2027-01-01T00:00Z'));
      expect(onNewYear).toEqual({ dailyUsd: 32, weeklyUsd: 254, totalUsd: 511 });
      expect((await quotaOf(ledger(), 'account', Date.parse('2027-01-04T00:00Z')))?.weeklyUsd).toBe(256);
    });

    it('counts a leap day as a day', async () => {
      await bookAll(ledger(), days('2028-02-28T12:00Z', [1, 2, 4]));
      const use = await quotaOf(ledger(), 'account', Date.parse('2028-02-29T23:59:59.999Z'));
      expect(use).toEqual({ dailyUsd: 2, weeklyUsd: 7, totalUsd: 7 });
    });

    it('counts a late booking where its time puts it', async () => {
      const nowMs = Date.parse('2026-01-15T12:00Z');
      await ledger().book(usageEntry({ bookedAtMs: nowMs, costUsd: 1 }));
      await ledger().book(usageEntry({ bookedAtMs: Date.parse('2026-01-12T00:00Z'), costUsd: 2 }));
      await ledger().book(usageEntry({ bookedAtMs: Date.parse('2020-06-01T00:00Z'), costUsd: 4 }));
      expect(await quotaOf(ledger(), 'account', nowMs)).toEqual({ dailyUsd: 1, weeklyUsd: 3, totalUsd: 7 });
    });
  });

  it('sums random bookings as a plain addition over all of them does', async () => {
    const startMs = Date.parse('2026-12-20T00:00Z');
    const time = fc.integer({ min: 0, max: 20 * 24 }).map((hours) => startMs + hours * 3_600_000);
    const booking = fc.record({
      lease: fc.integer({ min: 0, max: 40 }),
      account: fc.integer({ min: 0, max: 3 }),
      bookedAtMs: time,
      costUsd: fc.integer({ min: 0, max: 1_000 }),
    });
    let run = 0;
    const addsUp = fc.asyncProperty(fc.array(booking, { maxLength: 60 }), time, async (bookings, nowMs) => {
      run += 1;
      const entries = bookings.map(({ lease, account, bookedAtMs, costUsd }) =>
        usageEntry({ leaseId: `${run}/${lease}`, accountId: `${run}/${account}`, bookedAtMs, costUsd }),
      );
      await bookAll(ledger(), entries);
      const kept = entries.filter(
        ({ leaseId }, index) => index === entries.findIndex((e) => e.leaseId === leaseId),
      );
      const sum = (id: string, fromMs: number, toMs: number) =>
        kept
          .filter((e) => e.accountId === id && e.bookedAtMs >= fromMs && e.bookedAtMs < toMs)
          .reduce((total, e) => total + e.costUsd, 0);
      const ids = [0, 1, 2, 3, 4].map((account) => `${run}/${account}`);
      const dayMs = 86_400_000;
      const midnightMs = new Date(nowMs).setUTCHours(0, 0, 0, 0);
      const mondayMs = midnightMs - ((new Date(nowMs).getUTCDay() + 6) % 7) * dayMs;

      const costs = await ledger().windowCosts(ids, nowMs);
      const quotas = await ledger().quotaUse(ids, nowMs);
      for (const id of ids) {
        expect(costs.get(id)).toBe(sum(id, nowMs, Number.POSITIVE_INFINITY));
        expect(await ledger().windowCost(id, nowMs)).toBe(costs.get(id));
        expect(quotas.get(id)).toEqual({
          dailyUsd: sum(id, midnightMs, midnightMs + dayMs),
          weeklyUsd: sum(id, mondayMs, mondayMs + 7 * dayMs),
          totalUsd: sum(id, 0, Number.POSITIVE_INFINITY),
        });
      }
    });
    await fc.assert(addsUp, { numRuns: 50 });
  });
}

function bookAll(ledger: Ledger, entries: readonly UsageEntry[]) {
  return Promise.all(entries.map((entry) => ledger.book(entry)));
}

async function quotaOf(ledger: Ledger, accountId: string, nowMs: number) {
  return (await ledger.quotaUse([accountId], nowMs)).get(accountId);
}
