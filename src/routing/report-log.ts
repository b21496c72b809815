import type { AppliedCooldown, SettleResult } from '../ports/state-store.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { LeaseTerms } from './lease-id.ts';
import type { Judgement } from './report-result.ts';

export interface ReportEvent {
  readonly lease: LeaseTerms;
  readonly result: SettleResult;
  readonly judgement: Judgement | undefined;
}

/**
 * Says in one line what a failure was taken for, on what evidence, and what follows. Nothing is logged of what the upstream or
 * the caller wrote: evidence names the rule or the header that decided.
 */
export function logReport(log: Logger, { lease, result, judgement }: ReportEvent): void {
  if (judgement === undefined || result.duplicate) return;
  const { classification, hint, failure } = judgement;
  const { cooldown } = result;
  const fields = {
    account: lease.accountId,
    model: lease.model,
    reason: classification.reason,
    evidence: classification.evidence,
    status: failure.httpStatus,
    ...(hint && { hint: hint.evidence }),
    ...(cooldown && {
      scope: cooldown.scope,
      until: untilOf(cooldown),
      source: cooldown.record.source,
      failures: failuresOf(cooldown),
    }),
  };
  const model = lease.model === '' ? 'any model' : `model ${lease.model}`;
  const sentence = `account ${lease.accountId} failed for ${model}: ${classification.reason}; ${consequence(result)}`;
  if (result.platformFault || cooldown?.moved) log.warn(fields, sentence);
  else log.info(fields, sentence);
}

function consequence({ platformFault, cooldown }: SettleResult): string {
  if (platformFault) return 'another account of its platform answered alike, so neither is blamed';
  if (cooldown === undefined) return 'it is not blamed';
  const models = cooldown.scope === 'ACCOUNT' ? 'every model' : 'that model';
  return cooldown.moved
    ? `it cools down for ${models} until ${untilOf(cooldown)}`
    : `its cooldown for ${models} stands until ${untilOf(cooldown)}`;
}

function untilOf({ record }: AppliedCooldown): string {
  return new Date(record.untilMs).toISOString();
}

/** Bills are counted apart. */
function failuresOf({ record }: AppliedCooldown): number {
  return record.reason === 'BILLING' ? record.billingFailures : record.failures;
}
