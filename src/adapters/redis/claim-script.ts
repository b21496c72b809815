import type { ClaimRequest, Lease } from '../../ports/state-store.ts';
import type { Verdict } from '../../selection/verdict.ts';
import type { CallAnswer } from './call-batches.ts';
import { jsonText } from './json-text.ts';
import { encodePayload, grantedLease, leaseOf, marksOf } from './lease-payload.ts';
import { type AccountReply, accountOf, accountsOf, numberOf, textOf, textsOf } from './reply.ts';

/** What claim.lua answered. */
export type ClaimAnswer =
  | {
      readonly kind: 'granted';
      readonly lease: Lease;
      readonly inFlight: number;
      readonly stamp: number;
      /** The account's record and that of account and model; empty: none. */
      readonly records: readonly [string, string];
      /** How many sessions the account has, where that was looked at. */
      readonly sessions: { readonly count: number; readonly oldestSeenMs: number } | undefined;
    }
  | { readonly kind: 'replayed'; readonly lease: Lease }
  | {
      readonly kind: 'differs';
      readonly accountId: string;
      /** Whether the session counts among those of the account. */
      readonly isKnown: boolean;
      /** When the binding ends. */
      readonly endsAtMs: number;
      readonly stamp: number;
      readonly account: AccountReply | undefined;
    }
  | {
      readonly kind: 'none';
      readonly stamp: number;
      readonly verdicts: readonly Verdict[];
      readonly accounts: readonly AccountReply[];
    }
  | { readonly kind: 'stale' };

/** A claim as claim.lua is told of it: a JSON list, and what is kept with the lease. */
export function claimArgs(request: ClaimRequest): readonly [string, string] {
  const { nowMs, nonce, ttlMs, groupId, model, requestKey, session, candidates, grant } = request;
  const list: unknown[] = [nowMs, nonce, ttlMs, groupId, model, requestKey];
  if (session === undefined) list.push('', 0, '', false);
  else list.push(session.sessionId, session.ttlMs, session.assumedAccountId, session.verify);
  list.push(marksOf(grant.chain), candidates.length);
  for (const { accountId, leaseSuffix, concurrency, rpmLimit, sessionLimit, sessionIdleMs } of candidates)
    list.push(accountId, leaseSuffix, concurrency, rpmLimit, sessionLimit, sessionIdleMs);
  return [jsonText(list), encodePayload(request)];
}

export function readClaimAnswer(answer: CallAnswer, request: ClaimRequest): ClaimAnswer {
  if (typeof answer === 'string') return granted(answer, request);
  const [kind, ...rest] = answer;
  switch (kind) {
    case 'replayed':
      return { kind, lease: leaseOf(rest) };
    case 'differs': {
      const [accountId, known, ends, stamp, account] = rest;
      return {
        kind,
        accountId: textOf(accountId),
        isKnown: known === '1',
        endsAtMs: numberOf(ends),
        stamp: numberOf(stamp),
        account: account === undefined ? undefined : accountOf(account),
      };
    }
    case 'none': {
      const [stamp, verdicts, accounts] = rest;
      return {
        kind,
        stamp: numberOf(stamp),
        verdicts: textsOf(verdicts) as readonly Verdict[],
        accounts: accountsOf(accounts),
      };
    }
    default:
      return { kind: 'stale' };
  }
}

function granted(line: string, request: ClaimRequest): ClaimAnswer {
  const [index, inFlight, stamp, own, ofModel, sessions, oldest] = line.split('\t');
  const { nowMs, nonce, ttlMs, model, candidates } = request;
  const { accountId, leaseSuffix } = candidates[Number(index)]!;
  return {
    kind: 'granted',
    lease: grantedLease(request, {
      id: `${nonce}.${leaseSuffix}`,
      accountId,
      model,
      grantedAtMs: nowMs,
      expiresAtMs: nowMs + ttlMs,
      ttlMs,
    }),
    inFlight: Number(inFlight),
    stamp: Number(stamp),
    records: [own!, ofModel!],
    sessions: sessions === '' ? undefined : { count: Number(sessions), oldestSeenMs: Number(oldest) },
  };
}
