import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqliteLedger } from '../../src/adapters/sqlite/ledger.ts';
import { openLedgerFile } from '../../src/adapters/sqlite/ledger-file.ts';
import { LedgerError } from '../../src/ports/ledger.ts';
import { usageEntry } from '../support/usage-entries.ts';

describe('a ledger whose disk is full', () => {
  let directory: string;
  let path: string;
  let database: DatabaseSync;
  let ledger: SqliteLedger;
  let booked: number;
  const writes: [string, number][] = [];
  /** Retries the ledger has asked its clock for and not called off. */
  const retries = new Set<{ readonly delayMs: number; readonly run: () => void }>();
  const clock = {
    now: () => 0,
    schedule(delayMs: number, run: () => void) {
      const retry = { delayMs, run };
      retries.add(retry);
      return { cancel: () => void retries.delete(retry) };
    },
  };

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'remora-ledger-'));
    path = join(directory, 'remora.db');
    database = openLedgerFile(path);
    writes.length = 0;
    retries.clear();
    ledger = new SqliteLedger(database, {
      path,
      clock,
      onWrite: (result, count) => writes.push([result, count]),
    });
    booked = 0;
    await fillUp();
  });
  afterEach(async () => {
    await ledger.close();
    rmSync(directory, { recursive: true });
  });

  const bookMany = (count: number) =>
    Promise.allSettled(
      Array.from({ length: count }, () => ledger.book(usageEntry({ model: 'm'.repeat(200) }))),
    );

  /** Lets the file grow no further, the way SQLite itself reports a full disk, and books until that shows. */
  async function fillUp(): Promise<void> {
    const size = database.prepare('PRAGMA page_count').get()?.page_count;
    database.exec(`PRAGMA max_page_count = ${Number(size) + 10}`);
    while (ledger.health().ok) {
      const results = await bookMany(10);
      booked += results.filter(({ status }) => status === 'fulfilled').length;
      expect(booked).toBeLessThan(10_000);
    }
  }

  const makeRoom = () => database.exec('PRAGMA max_page_count = 1000000');

  function retry(): void {
    for (const due of [...retries]) {
      retries.delete(due);
      due.run();
    }
  }

  it('rejects bookings with a LedgerError that names the file, and says so in its health', async () => {
    const [result] = await bookMany(100);
    const message = `the ledger ${path} failed writing: database or disk is full`;
    expect(result).toMatchObject({ status: 'rejected', reason: new LedgerError(message) });
    expect(ledger.health()).toEqual({ ok: false, reason: message });
    expect(writes.at(-1)).toEqual(['error', 100]);
  });

  it('keeps exactly what it answered, and goes on answering questions', async () => {
    await bookMany(100);
    expect(booked).toBeGreaterThan(0);
    expect(await ledger.windowCost('account', 0)).toBe(booked);
    const use = await ledger.quotaUse(['account'], usageEntry().bookedAtMs);
    expect(use.get('account')).toEqual({ dailyUsd: booked, weeklyUsd: booked, totalUsd: booked });
  });

  it('is well again with the first booking that works', async () => {
    makeRoom();
    expect(ledger.health()).toMatchObject({ ok: false });
    expect((await bookMany(100)).every(({ status }) => status === 'fulfilled')).toBe(true);
    expect(ledger.health()).toEqual({ ok: true });
    expect(retries.size).toBe(0);
    expect(writes.at(-1)).toEqual(['booked', 100]);
    expect(await ledger.windowCost('account', 0)).toBe(booked + 100);
  });

  it('books what it had to refuse once there is room, as new', async () => {
    const entries = Array.from({ length: 40 }, () => usageEntry({ model: 'm'.repeat(4_000) }));
    const bookAll = async () => {
      const settled = await Promise.allSettled(entries.map((entry) => ledger.book(entry)));
      return new Set(settled.map((result) => (result.status === 'fulfilled' ? result.value : 'rejected')));
    };
    expect(await bookAll()).toEqual(new Set(['rejected']));
    makeRoom();
    expect(await bookAll()).toEqual(new Set(['booked']));
    expect(await bookAll()).toEqual(new Set(['duplicate']));
    expect(await ledger.windowCost('account', 0)).toBe(booked + 40);
  });

  it('tries by itself every second, and is well again without a booking', async () => {
    expect([...retries].map(({ delayMs }) => delayMs)).toEqual([1_000]);
    retry();
    expect(ledger.health()).toMatchObject({ ok: false });
    expect(retries.size).toBe(1);
    makeRoom();
    retry();
    expect(ledger.health()).toEqual({ ok: true });
    expect(retries.size).toBe(0);
    expect(await ledger.windowCost('account', 0)).toBe(booked);
  });

  it('can be closed, and tries no more then', async () => {
    const pending = bookMany(100);
    await ledger.close();
    expect((await pending).every(({ status }) => status === 'rejected')).toBe(true);
    expect(retries.size).toBe(0);
  });
});
