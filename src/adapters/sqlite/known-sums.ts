import { mondayOf, utcDay } from '../../ports/calendar.ts';
import type { QuotaUse, UsageEntry } from '../../ports/ledger.ts';

/** Accounts whose sums are kept at most; of more, those asked for first are read from the file again. About 2 MB when full. */
const maxAccounts = 16_384;

interface KnownWindow {
  readonly sinceMs: number;
  costUsd: number;
}

interface KnownQuota {
  readonly day: number;
  readonly monday: number;
  dailyUsd: number;
  weeklyUsd: number;
  totalUsd: number;
}

/**
 * Sums that were read once and are kept up since with each booking: of an account the window and the day last asked for. Nobody
 * else books into the file, so they stay exact.
 */
export class KnownSums {
  readonly #windows = new Map<string, KnownWindow>();
  readonly #quotas = new Map<string, KnownQuota>();

  /** Adds a booking that was committed, and is in no sum read before. */
  add({ accountId, bookedAtMs, costUsd }: UsageEntry): void {
    const window = this.#windows.get(accountId);
    if (window !== undefined && bookedAtMs >= window.sinceMs) window.costUsd += costUsd;
    const quota = this.#quotas.get(accountId);
    if (quota === undefined) return;
    const day = utcDay(bookedAtMs);
    if (day === quota.day) quota.dailyUsd += costUsd;
    if (day >= quota.monday && day < quota.monday + 7) quota.weeklyUsd += costUsd;
    quota.totalUsd += costUsd;
  }

  windowCost(accountId: string, sinceMs: number): number | undefined {
    const window = this.#windows.get(accountId);
    return window?.sinceMs === sinceMs ? window.costUsd : undefined;
  }

  keepWindowCost(accountId: string, sinceMs: number, costUsd: number): void {
    keep(this.#windows, accountId, { sinceMs, costUsd });
  }

  quotaUse(accountId: string, day: number): QuotaUse | undefined {
    const quota = this.#quotas.get(accountId);
    if (quota?.day !== day) return undefined;
    const { dailyUsd, weeklyUsd, totalUsd } = quota;
    return { dailyUsd, weeklyUsd, totalUsd };
  }

  keepQuotaUse(accountId: string, day: number, use: QuotaUse): void {
    keep(this.#quotas, accountId, { day, monday: mondayOf(day), ...use });
  }
}

function keep<Value>(sums: Map<string, Value>, accountId: string, value: Value): void {
  sums.set(accountId, value);
  if (sums.size <= maxAccounts) return;
  for (const first of sums.keys()) {
    sums.delete(first);
    return;
  }
}
