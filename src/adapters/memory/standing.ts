import {
  afterCallerFault,
  afterProbeLost,
  afterSuccess,
  type CooldownRecord,
  type CooldownTimings,
} from '../../failover/cooldown.ts';
import { afterFailure } from '../../failover/cooldown-failures.ts';
import type { CooldownScope } from '../../failover/failure.ts';
import type { SettleRequest } from '../../ports/state-store.ts';
import type { AccountFigures } from './account-figures.ts';

/** The two records a lease touches: its account's, and that of its account and model. */
export const recordScopes: readonly CooldownScope[] = ['ACCOUNT', 'ACCOUNT_MODEL'];

/** What a report did to one record. */
export interface RecordStep {
  readonly scope: CooldownScope;
  readonly before: CooldownRecord | undefined;
  readonly after: CooldownRecord | undefined;
}

/**
 * Moves the records of a lease by what was reported. A failure cools the record of its scope; for the other it was a probe that told
 * nothing. `blameless`: the failure is the platform's. Answers the records that changed.
 */
export function moveRecords(
  figures: AccountFigures,
  request: SettleRequest,
  { timings, blameless }: { readonly timings: CooldownTimings; readonly blameless: boolean },
): readonly RecordStep[] {
  const steps: RecordStep[] = [];
  for (const scope of recordScopes) {
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
  const { probeTimeoutMs } = timings;
  if (outcome === 'success') return afterSuccess(record, request, { nowMs, probeTimeoutMs });
  const lost = () => afterProbeLost(record, leaseId, { nowMs, probeTimeoutMs });
  if (outcome === 'cancelled' || failure === undefined || failure.reason === 'CANCELLED' || blameless)
    return lost();
  if (!failure.failover) return afterCallerFault(record, leaseId);
  const { effect, fingerprint } = failure;
  if (effect?.scope !== scope) return lost();
  const { grantedAtMs } = request;
  const lease = { leaseId, grantedAtMs };
  return afterFailure(record, { effect, lease, atMs: nowMs, revocable: fingerprint !== '' }, timings);
}
