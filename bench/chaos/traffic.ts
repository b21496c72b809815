import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { durationFromMs, timestampMs } from '@bufbuild/protobuf/wkt';
import { RouterService } from '../../gen/remora/v1/router_pb.ts';
import { answered, type CallerOptions } from './calls.ts';
import type { GrantedLease, HeldLeases } from './held-leases.ts';

const { selectAccount, reportResult, renewLease } = RouterService.method;

export interface TrafficOptions extends CallerOptions {
  readonly held: HeldLeases;
  /** Requests a second, over all sidecars. */
  readonly rate: number;
  readonly leaseTtlMs: number;
  readonly now: () => number;
}

/** What the callers did, for the books at the end. */
export interface TrafficTotals {
  requests: number;
  granted: number;
  grantedDegraded: number;
  /** Asks that no account was left for. */
  refused: number;
  /** Leases nobody reported. */
  forgotten: number;
  /** Reported costs in cents, by lease, of reports that were answered. */
  readonly reportedCents: Map<string, number>;
}

/** Random requests until `stop` resolves: it waits for each to be reported, or left for good. */
export function startTraffic(options: TrafficOptions) {
  const { random, rate } = options;
  const totals: TrafficTotals = {
    ...{ requests: 0, granted: 0, grantedDegraded: 0, refused: 0, forgotten: 0 },
    reportedCents: new Map(),
  };
  const underWay = new Set<Promise<void>>();
  let running = true;
  const arrivals = (async () => {
    while (running) {
      const request = serve(options, totals).finally(() => underWay.delete(request));
      underWay.add(request);
      await setTimeout(random.exponential(1_000 / rate));
    }
  })();
  return {
    totals,
    async stop(): Promise<void> {
      running = false;
      await arrivals;
      await Promise.all(underWay);
    },
  };
}

/** The life of one request: a slot, the time it takes, a report. Some are forgotten, renewed, late, or fail at their upstream. */
async function serve(options: TrafficOptions, totals: TrafficTotals): Promise<void> {
  const { random, held, leaseTtlMs, now } = options;
  totals.requests += 1;
  const lease = await grant(options);
  if (lease === undefined) {
    totals.refused += 1;
    return;
  }
  totals.granted += 1;
  if (lease.degraded) totals.grantedDegraded += 1;
  held.hold(lease, now());
  const fate = random.next();
  await setTimeout(Math.min(random.logNormal(250, 1), leaseTtlMs * 0.8));
  if (fate < 0.03) {
    totals.forgotten += 1;
    return;
  }
  if (fate < 0.06) await renew(options, lease);
  // A report of a lease that is long over books as well.
  if (fate >= 0.06 && fate < 0.08) await setTimeout(leaseTtlMs);
  held.release(lease.id);
  await report(options, totals, lease);
}

async function grant(options: TrafficOptions): Promise<GrantedLease | undefined> {
  const { random, leaseTtlMs } = options;
  const waits = random.next() < 0.5;
  const request = {
    groupId: 'g',
    model: 'm',
    requestId: randomUUID(),
    leaseTtl: durationFromMs(leaseTtlMs),
    ...(random.next() < 0.5 && { sessionId: `session-${random.below(40)}` }),
    ...(waits && { maxWait: durationFromMs(random.below(2_000) + 1) }),
  };
  const response = await answered(
    options,
    'SelectAccount',
    (client) => client.unary(selectAccount, request),
    {
      timed: !waits,
    },
  );
  if (response?.outcome.case !== 'selection') return undefined;
  const { lease, account, degraded } = response.outcome.value;
  return {
    id: lease!.id,
    accountId: account!.id,
    expiresAtMs: timestampMs(lease!.expiresAt!),
    degraded,
  };
}

async function renew(options: TrafficOptions, lease: GrantedLease): Promise<void> {
  const { held, leaseTtlMs, now } = options;
  const request = { leaseId: lease.id, ttl: durationFromMs(leaseTtlMs) };
  const renewed = await answered(options, 'RenewLease', (client) =>
    client.unary(renewLease, request).catch((error: { code?: unknown }) => {
      // Over by now, as a caller that was slow has to expect.
      if (error.code === 5) return undefined;
      throw error;
    }),
  );
  const expiresAt = renewed?.lease?.expiresAt;
  if (expiresAt !== undefined) held.hold({ ...lease, expiresAtMs: timestampMs(expiresAt) }, now());
  await setTimeout(leaseTtlMs * 0.5);
}

async function report(options: TrafficOptions, totals: TrafficTotals, lease: GrantedLease): Promise<void> {
  const { random } = options;
  const cents = random.below(100) + 1;
  const fails = random.next() < 0.01;
  const answer = await answered(options, 'ReportResult', (client) =>
    client.unary(reportResult, {
      leaseId: lease.id,
      outcome: fails ? { case: 'failure', value: { httpStatus: 429 } } : { case: 'success', value: {} },
      responseHeaders: fails ? { 'retry-after': '1' } : {},
      usage: { inputTokens: 10n, standardCost: cents / 100 },
    }),
  );
  if (answer !== undefined) totals.reportedCents.set(lease.id, cents);
}
