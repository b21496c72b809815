import type { RevocableFailures } from './cooldown-failures.ts';
import type { CooldownScope, FailoverReason } from './failure.ts';

/*
 * The standing of an account, and of each model at an account, is a record. Its life:
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
  /** Failures that may yet be taken back. */
  readonly revocable?: RevocableFailures;
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

export interface EndedLease {
  readonly leaseId: string;
  readonly grantedAtMs: number;
}

/**
 * The record after a success: gone, with its counts. But the success of a request granted before the cooldown began says nothing of
 * what came after, neither while it runs nor while a probe is due; and none ends a running cooldown for BILLING.
 */
export function afterSuccess(
  record: CooldownRecord | undefined,
  lease: EndedLease,
  { nowMs, probeTimeoutMs }: { readonly nowMs: number; readonly probeTimeoutMs: number },
): CooldownRecord | undefined {
  if (record === undefined) return undefined;
  const gate = gateOf(record, nowMs, probeTimeoutMs);
  if (gate === 'cooling' && record.reason === 'BILLING') return record;
  return gate !== 'open' && lease.grantedAtMs <= record.startedAtMs ? record : undefined;
}

/** The record once its probe met a fault of the caller's own: the upstream answered, so the account is open; counts stay. */
export function afterCallerFault(
  record: CooldownRecord | undefined,
  leaseId: string,
): CooldownRecord | undefined {
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

/** Whether a record says nothing any more and may be dropped: its counts are forgotten and its end is long past. */
export function isForgotten(record: CooldownRecord, nowMs: number, timings: CooldownTimings): boolean {
  return (
    record.untilMs <= nowMs - timings.forgetAfterMs && nowMs - record.lastFailureAtMs >= timings.forgetAfterMs
  );
}
