import type { DatabaseSync } from 'node:sqlite';
import { utcDay } from '../../ports/calendar.ts';
import type { QuotaUse, UsageEntry } from '../../ports/ledger.ts';
import { KnownSums } from './known-sums.ts';
import { SumTables } from './sum-tables.ts';

const unused: QuotaUse = { dailyUsd: 0, weeklyUsd: 0, totalUsd: 0 };

/**
 * Sums of costs in USD: from memory where they were asked for before, else from the file, in one statement for all accounts that
 * are not known.
 */
export class UsageSums {
  readonly #tables: SumTables;
  readonly #known = new KnownSums();

  constructor(database: DatabaseSync) {
    this.#tables = new SumTables(database);
  }

  /** Committed bookings that the file's sums do not hold yet. */
  get waiting(): number {
    return this.#tables.waiting;
  }

  /** To be told of each batch that was committed; `results` says which of its entries were new. */
  committed(entries: readonly UsageEntry[], results: readonly ('booked' | 'duplicate')[]): void {
    for (let index = 0; index < entries.length; index += 1) {
      if (results[index] !== 'booked') continue;
      this.#known.add(entries[index]!);
      this.#tables.booked(entries[index]!);
    }
  }

  /** Takes what waits into the file's sums. Throws SQLite's error where that can't be done; the answers stay right. */
  sumUp(): void {
    this.#tables.sumUp();
  }

  /** Moves some of these sums to where they are found in fewer rows; false where none is left to be moved. Throws SQLite's error. */
  rollUpSome(): boolean {
    return this.#tables.rollUpSome();
  }

  /** Moves all of them. Throws SQLite's error. */
  rollUpAll(): void {
    this.#tables.rollUpAll();
  }

  windowCost(accountId: string, sinceMs: number): number {
    return this.windowCosts([accountId], sinceMs).get(accountId) ?? 0;
  }

  windowCosts(accountIds: readonly string[], sinceMs: number): Map<string, number> {
    const costs = new Map<string, number>();
    const unknown: string[] = [];
    for (const accountId of accountIds) {
      const known = this.#known.windowCost(accountId, sinceMs);
      costs.set(accountId, known ?? 0);
      if (known === undefined) unknown.push(accountId);
    }
    if (unknown.length === 0) return costs;
    for (const [accountId, costUsd] of this.#tables.windowCosts(unknown, sinceMs)) {
      costs.set(accountId, costUsd);
      this.#known.keepWindowCost(accountId, sinceMs, costUsd);
    }
    return costs;
  }

  quotaUse(accountIds: readonly string[], nowMs: number): Map<string, QuotaUse> {
    const day = utcDay(nowMs);
    const uses = new Map<string, QuotaUse>();
    const unknown: string[] = [];
    for (const accountId of accountIds) {
      const known = this.#known.quotaUse(accountId, day);
      uses.set(accountId, known ?? unused);
      if (known === undefined) unknown.push(accountId);
    }
    if (unknown.length === 0) return uses;
    for (const [accountId, use] of this.#tables.quotaUse(unknown, nowMs)) {
      uses.set(accountId, use);
      this.#known.keepQuotaUse(accountId, day, use);
    }
    return uses;
  }
}
