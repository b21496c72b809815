import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { sqlDirectory } from '../../src/adapters/sqlite/sql-text.ts';
import type { UsageEntry } from '../../src/ports/ledger.ts';
import {
  bookAll,
  dayMs,
  expectExact,
  hourMs,
  ledgerFile,
  middayMs,
  usageOfDays,
} from '../support/ledger-file.ts';
import { usageEntry } from '../support/usage-entries.ts';

describe("the sums of a ledger's file that an older version wrote", () => {
  const file = ledgerFile();
  const { open } = file;

  function makeOlder(entries: readonly UsageEntry[]): void {
    const database = new DatabaseSync(file.path);
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
    const database = new DatabaseSync(file.path);
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
    const database = new DatabaseSync(file.path);
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
