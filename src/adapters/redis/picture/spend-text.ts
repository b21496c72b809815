import { utcDay } from '../../../ports/calendar.ts';
import type { QuotaUse } from '../../../ports/ledger.ts';

/*
 * What an account has spent, as the scripts keep it (lua/includes/spend.lua):
 *
 *   window   start|read at|USD        quota   UTC day|read at|USD this day|USD this week|USD ever
 */

export function encodeWindow(startMs: number, readAtMs: number, costUsd: number): string {
  return `${startMs}|${readAtMs}|${costUsd}`;
}

export function encodeQuota({ dailyUsd, weeklyUsd, totalUsd }: QuotaUse, readAtMs: number): string {
  return [utcDay(readAtMs), readAtMs, dailyUsd, weeklyUsd, totalUsd].join('|');
}

export interface KnownWindow {
  readonly startMs: number;
  readonly readAtMs: number;
  readonly costUsd: number;
}

export interface KnownQuota {
  readonly day: number;
  readonly readAtMs: number;
  readonly use: QuotaUse;
}

export function decodeWindow(text: string): KnownWindow | undefined {
  if (text === '') return undefined;
  const [startMs, readAtMs, costUsd] = text.split('|').map(Number) as [number, number, number];
  return { startMs, readAtMs, costUsd };
}

export function decodeQuota(text: string): KnownQuota | undefined {
  if (text === '') return undefined;
  const [day, readAtMs, dailyUsd, weeklyUsd, totalUsd] = text.split('|').map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { day, readAtMs, use: { dailyUsd, weeklyUsd, totalUsd } };
}

/** The window's cost, where it is known and still trusted. */
export function costOf(
  window: KnownWindow | undefined,
  { startMs, nowMs, ttlMs }: { readonly startMs: number; readonly nowMs: number; readonly ttlMs: number },
): number | undefined {
  if (window === undefined || window.startMs !== startMs) return undefined;
  return nowMs - window.readAtMs < ttlMs ? window.costUsd : undefined;
}

/** The quota's use, where it is known, of this day, and still trusted. A new week begins with a new day. */
export function useOf(
  quota: KnownQuota | undefined,
  { nowMs, ttlMs }: { readonly nowMs: number; readonly ttlMs: number },
): QuotaUse | undefined {
  if (quota === undefined || quota.day !== utcDay(nowMs)) return undefined;
  return nowMs - quota.readAtMs < ttlMs ? quota.use : undefined;
}
