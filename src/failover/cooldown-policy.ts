import type { CooldownEffect, CooldownTimings, Schedule } from './cooldown.ts';
import type { Classification, FailoverReason, UpstreamHint } from './failure.ts';

/** The settings of cooldowns, see `cooldown.*` in the configuration. Milliseconds. */
export interface CooldownPolicy extends CooldownTimings {
  readonly standard: Schedule;
  readonly billing: Schedule;
  readonly overloaded: Schedule;
  readonly modelNotFoundMs: number;
}

/**
 * What a classified failure does to its account, or undefined where the reason blames nobody. A hint decides the length, and
 * widens the scope to the account where it speaks of the account's windows; it never narrows it.
 */
export function cooldownEffect(
  classification: Classification,
  hint: UpstreamHint | undefined,
  policy: CooldownPolicy,
): CooldownEffect | undefined {
  if (!classification.failover) return undefined;
  const { reason } = classification;
  const accountWide = reason === 'BILLING' || reason === 'AUTH' || hint?.scope === 'ACCOUNT';
  return {
    scope: accountWide ? 'ACCOUNT' : 'ACCOUNT_MODEL',
    reason,
    schedule: scheduleOf(reason, policy),
    ...(hint !== undefined && { hintUntilMs: hint.untilMs }),
  };
}

function scheduleOf(reason: FailoverReason, policy: CooldownPolicy): Schedule {
  switch (reason) {
    case 'BILLING':
      return policy.billing;
    case 'OVERLOADED':
      return policy.overloaded;
    case 'MODEL_NOT_FOUND':
      return { baseMs: policy.modelNotFoundMs, growth: 1, maxSteps: 0, capMs: policy.modelNotFoundMs };
    default:
      return policy.standard;
  }
}
