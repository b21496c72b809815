import type { QuotaCache } from '../../ports/quota-cache.ts';
import type { WindowCostCache } from '../../ports/window-cost-cache.ts';
import type { AccountSpend } from './account-spend.ts';

type SpendOf = (accountId: string) => AccountSpend;

export interface SpendCachesOptions {
  readonly spendOf: SpendOf;
  /** How long a figure read from the ledger is trusted. */
  readonly ttlMs: number;
}

/** As many figures as are read anew at once. Each time a selection walks over the pool, so they are not fewer. */
const atOnce = 256;

/**
 * When the figure counts as read. What many accounts have in common, such as the start, is also when all would be read anew: with 10,000 of
 * them everything stood still for 0.2 s every half minute. So some are trusted for less, down to half the time.
 */
function readAtMs(index: number, count: number, { nowMs, ttlMs }: { nowMs: number; ttlMs: number }): number {
  const steps = Math.ceil(count / atOnce);
  return nowMs - (Math.floor(index / atOnce) / steps) * (ttlMs / 2);
}

/** Window costs as the prefetch reads and fills them; a reading's token is the account's count of bookings. */
export function createWindowCostCache({ spendOf, ttlMs }: SpendCachesOptions): WindowCostCache {
  return {
    read: async (keys, nowMs) =>
      keys.map(({ accountId, windowStartMs }) => {
        const spend = spendOf(accountId);
        return { costUsd: spend.windowCost(windowStartMs, nowMs), token: spend.bookings };
      }),
    fill: async (entries, nowMs) => {
      for (const [index, { accountId, windowStartMs, costUsd, token }] of entries.entries()) {
        const atMs = readAtMs(index, entries.length, { nowMs, ttlMs });
        spendOf(accountId).fillWindow(windowStartMs, costUsd, token, atMs);
      }
    },
  };
}

/** Quota use, in the same way. */
export function createQuotaCache({ spendOf, ttlMs }: SpendCachesOptions): QuotaCache {
  return {
    read: async (accountIds, nowMs) =>
      accountIds.map((accountId) => {
        const spend = spendOf(accountId);
        return { use: spend.quotaUse(nowMs), token: spend.bookings };
      }),
    fill: async (entries, nowMs) => {
      for (const [index, { accountId, use, token }] of entries.entries())
        spendOf(accountId).fillQuota(use, token, nowMs, readAtMs(index, entries.length, { nowMs, ttlMs }));
    },
  };
}
