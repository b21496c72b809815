import {
  type CooldownEffect,
  type CooldownRecord,
  type CooldownTimings,
  type EndedLease,
  scheduledMs,
} from './cooldown.ts';

/*
 * What failures make of a cooldown record, and how one is taken back. A failure that two accounts of a platform show alike is the
 * platform's; by then others may have come on top of it. So a record keeps its latest failures, and one is taken back by
 * replaying the rest.
 */

/** A failure that cools. */
export interface CoolingFailure {
  readonly effect: CooldownEffect;
  readonly lease: EndedLease;
  readonly atMs: number;
  /** Whether it may prove the platform's, and so be taken back. */
  readonly revocable: boolean;
}

/**
 * The latest failures of a record, beginning with one that may yet prove its platform's, and the record there was before them:
 * enough to tell what the record would be without one of them.
 */
export interface RevocableFailures {
  readonly before: CooldownRecord | undefined;
  readonly failures: readonly CoolingFailure[];
}

/** Failures of one record that can be taken back: as many as requests may meet one outage together. */
const maxRevocable = 256;

/** The record after a failure. A cooldown never gets shorter by it. */
export function afterFailure(
  record: CooldownRecord | undefined,
  failure: CoolingFailure,
  timings: CooldownTimings,
): CooldownRecord {
  const cooled = cool(record, failure, timings);
  const revocable = noted(record, failure, timings);
  return revocable === undefined ? cooled : { ...cooled, revocable };
}

function cool(
  record: CooldownRecord | undefined,
  { effect, lease, atMs }: CoolingFailure,
  timings: CooldownTimings,
): CooldownRecord {
  const running = record !== undefined && record.untilMs > atMs;
  const remembered = record !== undefined && atMs - record.lastFailureAtMs < timings.forgetAfterMs;
  const billing = effect.reason === 'BILLING';
  let failures = remembered ? record.failures : 0;
  let billingFailures = remembered ? record.billingFailures : 0;
  // Requests that were in flight when the cooldown began meet the same fault; it counts once, from the moment it began.
  const sameIncident = running && lease.grantedAtMs <= record.startedAtMs;
  if (billing) billingFailures = Math.max(1, sameIncident ? billingFailures : billingFailures + 1);
  else failures = Math.max(1, sameIncident ? failures : failures + 1);

  const startedAtMs = sameIncident ? record.startedAtMs : atMs;
  const untilMs =
    effect.hintUntilMs ?? startedAtMs + scheduledMs(effect.schedule, billing ? billingFailures : failures);
  const keepsEnd = running && record.untilMs >= untilMs;
  const endMs = keepsEnd ? record.untilMs : untilMs;
  return {
    failures,
    billingFailures,
    lastFailureAtMs: atMs,
    startedAtMs,
    untilMs: endMs,
    reason: keepsEnd ? record.reason : effect.reason,
    source: keepsEnd ? record.source : effect.hintUntilMs === undefined ? 'SCHEDULE' : 'UPSTREAM_HINT',
    probeDue: (keepsEnd && record.probeDue) || endMs - startedAtMs >= timings.probeAfterMs,
  };
}

function noted(
  record: CooldownRecord | undefined,
  failure: CoolingFailure,
  timings: CooldownTimings,
): RevocableFailures | undefined {
  const earlier = record?.revocable;
  if (earlier === undefined)
    return failure.revocable ? { before: bare(record), failures: [failure] } : undefined;
  const failures = [...earlier.failures, failure];
  if (failures.length <= maxRevocable) return { before: earlier.before, failures };
  return { before: cool(earlier.before, failures[0]!, timings), failures: failures.slice(1) };
}

/** The record by itself. Its probe is not in it: once a failure came after it, the next request may as well probe. */
function bare(record: CooldownRecord | undefined): CooldownRecord | undefined {
  if (record === undefined) return undefined;
  const { probe: _, revocable: __, ...rest } = record;
  return rest;
}

/** The record as it would be had the failure of this lease never happened; unchanged where it says nothing in it any more. */
export function afterRevocation(
  record: CooldownRecord | undefined,
  leaseId: string,
  timings: CooldownTimings,
): CooldownRecord | undefined {
  const noted = record?.revocable;
  const left = noted?.failures.filter(({ lease }) => lease.leaseId !== leaseId);
  if (noted === undefined || left?.length === noted.failures.length) return record;
  const replay = (failures: readonly CoolingFailure[]) =>
    failures.reduce<CooldownRecord | undefined>(
      (before, failure) => cool(before, failure, timings),
      noted.before,
    );
  const next = replay(left!);
  if (next === undefined) return undefined;
  // What requests have shown since still holds: that the account is open, or a probe that is out.
  const opened = !record!.probeDue && replay(noted.failures)!.probeDue;
  return {
    ...next,
    probeDue: next.probeDue && !opened,
    ...(record!.probe && { probe: record!.probe }),
    ...(left!.some(({ revocable }) => revocable) && { revocable: { before: noted.before, failures: left! } }),
  };
}
