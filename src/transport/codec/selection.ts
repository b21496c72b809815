import { type Account as AccountMessage, AccountType } from '../../../gen/remora/v1/account_pb.ts';
import { FailoverReason } from '../../../gen/remora/v1/failure_pb.ts';
import type { SelectAccountResponse } from '../../../gen/remora/v1/router_pb.ts';
import {
  type Attempt as AttemptMessage,
  type Lease,
  type MovedFrom,
  type SelectionFailure as SelectionFailureMessage,
  type Selection as SelectionMessage,
  Sticky,
  Verdict,
  type WaitPlan as WaitPlanMessage,
} from '../../../gen/remora/v1/selection_pb.ts';
import type { Account } from '../../catalog/account.ts';
import type { Attempt, Selection, SelectionFailure, StickyOutcome, WaitPlan } from '../../routing/api.ts';
import { encodeDuration, encodeTime } from './time.ts';

/*
 * Messages are written as literals, not by `create`: the encoder only reads the fields, and a literal of one shape is the
 * cheapest object there is.
 */

const accountTypes = {
  oauth: AccountType.OAUTH,
  setup_token: AccountType.SETUP_TOKEN,
  api_key: AccountType.API_KEY,
  bedrock: AccountType.BEDROCK,
  other: AccountType.UNSPECIFIED,
} as const;

/** A binding's outcome as messages number it. */
export const stickies: Readonly<Record<StickyOutcome, Sticky>> = {
  NONE: Sticky.UNSPECIFIED,
  BOUND: Sticky.BOUND,
  KEPT: Sticky.KEPT,
  MOVED: Sticky.MOVED,
};

/** Accounts never change in place, so one message serves all answers that name the account. */
const accountMessages = new WeakMap<Account, AccountMessage>();

export function encodeAccount(account: Account): AccountMessage {
  let message = accountMessages.get(account);
  if (message === undefined) {
    message = {
      $typeName: 'remora.v1.Account',
      id: account.id,
      name: account.name,
      platform: account.platform,
      type: accountTypes[account.type],
      priority: account.priority,
      baseUrl: account.baseUrl,
      proxyUrl: account.proxyUrl,
      labels: account.labels,
    };
    accountMessages.set(account, message);
  }
  return message;
}

export function encodeLease(lease: { readonly id: string; readonly expiresAtMs: number }): Lease {
  return { $typeName: 'remora.v1.Lease', id: lease.id, expiresAt: encodeTime(lease.expiresAtMs) };
}

export function encodeAttempt(attempt: Attempt): AttemptMessage {
  return {
    $typeName: 'remora.v1.Attempt',
    accountId: attempt.accountId,
    model: attempt.model,
    reason: FailoverReason[attempt.reason],
    skipped: attempt.skipped,
    duration: attempt.durationMs > 0 ? encodeDuration(attempt.durationMs) : undefined,
  };
}

export function encodeSelection(selection: Selection): SelectAccountResponse {
  const { account, attempts, movedFrom } = selection;
  const value: SelectionMessage = {
    $typeName: 'remora.v1.Selection',
    account: encodeAccount(account),
    upstreamModel: selection.upstreamModel,
    lease: encodeLease(selection.lease),
    rateMultiplier: selection.rateMultiplier,
    sticky: stickies[selection.sticky],
    movedFrom: movedFrom === undefined ? undefined : encodeMovedFrom(movedFrom),
    tier: account.tier,
    attempt: selection.attempt,
    degraded: selection.degraded,
    credential: selection.credential,
    attempts: attempts.length === 0 ? [] : attempts.map(encodeAttempt),
  };
  return { $typeName: 'remora.v1.SelectAccountResponse', outcome: { case: 'selection', value } };
}

export function encodeMovedFrom(moved: NonNullable<Selection['movedFrom']>): MovedFrom {
  return { $typeName: 'remora.v1.MovedFrom', accountId: moved.accountId, verdict: Verdict[moved.verdict] };
}

export function encodeWaitPlan(plan: WaitPlan): SelectAccountResponse {
  const value: WaitPlanMessage = {
    $typeName: 'remora.v1.WaitPlan',
    accountId: plan.accountId,
    maxConcurrency: plan.maxConcurrency,
    timeout: encodeDuration(plan.timeoutMs),
    maxWaiting: plan.maxWaiting,
    waiting: plan.waiting,
  };
  return { $typeName: 'remora.v1.SelectAccountResponse', outcome: { case: 'waitPlan', value } };
}

/** A failure without a word on why stands for one that knows none. */
export function encodeSelectionFailure(failure: SelectionFailure | undefined): SelectionFailureMessage {
  const earliestMs = failure?.earliestAvailableMs;
  return {
    $typeName: 'remora.v1.SelectionFailure',
    rejections: (failure?.rejections ?? []).map(({ verdict, count }) => ({
      $typeName: 'remora.v1.Rejection',
      verdict: Verdict[verdict],
      count,
    })),
    attempts: (failure?.attempts ?? []).map(encodeAttempt),
    attemptsOmitted: failure?.attemptsOmitted ?? 0,
    earliestAvailable: earliestMs === undefined ? undefined : encodeTime(earliestMs),
  };
}
