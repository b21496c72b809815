import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Checkpoints } from '../../../../src/adapters/sqlite/checkpoints.ts';
import { openLedgerFile } from '../../../../src/adapters/sqlite/ledger-file.ts';

describe("checkpoints of a ledger's file", () => {
  let directory: string;
  let path: string;
  let database: DatabaseSync;
  let checkpoints: Checkpoints;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'remora-ledger-'));
    path = join(directory, 'ledger.db');
    database = openLedgerFile(path);
    database.exec('PRAGMA wal_autocheckpoint = 0');
    checkpoints = new Checkpoints(database);
  });
  afterEach(async () => {
    await checkpoints.stop();
    if (database.isOpen) database.close();
    rmSync(directory, { recursive: true });
  });

  function writePages(pages: number): void {
    database.prepare('INSERT INTO write_check (filler) VALUES (zeroblob(?))').run(pages * 4096);
  }

  /** Pages of the WAL that are not in the file. */
  function pagesLeft(): number {
    const row = database.prepare('PRAGMA wal_checkpoint(NOOP)').get();
    return Number(row?.log) - Number(row?.checkpointed);
  }

  it('move a WAL that is worth it into the file, after the turn they began in', async () => {
    writePages(2_100);
    checkpoints.consider();
    expect(pagesLeft()).toBeGreaterThan(2_000);
    await checkpoints.settled();
    expect(pagesLeft()).toBe(0);
    expect(statSync(path).size).toBeGreaterThan(2_000 * 4096);
  });

  it('take along what is written while the WAL is being synced', async () => {
    writePages(2_100);
    checkpoints.consider();
    writePages(100);
    await checkpoints.settled();
    expect(pagesLeft()).toBe(0);
  });

  it('leave a short WAL for later', async () => {
    writePages(1_000);
    checkpoints.consider();
    await checkpoints.settled();
    expect(pagesLeft()).toBeGreaterThan(1_000);
    writePages(1_000);
    checkpoints.consider();
    await checkpoints.settled();
    expect(pagesLeft()).toBe(0);
  });

  it('are made where the WAL cannot be synced beforehand', async () => {
    writePages(2_100);
    rmSync(`${path}-wal`);
    checkpoints.consider();
    await checkpoints.settled();
    expect(pagesLeft()).toBe(0);
  });

  it('are made again where one failed', async () => {
    writePages(2_100);
    checkpoints.consider();
    // SQLite makes none within a transaction.
    database.exec('BEGIN IMMEDIATE');
    await checkpoints.settled();
    database.exec('ROLLBACK');
    expect(pagesLeft()).toBeGreaterThan(2_000);
    checkpoints.consider();
    await checkpoints.settled();
    expect(pagesLeft()).toBe(0);
  });

  it('touch nothing once stopped, also where one is on its way', async () => {
    writePages(2_100);
    checkpoints.consider();
    const stopped = checkpoints.stop();
    checkpoints.consider();
    await stopped;
    expect(pagesLeft()).toBeGreaterThan(2_000);
    database.close();
    checkpoints.consider();
    await checkpoints.settled();
  });
});
