import { quantile } from '../measure/statistics.ts';
import type { CallRecord } from './calls.ts';
import type { HeldLeases } from './held-leases.ts';
import type { TrafficTotals } from './traffic.ts';

export interface Outcome {
  readonly held: HeldLeases;
  readonly record: CallRecord;
  readonly totals: TrafficTotals;
  readonly deaths: ReadonlyMap<string, number>;
  /** What Postgres holds: lease and cents, one for each row. */
  readonly booked: readonly (readonly [leaseId: string, cents: number])[];
  /** Sidecars that still go without Redis. */
  readonly degraded: number;
  /** Bookings not sent on. */
  readonly spooled: number;
  /** Leases not ended. */
  readonly leasesLeft: number;
}

export interface Summary {
  readonly text: string;
  /** Promises that were broken; none is what is hoped for. */
  readonly violations: readonly string[];
}

/** Holds what happened against what is promised. */
export function summaryOf(outcome: Outcome): Summary {
  const { held, record, totals, deaths, booked } = outcome;
  const isAllowed = (deaths.get('redis') ?? 0) > 0;
  const broken = held.excesses.filter(({ degraded }) => !(degraded && isAllowed));
  const reported = sumOf(totals.reportedCents.values());
  const inBooks = sumOf(booked.map(([, cents]) => cents));
  const bookedLeases = new Map(booked);
  const lost = [...totals.reportedCents].filter(([id, cents]) => bookedLeases.get(id) !== cents);
  const violations = [
    ...broken.map(
      ({ accountId, held: count, limit }) => `${accountId} had ${count} leases at once, ${limit} are allowed`,
    ),
    ...record.failures.map((failure) => `a call failed at a sidecar that lived: ${failure}`),
    ...lost.map(
      ([id, cents]) =>
        `the report of ${id}, ${cents} cents, is booked as ${bookedLeases.get(id) ?? 'nothing'}`,
    ),
    ...(booked.length === bookedLeases.size ? [] : ['a lease is booked twice']),
    ...(reported === inBooks ? [] : [`reported ${reported} cents, booked ${inBooks}`]),
    ...(outcome.leasesLeft === 0 ? [] : [`${outcome.leasesLeft} leases are left`]),
    ...(outcome.spooled === 0 ? [] : [`${outcome.spooled} bookings are left in spools`]),
    ...(outcome.degraded === 0 ? [] : [`${outcome.degraded} sidecars still go without Redis`]),
  ];
  return { violations, text: [...figures(outcome, inBooks), ...verdictOn(violations)].join('\n') };

  function figures({ leasesLeft }: Outcome, cents: number): string[] {
    const durations = record.durationsMs.toSorted((a, b) => a - b);
    const quantileMs = (share: number) => `${quantile(durations, share).toFixed(1)} ms`;
    return [
      `killed: ${[...deaths].map(([name, times]) => `${name} ${times}`).join(', ')}`,
      `requests ${totals.requests}: granted ${totals.granted} (${totals.grantedDegraded} without Redis), refused or told to wait ${totals.refused}, never reported ${totals.forgotten}`,
      `calls: median ${quantileMs(0.5)}, 99 % ${quantileMs(0.99)}, slowest ${quantileMs(1)}; cut off by a kill and made again ${record.cutOff}, failed ${record.failures.length}`,
      `most leases at once: ${[...held.highest].map(([id, count]) => `${id} ${count}`).join(', ')}`,
      `times above a limit: ${broken.length}; among leases granted while Redis was away, which is allowed: ${held.excesses.length - broken.length}`,
      `leases left: ${leasesLeft}`,
      `reports answered ${totals.reportedCents.size}, booked ${booked.length}; USD ${(reported / 100).toFixed(2)} and ${(cents / 100).toFixed(2)}`,
    ];
  }
}

/** At most twenty of them: more say no more. */
function verdictOn(violations: readonly string[]): string[] {
  if (violations.length === 0) return ['every promise was kept'];
  return [`${violations.length} promises were broken`, ...violations.slice(0, 20)];
}

function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
