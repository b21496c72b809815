import { hasQuota } from '../catalog/account.ts';
import { nextIsoWeekMs, nextUtcDayMs } from '../ports/calendar.ts';
import type { SelectionContext } from './context.ts';
import { windowEndMs } from './figures.ts';
import { rpmLimitOf } from './filters/rpm.ts';
import type { PoolEntry } from './pool-entry.ts';
import type { Verdict } from './verdict.ts';

/** When what stands in an account's way will be gone by itself, milliseconds since the epoch; undefined where nobody knows. */
export function opensAtMs(entry: PoolEntry, verdict: Verdict, context: SelectionContext): number | undefined {
  const { figures, account, claim } = entry;
  const { nowMs, model } = context;
  switch (verdict) {
    case 'COOLING_DOWN':
      return figures.cooldown?.untilMs;
    case 'MODEL_COOLING_DOWN':
      return figures.modelCooldown(model)?.untilMs;
    case 'QUOTA_EXCEEDED':
      return quotaOpensAtMs(entry, context);
    case 'WINDOW_COST_EXCEEDED':
      return windowEndMs(figures, nowMs);
    case 'RPM_EXCEEDED':
      return figures.rpmBelowAtMs(rpmLimitOf(account, account.id === context.boundAccountId), nowMs);
    case 'SESSION_LIMIT':
      return figures.oldestSessionEndsAtMs(nowMs, claim.sessionIdleMs);
    case 'PROBING':
      return probeEndsAtMs(entry, context);
    default:
      return undefined;
  }
}

/** Only a quota of the day or the week comes back; the latest of those spent counts. */
function quotaOpensAtMs(
  { account, figures }: PoolEntry,
  { nowMs, read }: SelectionContext,
): number | undefined {
  const use = figures.quotaUse(nowMs) ?? read.quotas.get(account.id);
  const { daily, weekly, total } = account.limits.quota;
  if (use === undefined || !hasQuota(account) || (total > 0 && use.totalUsd >= total)) return undefined;
  return weekly > 0 && use.weeklyUsd >= weekly
    ? nextIsoWeekMs(nowMs)
    : daily > 0
      ? nextUtcDayMs(nowMs)
      : undefined;
}

function probeEndsAtMs(
  { figures }: PoolEntry,
  { model, probeTimeoutMs }: SelectionContext,
): number | undefined {
  const ends = [figures.cooldown, figures.modelCooldown(model)].flatMap((record) =>
    record?.probe === undefined ? [] : [record.probe.sinceMs + probeTimeoutMs],
  );
  return ends.length === 0 ? undefined : Math.max(...ends);
}
