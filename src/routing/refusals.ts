import type { ChainAttempt } from '../ports/state-store.ts';
import type { Attempt, Refusal, SelectionFailure } from './api.ts';
import type { Survey } from './survey.ts';

const attemptsMax = 32;

/** A caller sees where an attempt went and how it ended, not what remora compares by. */
export function toAttempts(attempts: readonly ChainAttempt[]): readonly Attempt[] {
  return attempts.slice(-attemptsMax).map(({ accountId, model, reason, skipped, durationMs }) => ({
    accountId,
    model,
    reason,
    skipped,
    durationMs,
  }));
}

export function toFailure(survey: Survey, attempts: readonly ChainAttempt[]): SelectionFailure {
  return {
    rejections: [...survey.counts].map(([verdict, count]) => ({ verdict, count })),
    attempts: toAttempts(attempts),
    attemptsOmitted: Math.max(0, attempts.length - attemptsMax),
    ...(survey.earliestMs !== undefined && { earliestAvailableMs: survey.earliestMs }),
  };
}

/** Why a pool gave nothing, in words and as the kind that decides the status. */
export function refusalOf(survey: Survey, attempts: readonly ChainAttempt[], asked: Asked): Refusal {
  const failure = toFailure(survey, attempts);
  const what = describe(asked);
  if (survey.full)
    return {
      kind: 'exhausted',
      message: `every account for ${what} is at its concurrency limit, and its queue is full or the wait is over`,
      failure,
    };
  if (survey.exhausted)
    return {
      kind: 'exhausted',
      message: `every account for ${what} is cooling down, spent, or was tried already`,
      failure,
    };
  return {
    kind: 'precondition',
    message: `no account can serve ${what}${reasonFor(survey, asked)}`,
    failure,
  };
}

/** What was asked for, to be named in a refusal. */
export interface Asked {
  readonly groupId: string;
  readonly model: string;
  readonly requireSticky: boolean;
}

function describe({ groupId, model }: Asked): string {
  return `${model === '' ? 'any model' : `model "${model}"`} ${groupId === '' ? 'without a group' : `in group "${groupId}"`}`;
}

function reasonFor(survey: Survey, { requireSticky }: Asked): string {
  const seen = [...survey.counts].map(([verdict, count]) => `${count} ${verdict}`).join(', ');
  if (requireSticky && survey.counts.size === 0)
    return ': the session is bound to no account, and its own was required';
  return seen === '' ? ': the pool is empty' : ` (${seen})`;
}

export const unknownGroup = (groupId: string): Refusal => ({
  kind: 'not_found',
  message: `group_id: no group "${groupId}"`,
});

export const notALease = (field: string): Refusal => ({
  kind: 'not_found',
  message: `${field}: not a lease id that a sidecar gave out`,
});
