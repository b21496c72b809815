import { hasQuota, isSubscription } from '../../catalog/account.ts';
import { nextIsoWeekMs, nextUtcDayMs } from '../../ports/calendar.ts';
import { windowEndMs, windowStandsUntilMs, windowStartMs } from '../figures.ts';
import type { Filter } from './filter.ts';

/** An API key or Bedrock account has spent its quota. What can't be read leaves it open. */
export const quotaExceeded: Filter = {
  verdict: 'QUOTA_EXCEEDED',
  reads: true,
  concerns: hasQuota,
  rejects: ({ account, figures }, context) => {
    if (!hasQuota(account)) return false;
    const use = figures.quotaUse(context.nowMs) ?? context.read.quotas.get(account.id);
    if (use === undefined) {
      context.looked.quotasMissing.push(account);
      return false;
    }
    const { daily, weekly, total } = account.limits.quota;
    return (
      (daily > 0 && use.dailyUsd >= daily) ||
      (weekly > 0 && use.weeklyUsd >= weekly) ||
      (total > 0 && use.totalUsd >= total)
    );
  },
  standsUntilMs: ({ account, figures }, { nowMs }) =>
    hasQuota(account)
      ? Math.min(nextUtcDayMs(nowMs), figures.spendKnownUntilMs(nowMs))
      : Number.POSITIVE_INFINITY,
  /** Only a quota of the day or the week comes back; the latest of those spent counts. */
  opensAtMs: ({ account, figures }, { nowMs, read }) => {
    const use = figures.quotaUse(nowMs) ?? read.quotas.get(account.id);
    const { daily, weekly, total } = account.limits.quota;
    if (use === undefined || (total > 0 && use.totalUsd >= total)) return undefined;
    if (weekly > 0 && use.weeklyUsd >= weekly) return nextIsoWeekMs(nowMs);
    return daily > 0 && use.dailyUsd >= daily ? nextUtcDayMs(nowMs) : undefined;
  },
};

/**
 * A subscription has spent its window: open to all below the limit, to the sessions bound to it up to the reserve above, then to
 * nobody. What can't be read leaves it open.
 */
export const windowCostExceeded: Filter = {
  verdict: 'WINDOW_COST_EXCEEDED',
  reads: true,
  concerns: (account) => account.limits.windowCost > 0 && isSubscription(account),
  rejects: ({ account, figures }, context) => {
    const { windowCost: limit, windowCostStickyReserve } = account.limits;
    if (limit <= 0 || !isSubscription(account)) return false;
    const { nowMs } = context;
    const known = figures.windowCost(windowStartMs(figures, nowMs), nowMs);
    if (known !== undefined) context.looked.windowCostsKnown += 1;
    const cost = known ?? context.read.windowCosts.get(account.id);
    if (cost === undefined) {
      context.looked.windowCostsMissing.push(account);
      return false;
    }
    if (cost < limit) return false;
    return account.id !== context.boundAccountId || cost >= limit + windowCostStickyReserve;
  },
  standsUntilMs: ({ account, figures }, { nowMs }) =>
    account.limits.windowCost > 0 && isSubscription(account)
      ? Math.min(windowStandsUntilMs(figures, nowMs), figures.spendKnownUntilMs(nowMs))
      : Number.POSITIVE_INFINITY,
  opensAtMs: ({ figures }, { nowMs }) => windowEndMs(figures, nowMs),
};
