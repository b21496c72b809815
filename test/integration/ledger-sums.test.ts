import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteLedger } from '../../src/adapters/sqlite/ledger.ts';
import { sqlDirectory } from '../../src/adapters/sqlite/sql-text.ts';
import { systemClock } from '../../src/ports/clock.ts';
import type { Ledger, UsageEntry } from '../../src/ports/ledger.ts';
import { usageEntry } from '../support/usage-entries.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** A Wednesday. */
const middayMs = Date.UTC(2026, 0, 14, 12);

describe("the sums in a ledger's file", () => {
  let directory: string;
  let path: string;
  const opened: Ledger[] = [];
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'remora-ledger-'));
    path = join(directory, 'remora.db');
  });
  afterEach(async () => {
    for (const ledger of opened.splice(0)) await ledger.close();
    rmSync(directory, { recursive: true });
  });

  function open(file = path): Ledger {
    const ledger = openSqliteLedger({ path: file, clock: systemClock });
    opened.push(ledger);
    return ledger;
  }

  /** What the disk would hold if the process died now. */
  function crashed(name: string): string {
    const copy = join(directory, name);
    cpSync(path, copy);
    cpSync(`${path}-wal`, `${copy}-wal`);
    return copy;
  }

  const bookAll = (ledger: Ledger, entries: readonly UsageEntry[]) =>
    Promise.all(entries.map((entry) => ledger.book(entry)));

  /** A row of one of the file's tables for each key; only while no ledger has it open. */
  function rowsOf(sql: string): unknown[][] {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      return database.prepare(sql).all().map(Object.values);
    } finally {
      database.close();
    }
  }

  /** The minutes whose sums are recent ones in a file that no ledger has open. */
  function recentMinutes(file: string): unknown[] {
    const database = new DatabaseSync(file);
    try {
      const rows = database.prepare('SELECT DISTINCT minute FROM recent_cost ORDER BY minute').all();
      return rows.map(({ minute }) => minute);
    } finally {
      database.close();
    }
  }

  /** `rounds` of 700 entries, of which some fall late, over three accounts and a few days, at any millisecond. */
  function usageOfDays(rounds: number): UsageEntry[][] {
    let seed = 7;
    const next = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    return Array.from({ length: rounds }, (_, round) =>
      Array.from({ length: 700 }, () => {
        const lateMs = next(10) === 0 ? next(3 * dayMs) : next(40 * minuteMs);
        const bookedAtMs = middayMs + round * 9 * hourMs - lateMs;
        return usageEntry({ accountId: `account-${next(3)}`, bookedAtMs, costUsd: 1 + next(100) });
      }),
    );
  }

  const accountIds = ['account-0', 'account-1', 'account-2', 'nobody'];

  async function expectExact(ledger: Ledger, booked: readonly UsageEntry[], nowMs: number): Promise<void> {
    const sum = (accountId: string, fromMs: number, toMs = Number.POSITIVE_INFINITY) =>
      booked
        .filter((e) => e.accountId === accountId && e.bookedAtMs >= fromMs && e.bookedAtMs < toMs)
        .reduce((total, e) => total + e.costUsd, 0);
    const boundaries = [
      0,
      nowMs - (nowMs % hourMs),
      nowMs - 5 * hourMs,
      nowMs - (nowMs % dayMs),
      nowMs - 3 * dayMs,
    ];
    const inside = [nowMs - 7 * minuteMs - 1, nowMs - 5 * hourMs - 12_345, nowMs - 2 * dayMs - 7_654_321];
    for (const sinceMs of [...boundaries, ...inside, nowMs + 10 * dayMs]) {
      const expected = new Map(accountIds.map((id) => [id, sum(id, sinceMs)] as const));
      expect(await ledger.windowCosts(accountIds, sinceMs), `since ${sinceMs}`).toEqual(expected);
      expect(await ledger.windowCost('account-1', sinceMs)).toBe(expected.get('account-1'));
    }
    const midnightMs = nowMs - (nowMs % dayMs);
    const mondayMs = midnightMs - ((new Date(nowMs).getUTCDay() + 6) % 7) * dayMs;
    const quotas = await ledger.quotaUse(accountIds, nowMs);
    for (const id of accountIds) {
      expect(quotas.get(id)).toEqual({
        dailyUsd: sum(id, midnightMs, midnightMs + dayMs),
        weeklyUsd: sum(id, mondayMs, mondayMs + 7 * dayMs),
        totalUsd: sum(id, 0),
      });
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
        path = copy;
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
    expect(recentMinutes(path)).toEqual([]);
  });

  it('count rows whose ids were given out before', async () => {
    const first = open();
    await bookAll(first, [usageEntry({ costUsd: 1 }), usageEntry({ costUsd: 2 })]);
    await first.close();
    const database = new DatabaseSync(path);
    database.exec('DELETE FROM usage');
    database.close();
    const second = open();
    await second.book(usageEntry({ costUsd: 4 }));
    expect((await second.quotaUse(['account'], middayMs)).get('account')?.totalUsd).toBe(7);
    expect(await second.windowCost('account', middayMs - 1)).toBe(7);
  });

  describe('of a file that an older version wrote', () => {
    function makeOlder(entries: readonly UsageEntry[]): void {
      const database = new DatabaseSync(path);
      const migrations = join(sqlDirectory, 'migrations');
      for (const name of readdirSync(migrations).sort().slice(0, 2)) {
        database.exec(readFileSync(join(migrations, name), 'utf8'));
      }
      database.exec('PRAGMA application_id = 0x72656d6f; PRAGMA user_version = 2; PRAGMA synchronous = OFF');
      const insert = database.prepare(
        `INSERT INTO usage (lease_id, account_id, group_id, model, booked_at_ms, input_tokens, output_tokens,
          cache_read_tokens, cache_creation_tokens, cost_usd) VALUES (?, ?, 'g', 'm', ?, 1, 2, 3, 4, ?)`,
      );
      const daily = database.prepare(
        `INSERT INTO daily_cost (account_id, day, cost_usd) VALUES (?1, ?2, ?3)
          ON CONFLICT DO UPDATE SET cost_usd = cost_usd + ?3`,
      );
      const total = database.prepare(
        'INSERT INTO total_cost (account_id, cost_usd) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET cost_usd = cost_usd + ?2',
      );
      for (const { leaseId, accountId, bookedAtMs, costUsd } of entries) {
        insert.run(leaseId, accountId, bookedAtMs, costUsd);
        daily.run(accountId, Math.floor(bookedAtMs / dayMs), costUsd);
        total.run(accountId, costUsd);
      }
      database.close();
    }

    it('are those of its rows, and go on from there', async () => {
      const [before = [], after = []] = usageOfDays(2);
      makeOlder(before);
      const ledger = open();
      await expectExact(ledger, before, middayMs);
      expect(new Set(await bookAll(ledger, before))).toEqual(new Set(['duplicate']));
      await bookAll(ledger, after);
      await expectExact(ledger, [...before, ...after], middayMs + 9 * hourMs);
      await ledger.close();
      await expectExact(open(), [...before, ...after], middayMs + 9 * hourMs);
    });

    it('are those of the version before this one, whose process died before its sums had come to all rows', async () => {
      const [before = [], waiting = [], after = []] = usageOfDays(3);
      const older = open();
      await bookAll(older, before);
      await older.close();
      const database = new DatabaseSync(path);
      database.exec('DROP TABLE recent_cost; PRAGMA user_version = 4; PRAGMA synchronous = OFF');
      const insert = database.prepare(
        `INSERT INTO usage (lease_id, account_id, group_id, model, booked_at_ms, input_tokens, output_tokens,
          cache_read_tokens, cache_creation_tokens, cost_usd) VALUES (?, ?, 'g', 'm', ?, 1, 2, 3, 4, ?)`,
      );
      for (const { leaseId, accountId, bookedAtMs, costUsd } of waiting) {
        insert.run(leaseId, accountId, bookedAtMs, costUsd);
      }
      database.close();
      const ledger = open();
      await expectExact(ledger, [...before, ...waiting], middayMs + 9 * hourMs);
      expect(new Set(await bookAll(ledger, [...before, ...waiting]))).toEqual(new Set(['duplicate']));
      await bookAll(ledger, after);
      await expectExact(ledger, [...before, ...waiting, ...after], middayMs + 18 * hourMs);
      await ledger.close();
      await expectExact(open(), [...before, ...waiting, ...after], middayMs + 18 * hourMs);
    });

    it('keep the days and totals of rows that are gone', async () => {
      makeOlder([usageEntry({ bookedAtMs: middayMs, costUsd: 8 })]);
      const database = new DatabaseSync(path);
      database.exec('DELETE FROM usage');
      database.close();
      const use = await open().quotaUse(['account'], middayMs);
      expect(use.get('account')).toEqual({ dailyUsd: 8, weeklyUsd: 8, totalUsd: 8 });
    });

    it('are made where it holds nothing', async () => {
      makeOlder([]);
      const ledger = open();
      await ledger.book(usageEntry({ costUsd: 3 }));
      expect(await ledger.windowCost('account', 0)).toBe(3);
    });
  });
});
