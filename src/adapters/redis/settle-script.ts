import type {
  AppliedCooldown,
  Chain,
  Lease,
  LeaseFate,
  SettledFailure,
  SettleRequest,
} from '../../ports/state-store.ts';
import { extendedChain } from '../memory/chain-steps.ts';
import type { CallAnswer } from './call-batches.ts';
import type { Reply } from './calls.ts';
import { jsonText } from './json-text.ts';
import { grantOf, leaseOf, leaseSuffixOf, nonceOf } from './lease-payload.ts';
import { decodeRecord } from './record-text.ts';
import { type AccountReply, accountsOf, listOf, numberOf, textOf, textsOf } from './reply.ts';

/** What settle.lua answered. */
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
      /** The lease where it was held until now. Nothing here asks for it but the chain of a failure: it is read when it is. */
      readonly lease: (() => Lease) | undefined;
      /** Further accounts whose standing changed. */
      readonly others: readonly AccountReply[];
    };

/** A report as settle.lua is told of it: a JSON list. */
export function settleArgs(request: SettleRequest): readonly [string] {
  const { nowMs, leaseId, accountId, model, grantedAtMs, outcome, spend, upstreamWindow, failure } = request;
  const list: unknown[] = [nowMs, leaseId, accountId, model, grantedAtMs, outcome];
  list.push(spend.kind, spend.kind === 'known' ? spend.costUsd : 0);
  if (upstreamWindow === undefined) list.push('', '');
  else list.push(String(upstreamWindow.startMs), String(upstreamWindow.endMs));
  if (failure !== undefined) list.push(...failureArgs(failure));
  return [jsonText(list)];
}

function failureArgs(failure: SettledFailure): readonly unknown[] {
  const { effect, ...kept } = failure;
  const { reason, failover, platform, fingerprint } = failure;
  const { scope = '', hintUntilMs = '', schedule } = effect ?? {};
  const { baseMs = '', growth = '', maxSteps = '', capMs = '' } = schedule ?? {};
  return [
    ...[reason, failover, platform, fingerprint, JSON.stringify(kept)],
    ...[scope, baseMs, growth, maxSteps, capMs, String(hintUntilMs)],
  ];
}

export function readSettleAnswer(answer: CallAnswer, request: SettleRequest): SettleAnswer {
  if (typeof answer === 'string') return plainAnswer(answer, request);
  const [kind, stamp, ...rest] = answer;
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
    lease: listOf(held).length === 0 ? undefined : () => leaseOf(held!),
    others: accountsOf(others),
  };
}

/** The answer to most reports: no cooldown began or ended. */
function plainAnswer(line: string, { leaseId, accountId, model }: SettleRequest): SettleAnswer {
  const [stamp, inFlight, waiting, granted, ends, ttl, payload, ...fields] = line.split('\t');
  const held = [nonceOf(leaseId), leaseSuffixOf(leaseId), accountId, model, granted!, ends!, ttl!, payload!];
  return {
    kind: 'settled',
    stamp: Number(stamp),
    inFlight: Number(inFlight),
    waiting: Number(waiting),
    platformFault: false,
    cooldown: undefined,
    standing: false,
    fields,
    lease: granted === '' ? undefined : () => leaseOf(held),
    others: [],
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
