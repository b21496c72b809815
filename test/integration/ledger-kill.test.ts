import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteLedger } from '../../src/adapters/sqlite/ledger.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { usageEntry } from '../support/usage-entries.ts';

const booker = join(import.meta.dirname, '../support/ledger-booker.ts');
const accountIds = [0, 1, 2, 3, 4].map((index) => `account-${index}`);

describe('a ledger whose process is killed', () => {
  let directory: string;
  let path: string;
  let child: ChildProcess | undefined;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'remora-ledger-'));
    path = join(directory, 'ledger.db');
  });
  afterEach(async () => {
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(directory, { recursive: true });
  });

  /** Starts a booker, kills it as soon as it has printed so many lease ids, and gives back all it ever printed. */
  async function bookUntilKilled(prefix: string, killAfter: number): Promise<string[]> {
    const running = spawn(process.execPath, [booker, path, prefix], { stdio: ['ignore', 'pipe', 'inherit'] });
    child = running;
    const printed: string[] = [];
    const lines = createInterface({ input: running.stdout }).on('line', (line) => {
      printed.push(line);
      if (printed.length === killAfter) running.kill('SIGKILL');
    });
    await Promise.all([once(running, 'exit'), once(lines, 'close')]);
    expect(running.signalCode, 'the booker ended before it was killed').toBe('SIGKILL');
    return printed;
  }

  it('has booked every lease that was answered, exactly once, however often it happens', async () => {
    const answered: string[] = [];
    for (let round = 0; round < 6; round += 1) {
      const killAfter = 1 + Math.floor(Math.random() * 8_000);
      answered.push(...(await bookUntilKilled(`round-${round}`, killAfter)));

      const ledger = openSqliteLedger({ path, clock: systemClock });
      const again = await Promise.all(
        answered.map((leaseId) => ledger.book(usageEntry({ leaseId, costUsd: 0 }))),
      );
      const lost = answered.filter((_, index) => again[index] !== 'duplicate');
      expect(lost, `killed after ${killAfter} answers`).toEqual([]);
      const windows = await ledger.windowCosts(accountIds, 0);
      const quotas = await ledger.quotaUse(accountIds, usageEntry().bookedAtMs);
      await ledger.close();

      for (const accountId of accountIds) {
        const rows = countRows(path, accountId);
        expect(windows.get(accountId)).toBe(rows);
        expect(quotas.get(accountId)).toEqual({ dailyUsd: rows, weeklyUsd: rows, totalUsd: rows });
      }
    }
    expect(new Set(answered).size).toBe(answered.length);
  });

  it('can be opened at once afterwards, and by nobody else before', async () => {
    const running = spawn(process.execPath, [booker, path, 'first'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child = running;
    await once(running.stdout, 'data');
    running.stdout.resume();
    expect(() => openSqliteLedger({ path, clock: systemClock })).toThrow(
      `the ledger ${path} is in use by another process: stop that one, or give this one a ledger.path of its own`,
    );
    running.kill('SIGKILL');
    await once(running, 'exit');
    const ledger = openSqliteLedger({ path, clock: systemClock });
    expect(await ledger.book(usageEntry({ leaseId: 'first-0' }))).toBe('duplicate');
    await ledger.close();
  });
});

/** The account's rows in the closed file; every one of them costs 1 USD. */
function countRows(path: string, accountId: string): number {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const row = database.prepare('SELECT count(*) AS rows FROM usage WHERE account_id = ?').get(accountId);
    return Number(row?.rows);
  } finally {
    database.close();
  }
}
