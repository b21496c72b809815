import type { SettleResult } from '../ports/state-store.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ParsedLease } from './lease-id.ts';
import type { Judgement } from './report-result.ts';

export interface ReportEvent {
  readonly lease: ParsedLease;
  readonly result: SettleResult;
  readonly judgement: Judgement | undefined;
}

/** Says in one line what a failure was taken for, on what evidence, and what follows. Nothing of the upstream's body is logged. */
export function logReport(log: Logger, { lease, result, judgement }: ReportEvent): void {
  if (judgement === undefined || result.duplicate) return;
  const { classification, hint, failure } = judgement;
  const fields = {
    account: lease.accountId,
    model: lease.model,
    reason: classification.reason,
    evidence: classification.evidence,
    status: failure.httpStatus,
    ...(hint && { hint: hint.evidence }),
    ...(result.cooldown && {
      scope: result.cooldown.scope,
      until: new Date(result.cooldown.record.untilMs).toISOString(),
      source: result.cooldown.record.source,
      failures: result.cooldown.record.failures + result.cooldown.record.billingFailures,
    }),
  };
  if (result.platformFault)
    log.warn(
      fields,
      'two accounts of a platform gave the same fault: the platform is at fault, no account is benched',
    );
  else if (result.cooldown?.moved) log.warn(fields, 'an attempt failed: its account cools down');
  else if (result.cooldown) log.info(fields, 'an attempt failed during a cooldown that stands already');
  else log.info(fields, 'an attempt failed by no fault of its account');
}
