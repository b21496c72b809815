import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { openSqliteLedger } from '../../src/adapters/sqlite/ledger.ts';
import { systemClock } from '../../src/ports/clock.ts';
import type { Ledger, UsageEntry } from '../../src/ports/ledger.ts';
import { usageEntry } from './usage-entries.ts';

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;
/** A Wednesday. */
export const middayMs = Date.UTC(2026, 0, 14, 12);

/** A ledger's file, new for each test of the suite that asks for it. */
export interface LedgerFile {
  /** Where it is; may be turned to another file of the test's. */
  path: string;
  /** Opens a ledger, this file's unless said otherwise; it is closed when the test ends. */
  open(path?: string): Ledger;
  /** What the disk would hold if the process died now. */
  crashed(name: string): string;
}

/** To be called where tests are declared. */
export function ledgerFile(): LedgerFile {
  let directory = '';
  const opened: Ledger[] = [];
  const file: LedgerFile = {
    path: '',
    open(path = file.path) {
      const ledger = openSqliteLedger({ path, clock: systemClock });
      opened.push(ledger);
      return ledger;
    },
    crashed(name) {
      const copy = join(directory, name);
      cpSync(file.path, copy);
      cpSync(`${file.path}-wal`, `${copy}-wal`);
      return copy;
    },
  };
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'remora-ledger-'));
    file.path = join(directory, 'remora.db');
  });
  afterEach(async () => {
    for (const ledger of opened.splice(0)) await ledger.close();
    rmSync(directory, { recursive: true });
  });
  return file;
}

export function bookAll(ledger: Ledger, entries: readonly UsageEntry[]): Promise<('booked' | 'duplicate')[]> {
  return Promise.all(entries.map((entry) => ledger.book(entry)));
}

/** `rounds` of 700 entries, of which some fall late, over three accounts and a few days, at any millisecond. */
export function usageOfDays(rounds: number): UsageEntry[][] {
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

/** Holds the ledger's sums, of windows from any millisecond and of quotas, against those of all that was booked. */
export async function expectExact(
  ledger: Ledger,
  booked: readonly UsageEntry[],
  nowMs: number,
): Promise<void> {
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
