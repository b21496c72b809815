import type { QuotaUse } from '../../ports/ledger.ts';

/** A row of a sum; `position` is its account's place among those asked for. */
type SumRow = Record<string, unknown>;

/** Costs in USD by account. */
export function costsOf(rows: Iterable<SumRow>, accountIds: readonly string[]): Map<string, number> {
  const costs = new Map<string, number>();
  for (const row of rows) costs.set(accountIds[Number(row.position)]!, Number(row.cost_usd));
  return costs;
}

/** Quota use by account. */
export function quotaUsesOf(rows: Iterable<SumRow>, accountIds: readonly string[]): Map<string, QuotaUse> {
  const uses = new Map<string, QuotaUse>();
  for (const row of rows) {
    uses.set(accountIds[Number(row.position)]!, {
      dailyUsd: Number(row.daily_usd),
      weeklyUsd: Number(row.weekly_usd),
      totalUsd: Number(row.total_usd),
    });
  }
  return uses;
}
