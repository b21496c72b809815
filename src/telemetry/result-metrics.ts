import type { Registry } from 'prom-client';
import { type CooldownScope, type FailoverReason, failoverReasons } from '../failover/failure.ts';
import { createLabelled } from './labelled.ts';
import { type Count, createTally, createTallyFamily } from './tally.ts';

export type ReportLabel = 'success' | 'failure' | 'cancelled' | 'duplicate';

/** Where a cooldown's end comes from. */
export type CooldownSourceLabel = 'SCHEDULE' | 'UPSTREAM_HINT';

export interface ResultMetrics {
  /** Counts one report. The reason is that of a failure's classification; the others have none of their own. */
  reports(outcome: ReportLabel, reason?: FailoverReason): void;
  /** Counts an attempt that followed a failed one of the same chain, by the failure's reason. */
  failovers(reason: FailoverReason): void;
  /** Counts a cooldown begun or prolonged. */
  cooldowns(reason: FailoverReason, scope: CooldownScope, source: CooldownSourceLabel): void;
  /** Counts leases that ended without a report. */
  leasesExpired(leases: number): void;
}

/** The reasons after which another account is worth a try. */
const failoverWorthy: readonly FailoverReason[] = [
  'BILLING',
  'AUTH',
  'MODEL_NOT_FOUND',
  'OVERLOADED',
  'RATE_LIMIT',
  'TIMEOUT',
  'NETWORK',
  'SERVER_ERROR',
];
/** Account-wide whatever the upstream says. */
const accountWide: readonly FailoverReason[] = ['BILLING', 'AUTH'];
/** Those for which an upstream's own word beats the schedule. */
const hinted: readonly FailoverReason[] = ['RATE_LIMIT', 'OVERLOADED', 'SERVER_ERROR'];

/** Declares the metrics of results: reports, failovers, cooldowns, leases never reported. */
export function createResultMetrics(registry: Registry): ResultMetrics {
  const reports = createReports(registry);
  const failovers = createLabelled(registry, {
    name: 'remora_failovers_total',
    help: 'Attempts that followed a failed one of the same chain, by the reason of the failure.',
    label: 'reason',
    values: failoverWorthy,
  });
  const cooldowns = createCooldowns(registry);
  const leasesExpired = createTally(registry, {
    name: 'remora_leases_expired_total',
    help: 'Leases that ended without a report.',
  });
  return {
    reports,
    failovers: (reason) => failovers(reason).inc(),
    cooldowns,
    leasesExpired: (leases) => leasesExpired.inc(leases),
  };
}

function createReports(registry: Registry): ResultMetrics['reports'] {
  const family = createTallyFamily(registry, {
    name: 'remora_reports_total',
    help: 'Reports by outcome and, of a failure, by what it was classified as.',
    labelNames: ['outcome', 'reason'],
  });
  const plain = {
    success: family.child(['success', '']),
    cancelled: family.child(['cancelled', 'CANCELLED']),
    duplicate: family.child(['duplicate', '']),
  };
  const failures = new Map<FailoverReason, Count>();
  for (const reason of failoverReasons) failures.set(reason, family.child(['failure', reason]));
  return (outcome, reason = 'UNKNOWN') =>
    outcome === 'failure' ? failures.get(reason)?.inc() : plain[outcome].inc();
}

/** Cooldowns are rare enough to look their child up by name. */
function createCooldowns(registry: Registry): ResultMetrics['cooldowns'] {
  const family = createTallyFamily(registry, {
    name: 'remora_cooldowns_total',
    help: 'Cooldowns begun or prolonged, by reason, scope and what set their end.',
    labelNames: ['reason', 'scope', 'source'],
  });
  for (const reason of failoverWorthy) {
    family.child([reason, accountWide.includes(reason) ? 'ACCOUNT' : 'ACCOUNT_MODEL', 'SCHEDULE']);
    if (!hinted.includes(reason)) continue;
    family.child([reason, 'ACCOUNT_MODEL', 'UPSTREAM_HINT']);
    family.child([reason, 'ACCOUNT', 'UPSTREAM_HINT']);
  }
  return (reason, scope, source) => family.child([reason, scope, source], { fromStart: false }).inc();
}
