import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteLedger } from '../../src/adapters/sqlite/ledger.ts';
import { openLedgerFile } from '../../src/adapters/sqlite/ledger-file.ts';
import { SpoolFile } from '../../src/adapters/sqlite/spool-file.ts';
import { SpooledLedger } from '../../src/adapters/sqlite/spooled-ledger.ts';
import { LedgerError } from '../../src/ports/ledger.ts';
import { type ManualClock, manualClock, settled } from '../support/manual-clock.ts';
import { type FakeTarget, fakeTarget } from '../support/spool-targets.ts';
import { usageEntry } from '../support/usage-entries.ts';

describe("a spool's file", () => {
  let directory: string;
  let path: string;
  let clock: ManualClock;
  let target: FakeTarget;
  let database: DatabaseSync;
  let ledger: SpooledLedger;
  let lines: string[];
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'remora-spool-'));
    path = join(directory, 'spool.db');
    clock = manualClock();
    target = fakeTarget();
    lines = [];
    open();
  });
  afterEach(async () => {
    target.reachable = true;
    await ledger.close();
    rmSync(directory, { recursive: true });
  });

  function open(): void {
    database = openLedgerFile(path);
    const at = (level: string) => (_fields: Record<string, unknown>, message: string) =>
      void lines.push(`${level} ${message}`);
    ledger = new SpooledLedger(new SpoolFile(database), {
      ...{ path, target, clock, random: () => 1 },
      log: { info: at('info'), warn: at('warn'), error: at('error') },
    });
  }

  const bookMany = (count: number) =>
    Promise.all(Array.from({ length: count }, () => ledger.book(usageEntry())));

  /** Lets time pass until what can be sent has been. */
  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 50) {
      clock.advance(50);
      await settled();
      await settled();
    }
  }

  it('holds what is booked until the shared store has it, in batches of what comes in meanwhile', async () => {
    await pass(50);
    await bookMany(3);
    await bookMany(2);
    expect(ledger.spooled()).toBe(5);
    await pass(250);
    expect(ledger.spooled()).toBe(0);
    expect(target.batches).toEqual([5]);
  });

  it('is emptied by full batches, one right after the other', async () => {
    await pass(50);
    await bookMany(3_500);
    await pass(600);
    expect(ledger.spooled()).toBe(0);
    expect(target.batches).toEqual(Array.from({ length: 7 }, () => 500));
  });

  it('is tried again after 0.25, 0.5, 1, 2, 4 and then every 5 s while the store is away', async () => {
    target.reachable = false;
    await bookMany(1);
    const attempts: number[] = [];
    const startMs = clock.now();
    let seen = target.attempts;
    for (let second = 0; second < 400; second += 1) {
      await pass(50);
      if (target.attempts > seen) attempts.push(clock.now() - startMs);
      seen = target.attempts;
    }
    const waits = attempts.map((atMs, index) => atMs - (attempts[index - 1] ?? 0));
    expect(waits.slice(1)).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
    expect(lines).toEqual(['warn the shared ledger does not take usage: it waits in the spool']);
  });

  it('sets aside what the store refuses, loudly, and sends the rest', async () => {
    target.refused.add('bad-1').add('bad-2');
    const ids = Array.from({ length: 50 }, (_, index) =>
      index === 13 ? 'bad-1' : index === 37 ? 'bad-2' : `good-${index}`,
    );
    await Promise.all(ids.map((leaseId) => ledger.book(usageEntry({ leaseId }))));
    await pass(20_000);
    expect(ledger.spooled()).toBe(0);
    expect([...target.booked.keys()].sort()).toEqual(ids.filter((id) => id.startsWith('good')).sort());
    const rows = database.prepare('SELECT lease_id, reason FROM spool_refused').all();
    expect(rows.map((row) => ({ ...row }))).toEqual([
      { lease_id: 'bad-1', reason: 'refused bad-1' },
      { lease_id: 'bad-2', reason: 'refused bad-2' },
    ]);
    expect(lines.filter((line) => line.startsWith('error the shared ledger refuses a booking'))).toHaveLength(
      2,
    );
    expect(await ledger.book(usageEntry({ leaseId: 'bad-1' }))).toBe('duplicate');
  });

  it('that is full rejects bookings, says so in its health, and takes them again when there is room', async () => {
    target.reachable = false;
    const size = database.prepare('PRAGMA page_count').get()?.page_count;
    database.exec(`PRAGMA max_page_count = ${Number(size) + 10}`);
    let booked = 0;
    while (ledger.health().ok) {
      const results = await Promise.allSettled(
        Array.from({ length: 10 }, () => ledger.book(usageEntry({ model: 'm'.repeat(200) }))),
      );
      booked += results.filter(({ status }) => status === 'fulfilled').length;
    }
    await expect(ledger.book(usageEntry({ model: 'm'.repeat(40_000) }))).rejects.toThrow(LedgerError);
    expect(ledger.health()).toEqual({
      ok: false,
      reason: expect.stringContaining('database or disk is full'),
    });
    expect(ledger.spooled()).toBe(booked);
    database.exec('PRAGMA max_page_count = 1000000');
    clock.advance(1_000);
    expect(ledger.health()).toMatchObject({ ok: true });
    target.reachable = true;
    await pass(6_000);
    expect(target.booked.size).toBe(booked);
  });

  it('that can not note what was sent says so, and sends it again', async () => {
    await pass(50);
    await bookMany(3);
    database.exec('PRAGMA query_only = 1');
    await pass(250);
    expect(target.booked.size).toBe(3);
    expect(ledger.health()).toEqual({ ok: false, reason: expect.stringContaining('readonly') });
    database.exec('PRAGMA query_only = 0');
    await pass(2_000);
    expect(ledger.spooled()).toBe(0);
    expect(ledger.health()).toEqual({ ok: true });
    expect(target.booked.size).toBe(3);
  });

  it('forgets leases only long after they were sent', async () => {
    await ledger.book(usageEntry({ leaseId: 'first' }));
    await bookMany(19_000);
    await pass(3_000);
    expect(await ledger.book(usageEntry({ leaseId: 'first' }))).toBe('duplicate');
    await bookMany(3_000);
    await pass(1_000);
    const rows = () => Number(database.prepare('SELECT count(*) AS rows FROM spool').get()?.rows);
    expect(ledger.spooled()).toBe(0);
    expect(rows()).toBeLessThanOrEqual(21_000);
    expect(await ledger.book(usageEntry({ leaseId: 'first' }))).toBe('booked');
  });

  it('takes usage along that was booked in the file before there was a shared store', async () => {
    await ledger.close();
    const alone = openSqliteLedger({ path, clock });
    await alone.book(usageEntry({ leaseId: 'before', costUsd: 4 }));
    await alone.close();
    open();
    expect(ledger.spooled()).toBe(1);
    await pass(250);
    expect(target.booked.get('before')?.costUsd).toBe(4);
    expect(await ledger.book(usageEntry({ leaseId: 'before' }))).toBe('duplicate');
  });

  it('takes along what a process booked that died in its minute, and leaves no sum of it behind', async () => {
    await ledger.close();
    const died = join(directory, 'died.db');
    const alone = openSqliteLedger({ path, clock });
    await Promise.all(Array.from({ length: 1_000 }, () => alone.book(usageEntry())));
    // Reaches the turn in which they become recent sums.
    await alone.book(usageEntry());
    cpSync(path, died);
    cpSync(`${path}-wal`, `${died}-wal`);
    await alone.close();
    path = died;
    open();
    expect(ledger.spooled()).toBe(1_001);
    await ledger.close();
    const aloneAgain = openSqliteLedger({ path, clock });
    expect(await aloneAgain.windowCost('account', 0)).toBe(0);
    const use = await aloneAgain.quotaUse(['account'], usageEntry().bookedAtMs);
    expect(use.get('account')).toEqual({ dailyUsd: 0, weeklyUsd: 0, totalUsd: 0 });
    await aloneAgain.close();
    open();
  });
});
