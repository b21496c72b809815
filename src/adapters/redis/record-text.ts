import type { CooldownRecord, CooldownSource } from '../../failover/cooldown.ts';
import type { FailoverReason } from '../../failover/failure.ts';

/** A cooldown record as the scripts write it (lua/includes/cooldown.lua); empty: none. */
export function decodeRecord(text: string): CooldownRecord | undefined {
  if (text === '') return undefined;
  const [failures, billing, last, start, ends, reason, source, due, probe, since] = text.split('|');
  return {
    failures: Number(failures),
    billingFailures: Number(billing),
    lastFailureAtMs: Number(last),
    startedAtMs: Number(start),
    untilMs: Number(ends),
    reason: reason as FailoverReason,
    source: source as CooldownSource,
    probeDue: due === '1',
    ...(probe !== '' && { probe: { leaseId: probe!, sinceMs: Number(since) } }),
  };
}

export function encodeRecord(record: CooldownRecord): string {
  return [
    record.failures,
    record.billingFailures,
    record.lastFailureAtMs,
    record.startedAtMs,
    record.untilMs,
    record.reason,
    record.source,
    record.probeDue ? 1 : 0,
    record.probe?.leaseId ?? '',
    record.probe?.sinceMs ?? 0,
  ].join('|');
}
