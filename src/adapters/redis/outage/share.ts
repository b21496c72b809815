import type { ClaimCandidate } from '../../../ports/state-store.ts';

/** One sidecar's share of an account's limits; a limit that is there at all leaves at least one. */
export function shareOf(candidate: ClaimCandidate, sidecars: number): ClaimCandidate {
  const share = (limit: number) => (limit === 0 ? 0 : Math.max(1, Math.floor(limit / sidecars)));
  return {
    ...candidate,
    concurrency: share(candidate.concurrency),
    rpmLimit: share(candidate.rpmLimit),
    sessionLimit: share(candidate.sessionLimit),
  };
}
