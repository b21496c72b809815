import type { CooldownTimings } from '../../failover/cooldown.ts';
import type {
  AppliedCooldown,
  Chain,
  Lease,
  LeaseFate,
  SettledFailure,
  SettleRequest,
} from '../../ports/state-store.ts';
import { extendedChain } from '../memory/chain-steps.ts';
import type { Reply } from './calls.ts';
import { grantOf, leaseOf } from './lease-payload.ts';
import { decodeRecord } from './record-text.ts';
import {
  type AccountReply,
  accountsOf,
  type DroppedReplies,
  droppedOf,
  listOf,
  numberOf,
  textOf,
  textsOf,
} from './reply.ts';

/** What settle.lua answered, and the leases it found over on the way. */
export interface SettleReply {
  readonly answer: SettleAnswer;
  readonly dropped: DroppedReplies;
}

export type SettleAnswer =
  | { readonly kind: 'duplicate'; readonly stamp: number; readonly fields: readonly string[] }
  | {
      readonly kind: 'settled';
      readonly stamp: number;
      readonly inFlight: number;
      /** Callers waiting for the account, at any sidecar. */
      readonly waiting: number;
      readonly platformFault: boolean;
      readonly cooldown: AppliedCooldown | undefined;
      readonly standing: boolean;
      readonly fields: readonly string[];
      readonly lease: Lease | undefined;
      /** Further accounts whose standing changed. */
      readonly others: readonly AccountReply[];
    };

export interface SettleContext {
  readonly sidecar: string;
  readonly timings: CooldownTimings;
  readonly spendTtlMs: number;
}

/** A report as settle.lua is told of it. */
export function settleArgs(
  request: SettleRequest,
  { sidecar, timings, spendTtlMs }: SettleContext,
): readonly (string | number)[] {
  const { spend, upstreamWindow, failure } = request;
  return [
    request.nowMs,
    request.leaseId,
    request.accountId,
    request.model,
    request.grantedAtMs,
    request.outcome,
    sidecar,
    spend.kind,
    spend.kind === 'known' ? spend.costUsd : 0,
    spendTtlMs,
    upstreamWindow?.startMs ?? '',
    upstreamWindow?.endMs ?? '',
    timings.forgetAfterMs,
    timings.probeAfterMs,
    timings.probeTimeoutMs,
    ...failureArgs(failure),
  ];
}

function failureArgs(failure: SettledFailure | undefined): readonly (string | number)[] {
  if (failure === undefined) return ['', '', '', '', '', '', '', '', '', '', ''];
  const { effect, ...kept } = failure;
  const { schedule } = effect ?? {};
  return [
    failure.reason,
    failure.failover ? '1' : '0',
    failure.platform,
    failure.fingerprint,
    JSON.stringify(kept),
    effect?.scope ?? '',
    schedule?.baseMs ?? '',
    schedule?.growth ?? '',
    schedule?.maxSteps ?? '',
    schedule?.capMs ?? '',
    effect?.hintUntilMs ?? '',
  ];
}

export function readSettleReply(reply: Reply, request: SettleRequest): SettleReply {
  const [answer, ...dropped] = listOf(reply);
  return {
    answer: answerOf(listOf(answer), request),
    dropped: droppedOf(dropped),
  };
}

function answerOf([kind, stamp, ...rest]: readonly Reply[], request: SettleRequest): SettleAnswer {
  if (kind === 'duplicate') return { kind, stamp: numberOf(stamp), fields: textsOf(rest[0]) };
  const [inFlight, waiting, fault, endBefore, record, standing, fields, held, others] = rest;
  const platformFault = fault === '1';
  return {
    kind: 'settled',
    stamp: numberOf(stamp),
    inFlight: numberOf(inFlight),
    waiting: numberOf(waiting),
    platformFault,
    cooldown: platformFault ? undefined : cooldownOf(request, textOf(record), textOf(endBefore)),
    standing: standing === '1',
    fields: textsOf(fields),
    lease: listOf(held).length === 0 ? undefined : leaseOf(held!),
    others: accountsOf(others),
  };
}

/** The cooldown that stands after this failure, if it touched one. */
function cooldownOf(
  { failure }: SettleRequest,
  recordText: string,
  endBefore: string,
): AppliedCooldown | undefined {
  const scope = failure?.effect?.scope;
  const record = decodeRecord(recordText);
  if (scope === undefined || record === undefined) return undefined;
  return { scope, record, moved: endBefore === '' || record.untilMs > Number(endBefore) };
}

/** What fate.lua answered of the lease. */
export function fateOf(reply: Reply, leaseId: string): LeaseFate {
  const [kind, ...rest] = listOf(reply);
  if (kind === 'held') return { kind, lease: leaseOf(rest) };
  if (kind === 'settled') return { kind };
  if (kind !== 'failed') return { kind: 'unknown' };
  const [accountId, model, payload, failure, platformFault, next] = rest.map(textOf);
  return {
    kind,
    nextLeaseId: next!,
    chain: chainOf(payload!, failure!, {
      leaseId,
      accountId: accountId!,
      model: model!,
      platformFault: platformFault === '1',
    }),
  };
}

function chainOf(
  payload: string,
  failure: string,
  { platformFault, ...lease }: { leaseId: string; accountId: string; model: string; platformFault: boolean },
): Chain {
  const grant = grantOf(payload);
  return extendedChain(grant && { grant }, lease, JSON.parse(failure) as SettledFailure, { platformFault });
}
