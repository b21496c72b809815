import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { UsageEntry } from '../../src/ports/ledger.ts';
import {
  bookAll,
  dayMs,
  expectExact,
  hourMs,
  ledgerFile,
  middayMs,
  minuteMs,
  usageOfDays,
} from '../support/ledger-file.ts';
import { usageEntry } from '../support/usage-entries.ts';

describe("the sums in a ledger's file", () => {
  const file = ledgerFile();
  const { open, crashed } = file;

  /** A row of one of the file's tables for each key; only while no ledger has it open. */
  function rowsOf(sql: string): unknown[][] {
    const database = new DatabaseSync(file.path, { readOnly: true });
    try {
      return database.prepare(sql).all().map(Object.values);
    } finally {
      database.close();
    }
  }

  /** The minutes whose sums are recent ones in a file that no ledger has open. */
  function recentMinutes(path: string): unknown[] {
    const database = new DatabaseSync(path);
    try {
      const rows = database.prepare('SELECT DISTINCT minute FROM recent_cost ORDER BY minute').all();
      return rows.map(({ minute }) => minute);
    } finally {
      database.close();
    }
  }

  it('are exact to the row for any window while bookings come in, after a crash and after a closing', async () => {
    let ledger = open();
    const booked: UsageEntry[] = [];
    for (const [round, entries] of usageOfDays(8).entries()) {
      await bookAll(ledger, entries);
      booked.push(...entries);
      const nowMs = middayMs + round * 9 * hourMs;
      await expectExact(ledger, booked, nowMs);
      await expectExact(open(crashed(`crashed-${round}.db`)), booked, nowMs);
      if (round % 3 !== 2) continue;
      await ledger.close();
      ledger = open();
      await expectExact(ledger, booked, nowMs);
    }
  });

  it('are exact between any two of the turns in which many minutes of an idle time follow', async () => {
    const ledger = open();
    const booked = Array.from({ length: 1_900 }, (_, index) =>
      usageEntry({
        accountId: `account-${index % 3}`,
        bookedAtMs: middayMs + index * minuteMs,
        costUsd: 1 + (index % 7),
      }),
    );
    const nowMs = booked.at(-1)!.bookedAtMs;
    const recentRows: number[] = [];
    await bookAll(ledger, booked);
    for (let turn = 0; turn < 12; turn += 1) {
      const copy = crashed(`crashed-${turn}.db`);
      await expectExact(open(copy), booked, nowMs);
      await expectExact(ledger, booked, nowMs);
      recentRows.push(recentMinutes(crashed(`looked-at-${turn}.db`)).length);
      await nextTurn();
    }
    expect(Math.max(...recentRows), 'none died halfway').toBeGreaterThan(1);
    expect(recentRows.at(-1), 'the last turn still had some to move').toBeLessThanOrEqual(1);
  });

  it('stay exact where the clock is set back, or far ahead for a while, and after a crash in between', async () => {
    let ledger = open();
    const booked: UsageEntry[] = [];
    const hours = [0, 0, -30, -30, 0, 9_000, 9_000, 0, 1, 1, -1];
    for (const [round, hour] of hours.entries()) {
      const entries = Array.from({ length: 1_100 }, (_, index) =>
        usageEntry({
          accountId: `account-${index % 3}`,
          bookedAtMs: middayMs + hour * hourMs + (index % 2) * 30_000 + round,
          costUsd: 1 + (index % 5),
        }),
      );
      booked.push(...entries);
      await bookAll(ledger, entries);
      for (let turn = 0; turn < 3; turn += 1) await nextTurn();
      const copy = crashed(`crashed-${round}.db`);
      await expectExact(ledger, booked, middayMs);
      if (round % 2 === 0) {
        // From here on the file that the crash left behind.
        await ledger.close();
        file.path = copy;
        ledger = open();
      }
      await expectExact(ledger, booked, middayMs + 2 * hourMs);
    }
    expect(recentMinutes(crashed('last.db')).length).toBeLessThanOrEqual(1);
  });

  it('answer the same from memory as from the file', async () => {
    const ledger = open();
    const sinceMs = middayMs - 1_234;
    expect(await ledger.windowCost('account', sinceMs)).toBe(0);
    expect((await ledger.quotaUse(['account'], middayMs)).get('account')?.totalUsd).toBe(0);
    const twice = usageEntry({ bookedAtMs: middayMs, costUsd: 2 });
    await bookAll(ledger, [
      usageEntry({ bookedAtMs: sinceMs - 1, costUsd: 1 }),
      twice,
      twice,
      usageEntry({ bookedAtMs: middayMs - 2 * dayMs, costUsd: 4 }),
      usageEntry({ bookedAtMs: middayMs - 3 * dayMs, costUsd: 8 }),
      usageEntry({ bookedAtMs: middayMs + dayMs, costUsd: 16 }),
    ]);
    const use = { dailyUsd: 3, weeklyUsd: 23, totalUsd: 31 };
    for (const asked of [ledger, open(crashed('crashed.db'))]) {
      expect(await asked.windowCost('account', sinceMs)).toBe(18);
      expect((await asked.quotaUse(['account'], middayMs)).get('account')).toEqual(use);
    }
  });

  it('come along with the leases, each of which stays known whatever its id', async () => {
    const ids = ['l1\ue000', 'l1\ud83d\udc1f', 'l1z', 'L', 'l10000000a', 'é', '~', ' '].flatMap((start) =>
      Array.from({ length: 300 }, (_, index) => `${start}${(index * 7_919) % 300}`),
    );
    const half = ids.filter((_, index) => index % 2 === 0);
    const entryOf = (leaseId: string) => usageEntry({ leaseId, bookedAtMs: middayMs });
    const ledger = open();
    await bookAll(ledger, half.map(entryOf));
    // Reaches the turn in which sums and leases follow.
    await bookAll(ledger, [usageEntry({ bookedAtMs: middayMs })]);
    for (const asked of [open(crashed('crashed.db')), ledger]) {
      const results = await bookAll(asked, ids.map(entryOf));
      expect(results).toEqual(ids.map((_, index) => (index % 2 === 0 ? 'duplicate' : 'booked')));
      expect(await asked.windowCost('account', 0)).toBe(2_401);
    }
    await ledger.close();
    const reopened = open();
    expect(new Set(await bookAll(reopened, ids.map(entryOf)))).toEqual(new Set(['duplicate']));
  });

  it('are given out as they were, whatever is booked afterwards', async () => {
    const ledger = open();
    await ledger.quotaUse(['account'], middayMs);
    const before = (await ledger.quotaUse(['account'], middayMs)).get('account');
    await ledger.book(usageEntry({ bookedAtMs: middayMs }));
    expect(before).toEqual({ dailyUsd: 0, weeklyUsd: 0, totalUsd: 0 });
  });

  it('stay exact for more accounts than are kept in memory', async () => {
    const ledger = open();
    const ids = Array.from({ length: 20_000 }, (_, index) => `account-${index}`);
    await ledger.windowCosts(ids, 0);
    await ledger.quotaUse(ids, middayMs);
    await bookAll(
      ledger,
      ids.map((accountId, index) => usageEntry({ accountId, bookedAtMs: middayMs, costUsd: index })),
    );
    const costs = await ledger.windowCosts(ids, 0);
    const uses = await ledger.quotaUse(ids, middayMs);
    expect(ids.filter((id, index) => costs.get(id) !== index || uses.get(id)?.dailyUsd !== index)).toEqual(
      [],
    );
  });

  it('are all in its tables once it is closed, for people to look at', async () => {
    const ledger = open();
    await bookAll(ledger, [
      usageEntry({ bookedAtMs: middayMs, costUsd: 1 }),
      usageEntry({ bookedAtMs: middayMs + minuteMs, costUsd: 2 }),
      usageEntry({ bookedAtMs: middayMs + hourMs, costUsd: 4 }),
    ]);
    await ledger.close();
    const minute = middayMs / minuteMs;
    expect(rowsOf('SELECT minute, cost_usd FROM minute_cost')).toEqual([
      [minute, 1],
      [minute + 1, 2],
      [minute + 60, 4],
    ]);
    expect(rowsOf('SELECT hour, cost_usd FROM hour_cost')).toEqual([
      [minute / 60, 3],
      [minute / 60 + 1, 4],
    ]);
    expect(rowsOf('SELECT day, account_id, cost_usd FROM daily_cost')).toEqual([
      [Math.floor(middayMs / dayMs), 'account', 7],
    ]);
    expect(rowsOf('SELECT account_id, cost_usd FROM total_cost')).toEqual([['account', 7]]);
    expect(recentMinutes(file.path)).toEqual([]);
  });

  it('count rows whose ids were given out before', async () => {
    const first = open();
    await bookAll(first, [usageEntry({ costUsd: 1 }), usageEntry({ costUsd: 2 })]);
    await first.close();
    const database = new DatabaseSync(file.path);
    database.exec('DELETE FROM usage');
    database.close();
    const second = open();
    await second.book(usageEntry({ costUsd: 4 }));
    expect((await second.quotaUse(['account'], middayMs)).get('account')?.totalUsd).toBe(7);
    expect(await second.windowCost('account', middayMs - 1)).toBe(7);
  });
});
