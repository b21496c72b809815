import type { Clock } from '../ports/clock.ts';
import type { Chain, ChainRequest, StateStore } from '../ports/state-store.ts';
import type { Refusal } from './api.ts';
import { parseLeaseId } from './lease-id.ts';
import { notALease, toAttempts } from './refusals.ts';

export type ResumedChain =
  | { readonly kind: 'chain'; readonly chain: Chain }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** The chain a failed lease left, if it may go on. */
export async function resumeChain(
  failoverFrom: string,
  { state, clock }: { readonly state: StateStore; readonly clock: Clock },
): Promise<ResumedChain> {
  if (parseLeaseId(failoverFrom) === undefined)
    return { kind: 'refused', refusal: notALease('failover_from') };
  const fate = await state.fate(failoverFrom, clock.now());
  switch (fate.kind) {
    case 'failed':
      return fate.chain.ended
        ? { kind: 'refused', refusal: endedRefusal(fate.chain) }
        : { kind: 'chain', chain: fate.chain };
    case 'settled':
      return precondition('failover_from: this lease was not reported as a failure');
    default:
      return precondition(
        'failover_from: no failure of this lease is known; report it first, with ReportResult',
      );
  }
}

/** The refusal to go on with a chain whose last failure would meet the request at any account. */
function endedRefusal(chain: Chain): Refusal {
  const reason = chain.attempts.at(-1)?.reason ?? 'UNKNOWN';
  return chainRefusal(chain, `failover_from: it failed with ${reason}, which another account would not help`);
}

/** The refusal to go on from an attempt again, where the one that followed it was reported. */
export function goneOnRefusal(chain: Chain): Refusal {
  return chainRefusal(chain, 'the attempt that followed this one was reported already');
}

function chainRefusal(chain: Chain, message: string): Refusal {
  const attempts = toAttempts(chain.attempts);
  const attemptsOmitted = chain.attempts.length - attempts.length;
  return { kind: 'precondition', message, failure: { rejections: [], attempts, attemptsOmitted } };
}

function precondition(message: string): ResumedChain {
  const failure = { rejections: [], attempts: [], attemptsOmitted: 0 };
  return { kind: 'refused', refusal: { kind: 'precondition', message, failure } };
}

/** The chain a report leaves where nothing is remembered of its lease but what its id tells. */
export function requestOfLease(lease: { readonly groupId: string; readonly model: string }): ChainRequest {
  return {
    groupId: lease.groupId,
    model: lease.model,
    sessionId: '',
    userId: '',
    platform: '',
    excludedAccountIds: [],
    leaseTtlMs: 0,
  };
}
