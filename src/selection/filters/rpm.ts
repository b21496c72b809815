import { type Account, isSubscription } from '../../catalog/account.ts';
import type { Filter } from './filter.ts';

/** Requests a minute the account takes from this request's point of view; 0: no limit. */
export function rpmLimitOf(account: Account, bound: boolean): number {
  const { rpm, rpmStrategy, rpmStickyBuffer } = account.limits;
  if (rpm <= 0 || !isSubscription(account)) return 0;
  if (!bound) return rpm;
  return rpmStrategy === 'sticky_exempt' ? 0 : rpm + rpmStickyBuffer;
}

/** A subscription has had its requests of this minute; sessions bound to it get a buffer, or are exempt. */
export const rpmExceeded: Filter = {
  verdict: 'RPM_EXCEEDED',
  reads: true,
  concerns: (account) => rpmLimitOf(account, false) > 0,
  rejects: ({ account, figures }, context) => {
    const limit = rpmLimitOf(account, account.id === context.boundAccountId);
    if (limit === 0) return false;
    context.looked.rpm = true;
    return figures.rpm(context.nowMs) >= limit;
  },
  /** Time only ever opens it. */
  standsUntilMs: ({ account, figures }, { nowMs, boundAccountId }) => {
    const limit = rpmLimitOf(account, account.id === boundAccountId);
    if (limit === 0 || figures.rpm(nowMs) < limit) return Number.POSITIVE_INFINITY;
    return Math.max(figures.rpmBelowAtMs(limit, nowMs), nowMs + 1);
  },
  opensAtMs: ({ account, figures }, context) =>
    figures.rpmBelowAtMs(rpmLimitOf(account, account.id === context.boundAccountId), context.nowMs),
};
