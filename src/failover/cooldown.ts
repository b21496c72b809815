import type { CooldownScope, FailoverReason } from './failure.ts';

/*
 * One record per account, and one per account and model. Its life:
 *
 *   (none) --failure--> cooling --untilMs passes--> open            short cooldowns
 *                                              \--> probe due       long ones: one request first
 *   probe due --claim--> probing --success--> (none)
 *                                --failure--> cooling, next step
 *                                --caller's fault, or no failure in time--> open
 *                                --cancelled--> probe due
 *
 * Records are immutable; every transition makes a new one, so "unchanged since" is a comparison of references.
 */

export type CooldownSource = 'SCHEDULE' | 'UPSTREAM_HINT';

export interface CooldownRecord {
  /** Failures in a row, all reasons of this scope but BILLING. */
  readonly failures: number;
  /** BILLING failures in a row. */
  readonly billingFailures: number;
  readonly lastFailureAtMs: number;
  /** When the cooldown began; leases granted up to then can't count against it again. */
  readonly startedAtMs: number;
  readonly untilMs: number;
  readonly reason: FailoverReason;
  readonly source: CooldownSource;
  /** Whether one request must succeed before the account takes more. */
  readonly probeDue: boolean;
  /** The request that probes, once one does. */
  readonly probe?: { readonly leaseId: string; readonly sinceMs: number };
}

/** min(capMs, baseMs * growth ^ min(n - 1, maxSteps)) at the n-th failure in a row. */
export interface Schedule {
  readonly baseMs: number;
  readonly growth: number;
  readonly maxSteps: number;
  readonly capMs: number;
}

/** What a failure does to the record of its scope. */
export interface CooldownEffect {
  readonly scope: CooldownScope;
  readonly reason: FailoverReason;
  readonly schedule: Schedule;
  /** Set where the upstream said when it can serve again; beats the schedule. */
  readonly hintUntilMs?: number;
}

/** The figures that shape a record's life, in milliseconds. */
export interface CooldownTimings {
  /** Counts start again this long after the last failure. */
  readonly forgetAfterMs: number;
  /** A cooldown at least this long ends with a probe. */
  readonly probeAfterMs: number;
  /** A probe without a failure for this long opens the account. */
  readonly probeTimeoutMs: number;
}

/** Length in milliseconds of the cooldown at the n-th failure in a row. */
export function scheduledMs(schedule: Schedule, n: number): number {
  return Math.min(schedule.capMs, schedule.baseMs * schedule.growth ** Math.min(n - 1, schedule.maxSteps));
}

/** What a record lets through: everything, nothing, one probe (none is out), or nothing while its probe is out. */
export type Gate = 'open' | 'cooling' | 'probe_due' | 'probing';

export function gateOf(record: CooldownRecord | undefined, nowMs: number, probeTimeoutMs: number): Gate {
  if (record === undefined) return 'open';
  if (record.untilMs > nowMs) return 'cooling';
  if (!record.probeDue) return 'open';
  if (record.probe === undefined) return 'probe_due';
  return nowMs - record.probe.sinceMs < probeTimeoutMs ? 'probing' : 'open';
}

export interface FailedLease {
  readonly leaseId: string;
  readonly grantedAtMs: number;
}

