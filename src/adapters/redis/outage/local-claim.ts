import type { ClaimCandidate, ClaimRequest, ClaimResult } from '../../../ports/state-store.ts';
import { sessionKeyOf } from '../../memory/bindings.ts';
import type { Journal } from './journal.ts';
import type { LocalStore } from './outage-store.ts';
import type { SwitchedFigures } from './switched-figures.ts';

export interface LocalClaimContext {
  readonly store: LocalStore;
  /** Sidecars last known, this one included. */
  readonly sidecars: number;
  readonly figures: (accountId: string) => SwitchedFigures;
  readonly journal: Journal;
}

/** Claims from the store of an outage, within this sidecar's share of each limit. */
export function claimLocally(
  request: ClaimRequest,
  { store, sidecars, figures, journal }: LocalClaimContext,
): ClaimResult {
  const { session, groupId, nowMs, candidates } = request;
  const shares = candidates.map((candidate) => shareOf(candidate, sidecars));
  for (const [index, candidate] of candidates.entries())
    figures(candidate.accountId).reserve(candidate, shares[index]!);
  // What is known of a binding from before the outage is taken on trust.
  const isKnown = session !== undefined && store.boundAccountId(groupId, session.sessionId, nowMs) !== '';
  const result = store.claim({
    ...request,
    candidates: shares,
    session: session && { ...session, verify: session.verify && isKnown },
  });
  if (result.kind !== 'granted' || session === undefined) return result;
  const { accountId } = result.lease;
  journal.noteBinding({
    sessionKey: sessionKeyOf(groupId, session.sessionId),
    accountId,
    endsAtMs: nowMs + session.ttlMs,
    idleMs: candidates.find((candidate) => candidate.accountId === accountId)?.sessionIdleMs ?? 0,
  });
  return result;
}

/** One sidecar's share of an account's limits; a limit that is there at all leaves at least one. */
export function shareOf(candidate: ClaimCandidate, sidecars: number): ClaimCandidate {
  const share = (limit: number) => (limit === 0 ? 0 : Math.max(1, Math.floor(limit / sidecars)));
  // Field by field: some of a candidate's are computed when they are asked for.
  const { accountId, leaseSuffix, concurrency, rpmLimit, sessionLimit, sessionIdleMs } = candidate;
  return {
    accountId,
    leaseSuffix,
    concurrency: share(concurrency),
    rpmLimit: share(rpmLimit),
    sessionLimit: share(sessionLimit),
    sessionIdleMs,
  };
}
