import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { mondayOf, utcDay } from '../../ports/calendar.ts';
import type { QuotaUse } from '../../ports/ledger.ts';
import { sqlText } from './sql-text.ts';

/** Reads sums of costs in USD. Many accounts are one statement: their ids go in as a JSON array, rows come back by place. */
export class UsageSums {
  readonly #windowCost: StatementSync;
  readonly #windowCosts: StatementSync;
  readonly #quotaUse: StatementSync;

  constructor(database: DatabaseSync) {
    this.#windowCost = database.prepare(sqlText('window-cost'));
    this.#windowCosts = database.prepare(sqlText('window-costs'));
    this.#quotaUse = database.prepare(sqlText('quota-use'));
  }

  windowCost(accountId: string, sinceMs: number): number {
    return Number(this.#windowCost.get(accountId, sinceMs)?.cost_usd);
  }

  windowCosts(accountIds: readonly string[], sinceMs: number): Map<string, number> {
    const costs = new Map<string, number>();
    for (const row of this.#windowCosts.iterate(JSON.stringify(accountIds), sinceMs)) {
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
