import {
  afterCallerFault,
  afterFailure,
  afterProbeLost,
  afterSuccess,
  type CooldownRecord,
  type CooldownTimings,
} from '../../failover/cooldown.ts';
import type { CooldownScope } from '../../failover/failure.ts';
import type { SettleRequest } from '../../ports/state-store.ts';
import type { AccountFigures } from './account-figures.ts';

const scopes: readonly CooldownScope[] = ['ACCOUNT', 'ACCOUNT_MODEL'];

/** What a report did to one record. */
export interface Step {
  readonly scope: CooldownScope;
  readonly before: CooldownRecord | undefined;
  readonly after: CooldownRecord | undefined;
}

/**
 * Moves the two records a lease touches, its account's and that of its account and model, by what was reported. A failure cools
 * the record of its scope; for the other it was a probe that told nothing. `blameless`: the failure is the platform's.
 */
export function settleRecords(
  figures: AccountFigures,
  request: SettleRequest,
  { timings, blameless }: { readonly timings: CooldownTimings; readonly blameless: boolean },
): readonly Step[] {
  const steps: Step[] = [];
  for (const scope of scopes) {
    const before = figures.record(scope, request.model);
    const after = nextRecord(scope, before, request, timings, blameless);
    if (figures.setRecord(scope, request.model, after)) steps.push({ scope, before, after });
  }
  return steps;
}

function nextRecord(
  scope: CooldownScope,
  record: CooldownRecord | undefined,
  request: SettleRequest,
  timings: CooldownTimings,
  blameless: boolean,
): CooldownRecord | undefined {
  const { leaseId, nowMs, outcome, failure } = request;
  if (outcome === 'success') return afterSuccess(record, request, nowMs);
  const lost = () => afterProbeLost(record, leaseId, { nowMs, probeTimeoutMs: timings.probeTimeoutMs });
  if (outcome === 'cancelled' || failure === undefined || failure.reason === 'CANCELLED' || blameless)
    return lost();
  if (!failure.failover) return afterCallerFault(record, leaseId);
  if (failure.effect?.scope !== scope) return lost();
  return afterFailure(record, { effect: failure.effect, lease: request, timings, nowMs });
}
