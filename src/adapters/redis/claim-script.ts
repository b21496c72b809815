import type { ClaimRequest, Lease } from '../../ports/state-store.ts';
import type { Verdict } from '../../selection/verdict.ts';
import { sessionKeyOf } from '../memory/bindings.ts';
import type { Reply } from './calls.ts';
import { assembleLease, encodePayload, leaseOf, marksOf } from './lease-payload.ts';
import {
  type AccountReply,
  accountOf,
  accountsOf,
  type DroppedReplies,
  droppedOf,
  listOf,
  numberOf,
  textOf,
  textsOf,
} from './reply.ts';

/** What claim.lua answered, and the leases it found over on the way. */
export interface ClaimReply {
  readonly answer: ClaimAnswer;
  readonly dropped: DroppedReplies;
}

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

/** A claim as claim.lua is told of it. */
export class ClaimCall {
  readonly #request: ClaimRequest;
  readonly #payload: string;

  constructor(request: ClaimRequest) {
    this.#request = request;
    this.#payload = encodePayload(request);
  }

  args(sidecar: string, probeTimeoutMs: number): readonly (string | number)[] {
    const { nowMs, nonce, ttlMs, groupId, model, requestKey, session, candidates, grant } = this.#request;
    const args: (string | number)[] = [nowMs, nonce, ttlMs, groupId, model, requestKey, this.#payload];
    if (session === undefined) args.push('', '', 0, '', '0');
    else {
      const { sessionId, ttlMs: bindingMs, assumedAccountId, verify } = session;
      args.push(sessionId, sessionKeyOf(groupId, sessionId), bindingMs, assumedAccountId, verify ? '1' : '0');
    }
    args.push(probeTimeoutMs, sidecar, candidates.length);
    for (const { accountId, leaseSuffix, concurrency, rpmLimit, sessionLimit, sessionIdleMs } of candidates)
      args.push(accountId, leaseSuffix, concurrency, rpmLimit, sessionLimit, sessionIdleMs);
    args.push(...marksOf(grant.chain));
    return args;
  }

  read(reply: Reply): ClaimReply {
    const [answer, ...dropped] = listOf(reply);
    return {
      answer: this.#answerOf(listOf(answer)),
      dropped: droppedOf(dropped),
    };
  }

  #answerOf([kind, ...rest]: readonly Reply[]): ClaimAnswer {
    switch (kind) {
      case 'granted':
        return this.#granted(rest);
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

  #granted([index, inFlight, stamp, own, ofModel, sessions, oldest]: readonly Reply[]): ClaimAnswer {
    const { nowMs, nonce, ttlMs, model, candidates } = this.#request;
    const { accountId, leaseSuffix } = candidates[numberOf(index)]!;
    return {
      kind: 'granted',
      lease: assembleLease(this.#payload, {
        id: `${nonce}.${leaseSuffix}`,
        accountId,
        model,
        grantedAtMs: nowMs,
        expiresAtMs: nowMs + ttlMs,
        ttlMs,
      }),
      inFlight: numberOf(inFlight),
      stamp: numberOf(stamp),
      records: [textOf(own), textOf(ofModel)],
      sessions: sessions === '' ? undefined : { count: numberOf(sessions), oldestSeenMs: numberOf(oldest) },
    };
  }
}
