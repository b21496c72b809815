import type { CooldownRecord } from '../../src/failover/cooldown.ts';
import type { UpstreamWindow } from '../../src/failover/failure.ts';
import type { QuotaUse } from '../../src/ports/ledger.ts';
import type { Figures, ScheduleOverride } from '../../src/selection/figures.ts';

/** Figures that are what a test says they are. */
export class PlainFigures implements Figures {
  inFlight = 0;
  waiting = 0;
  lastUsedAt = 0;
  cooldown: CooldownRecord | undefined;
  readonly byModel = new Map<string, CooldownRecord>();
  override: ScheduleOverride | undefined;
  upstreamWindow: UpstreamWindow | undefined;
  requestsThisMinute = 0;
  /** When the oldest of those requests leaves the minute. */
  minuteEndsAtMs = 0;
  /** When each session was seen last. */
  readonly seenMs = new Map<string, number>();
  /** USD by window start; a start that is not here is not known. */
  readonly costs = new Map<number, number>();
  quota: QuotaUse | undefined;

  rpm(): number {
    return this.requestsThisMinute;
  }

  rpmBelowAtMs(): number {
    return this.minuteEndsAtMs;
  }

  sessions(nowMs: number, idleMs: number): number {
    return [...this.seenMs.values()].filter((seenMs) => nowMs - seenMs < idleMs).length;
  }

  hasSession(sessionKey: string, nowMs: number, idleMs: number): boolean {
    return nowMs - (this.seenMs.get(sessionKey) ?? Number.NEGATIVE_INFINITY) < idleMs;
  }

  oldestSessionEndsAtMs(nowMs: number, idleMs: number): number | undefined {
    const ends = [...this.seenMs.values()].map((seenMs) => seenMs + idleMs).filter((endMs) => endMs > nowMs);
    return ends.length === 0 ? undefined : Math.min(...ends);
  }

  modelCooldown(model: string): CooldownRecord | undefined {
    return this.byModel.get(model);
  }

  modelCooldowns(): Iterable<readonly [string, CooldownRecord]> {
    return this.byModel;
  }

  windowCost(windowStartMs: number): number | undefined {
    return this.costs.get(windowStartMs);
  }

  spendKnownUntilMs(): number {
    return Number.POSITIVE_INFINITY;
  }

  quotaUse(): QuotaUse | undefined {
    return this.quota;
  }
}

/** A cooldown after one failure, until `untilMs`. */
export function cooldownUntil(untilMs: number, more: Partial<CooldownRecord> = {}): CooldownRecord {
  return {
    failures: 1,
    billingFailures: 0,
    lastFailureAtMs: untilMs - 60_000,
    startedAtMs: untilMs - 60_000,
    untilMs,
    reason: 'RATE_LIMIT',
    source: 'SCHEDULE',
    probeDue: false,
    ...more,
  };
}