/** The record after a failure. A cooldown never gets shorter by it. */
export function afterFailure(
  record: CooldownRecord | undefined,
  { effect, lease, timings, nowMs }: FailureStep,
): CooldownRecord {
  const running = record !== undefined && record.untilMs > nowMs;
  const remembered = record !== undefined && nowMs - record.lastFailureAtMs < timings.forgetAfterMs;
  const billing = effect.reason === 'BILLING';
  let failures = remembered ? record.failures : 0;
  let billingFailures = remembered ? record.billingFailures : 0;
  // Requests that were in flight when the cooldown began meet the same fault; it counts once, from the moment it began.
  const sameIncident = running && lease.grantedAtMs <= record.startedAtMs;
  if (billing) billingFailures = Math.max(1, sameIncident ? billingFailures : billingFailures + 1);
  else failures = Math.max(1, sameIncident ? failures : failures + 1);

  const startedAtMs = sameIncident ? record.startedAtMs : nowMs;
  const untilMs =
    effect.hintUntilMs ?? startedAtMs + scheduledMs(effect.schedule, billing ? billingFailures : failures);
  const keepsEnd = running && record.untilMs >= untilMs;
  const endMs = keepsEnd ? record.untilMs : untilMs;
  return {
    failures,
    billingFailures,
    lastFailureAtMs: nowMs,
    startedAtMs,
    untilMs: endMs,
    reason: keepsEnd ? record.reason : effect.reason,
    source: keepsEnd ? record.source : effect.hintUntilMs === undefined ? 'SCHEDULE' : 'UPSTREAM_HINT',
    probeDue: endMs - startedAtMs >= timings.probeAfterMs,
  };
}

export interface FailureStep {
  readonly effect: CooldownEffect;
  readonly lease: FailedLease;
  readonly timings: CooldownTimings;
  readonly nowMs: number;
}

/**
 * The record after a success: gone, unless a cooldown runs that began after the lease was granted, or one for BILLING, which no
 * success of a request already under way disproves.
 */
export function afterSuccess(
  record: CooldownRecord | undefined,
  lease: FailedLease,
  nowMs: number,
): CooldownRecord | undefined {
  if (record === undefined) return undefined;
  const running = record.untilMs > nowMs;
  if (running && (lease.grantedAtMs <= record.startedAtMs || record.reason === 'BILLING')) return record;
  return undefined;
}

/** The record once its probe met a fault of the caller's own: the upstream answered, so the account is open; counts stay. */
export function afterCallerFault(record: CooldownRecord | undefined, leaseId: string): CooldownRecord | undefined {
  if (record?.probe?.leaseId !== leaseId) return record;
  const { probe: _, ...rest } = record;
  return { ...rest, probeDue: false };
}

/**
 * The record once its probe ended without telling anything: the next request probes. A probe that had already opened the account
 * by lasting long enough leaves it open.
 */
export function afterProbeLost(
  record: CooldownRecord | undefined,
  leaseId: string,
  { nowMs, probeTimeoutMs }: { readonly nowMs: number; readonly probeTimeoutMs: number },
): CooldownRecord | undefined {
  if (record?.probe?.leaseId !== leaseId) return record;
  const { probe, ...rest } = record;
  return { ...rest, probeDue: nowMs - probe.sinceMs < probeTimeoutMs };
}

/** The record with `leaseId` out as its probe. */
export function withProbe(record: CooldownRecord, leaseId: string, nowMs: number): CooldownRecord {
  return { ...record, probe: { leaseId, sinceMs: nowMs } };
}

/** Takes a failure back: the record as it was where nothing came in between, else one failure less and the same end. */
export function afterUndo(
  record: CooldownRecord | undefined,
  step: { readonly before: CooldownRecord | undefined; readonly after: CooldownRecord },
): CooldownRecord | undefined {
  if (record === undefined) return undefined;
  if (record === step.after) return step.before;
  const billing = step.after.billingFailures > (step.before?.billingFailures ?? 0);
  return {
    ...record,
    failures: billing ? record.failures : Math.max(0, record.failures - 1),
    billingFailures: billing ? Math.max(0, record.billingFailures - 1) : record.billingFailures,
  };
}

/** Whether a record says nothing any more and may be dropped: its counts are forgotten and its end is long past. */
export function isForgotten(record: CooldownRecord, nowMs: number, timings: CooldownTimings): boolean {
  return record.untilMs <= nowMs - timings.forgetAfterMs && nowMs - record.lastFailureAtMs >= timings.forgetAfterMs;
}
