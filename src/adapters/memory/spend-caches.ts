import type { QuotaCache } from '../../ports/quota-cache.ts';
import type { WindowCostCache } from '../../ports/window-cost-cache.ts';
import type { AccountSpend } from './account-spend.ts';

type SpendOf = (accountId: string) => AccountSpend;

/** Window costs as the prefetch reads and fills them; a reading's token is the account's count of bookings. */
export function createWindowCostCache(spendOf: SpendOf): WindowCostCache {
  return {
    read: async (keys, nowMs) =>
      keys.map(({ accountId, windowStartMs }) => {
        const spend = spendOf(accountId);
        return { costUsd: spend.windowCost(windowStartMs, nowMs), token: spend.bookings };
      }),
    fill: async (entries, nowMs) => {
      for (const { accountId, windowStartMs, costUsd, token } of entries)
        spendOf(accountId).fillWindow(windowStartMs, costUsd, token, nowMs);
    },
  };
}

/** Quota use, in the same way. */
export function createQuotaCache(spendOf: SpendOf): QuotaCache {
  return {
    read: async (accountIds, nowMs) =>
      accountIds.map((accountId) => {
        const spend = spendOf(accountId);
        return { use: spend.quotaUse(nowMs), token: spend.bookings };
      }),
    fill: async (entries, nowMs) => {
      for (const { accountId, use, token } of entries) spendOf(accountId).fillQuota(use, token, nowMs);
    },
  };
}
