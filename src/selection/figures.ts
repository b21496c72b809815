import type { CooldownRecord } from '../failover/cooldown.ts';
import type { UpstreamWindow } from '../failover/failure.ts';
import type { QuotaUse } from '../ports/ledger.ts';

/**
 * What is known of one account right now. The state store owns the numbers and changes them in place; a selection only reads
 * them, so one object per account serves every call without a copy.
 */
export interface Figures {
  /** Leases held. */
  readonly inFlight: number;
  /** Callers waiting for a slot. */
  readonly waiting: number;
  /** Grows with every lease granted; milliseconds since the epoch, unique by its fraction. 0: never. */
  readonly lastUsedAt: number;
  /** Requests granted in the last 60 s. */
  rpm(nowMs: number): number;
  /** When fewer than `limit` requests will have been granted in the 60 s before, if none is granted until then. */
  rpmBelowAtMs(limit: number, nowMs: number): number;
  /** Sessions seen within the account's idle time. */
  sessions(nowMs: number, idleMs: number): number;
  hasSession(sessionKey: string, nowMs: number, idleMs: number): boolean;
  /** When the session that has been idle longest stops counting; undefined without sessions. */
  oldestSessionEndsAtMs(nowMs: number, idleMs: number): number | undefined;
  /** The account's own cooldown, whatever the model. */
  readonly cooldown: CooldownRecord | undefined;
  modelCooldown(model: string): CooldownRecord | undefined;
  modelCooldowns(): Iterable<readonly [model: string, record: CooldownRecord]>;
  /** An operator's word on whether the account may be used, over the catalog's. */
  readonly override: ScheduleOverride | undefined;
  /** The provider's own window, possibly over. */
  readonly upstreamWindow: UpstreamWindow | undefined;
  /** USD spent since the window's start; undefined where that must be read first. */
  windowCost(windowStartMs: number, nowMs: number): number | undefined;
  /** USD spent of the quota; undefined where that must be read first. */
  quotaUse(nowMs: number): QuotaUse | undefined;
  /** The first time after now at which a sum that was read, of either kind, is trusted no longer; Infinity: none is known. */
  spendKnownUntilMs(nowMs: number): number;
}

export interface ScheduleOverride {
  readonly schedulable: boolean;
  readonly reason: string;
}

const hourMs = 3_600_000;

/** The start of the window an account's cost counts in: its provider's, while one is known and not over; else this hour. */
export function windowStartMs(figures: Figures, nowMs: number): number {
  const window = figures.upstreamWindow;
  if (window !== undefined && window.startMs <= nowMs && nowMs < window.endMs) return window.startMs;
  return nowMs - (nowMs % hourMs);
}

/** The end of that window. */
export function windowEndMs(figures: Figures, nowMs: number): number {
  const window = figures.upstreamWindow;
  if (window !== undefined && window.startMs <= nowMs && nowMs < window.endMs) return window.endMs;
  return nowMs - (nowMs % hourMs) + hourMs;
}

/** When another window may be the account's, by the mere passing of time. */
export function windowStandsUntilMs(figures: Figures, nowMs: number): number {
  const endMs = windowEndMs(figures, nowMs);
  const startMs = figures.upstreamWindow?.startMs ?? endMs;
  return startMs > nowMs ? Math.min(startMs, endMs) : endMs;
}

/** The cooldown that keeps the account from a model now: its own before the model's. */
export function runningCooldown(figures: Figures, model: string, nowMs: number): CooldownRecord | undefined {
  const own = figures.cooldown;
  if (own !== undefined && own.untilMs > nowMs) return own;
  const record = figures.modelCooldown(model);
  return record !== undefined && record.untilMs > nowMs ? record : undefined;
}

/** Whether anything keeps the account from some request for its cooldown. */
export function coolsDown(figures: Figures, nowMs: number): boolean {
  if (figures.cooldown !== undefined && figures.cooldown.untilMs > nowMs) return true;
  for (const [, { untilMs }] of figures.modelCooldowns()) if (untilMs > nowMs) return true;
  return false;
}
