import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { mondayOf, utcDay } from '../../ports/calendar.ts';
import type { QuotaUse } from '../../ports/ledger.ts';
import { sqlText } from './sql-text.ts';
import { createTransactions, type InTransaction } from './transaction.ts';

const minuteMs = 60_000;

/**
 * The sums of costs in USD that the file keeps beside usage, by minute, hour, day and for ever. They follow the bookings some way
 * behind: what is asked of them adds the rows they do not hold yet, so every answer is exact, after a crash as well.
 */
export class SumTables {
  readonly #database: DatabaseSync;
  readonly #inTransaction: InTransaction;
  readonly #windowCosts: StatementSync;
  readonly #quotaUse: StatementSync;
  readonly #sumUp = sqlText('sum-up');
  #waiting: number;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#inTransaction = createTransactions(database);
    database.exec(sqlText('sums-begin'));
    this.#waiting = Number(database.prepare(sqlText('sums-waiting')).get()?.waiting);
    this.#windowCosts = database.prepare(sqlText('window-costs'));
    this.#quotaUse = database.prepare(sqlText('quota-use'));
  }

  /** Rows of usage that the sums do not hold yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** To be told of rows that were committed. */
  booked(rows: number): void {
    this.#waiting += rows;
  }

  /** Takes the rows that wait into the sums. Throws SQLite's error where that can't be done; nothing has changed then. */
  sumUp(): void {
    if (this.#waiting === 0) return;
    this.#inTransaction(() => this.#database.exec(this.#sumUp));
    this.#waiting = 0;
  }

  windowCosts(accountIds: readonly string[], sinceMs: number): Map<string, number> {
    const minute = Math.ceil(sinceMs / minuteMs);
    const hour = Math.ceil(minute / 60);
    const day = Math.ceil(hour / 24);
    const costs = new Map<string, number>();
    for (const row of this.#windowCosts.iterate(JSON.stringify(accountIds), sinceMs, minute, hour, day)) {
      costs.set(accountIds[Number(row.position)]!, Number(row.cost_usd));
    }
    return costs;
  }

  quotaUse(accountIds: readonly string[], nowMs: number): Map<string, QuotaUse> {
    const today = utcDay(nowMs);
    const use = new Map<string, QuotaUse>();
    for (const row of this.#quotaUse.iterate(JSON.stringify(accountIds), today, mondayOf(today))) {
      use.set(accountIds[Number(row.position)]!, {
        dailyUsd: Number(row.daily_usd),
        weeklyUsd: Number(row.weekly_usd),
        totalUsd: Number(row.total_usd),
      });
    }
    return use;
  }
}
