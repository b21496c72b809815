import type { Chain, ChainAttempt, Grant, SettledFailure, SettleRequest } from '../../ports/state-store.ts';

/** The earlier attempts that showed the very fault this one shows, where they make it the platform's: two accounts did. */
export function sameFault(
  chain: Chain | undefined,
  { platform, fingerprint }: SettledFailure,
  accountId: string,
): readonly ChainAttempt[] {
  if (fingerprint === '' || chain === undefined) return [];
  const same = chain.attempts.filter(
    (attempt) => attempt.fingerprint === fingerprint && attempt.platform === platform,
  );
  return same.some((attempt) => attempt.accountId !== accountId) ? same : [];
}

/** The chain of the lease with the attempt that this failure makes of it. `lease`: as it was held, if it still was. */
export function extendedChain(
  lease: { readonly grant: Pick<Grant, 'request' | 'chain' | 'passedOver'> } | undefined,
  { leaseId, accountId, model }: Pick<SettleRequest, 'leaseId' | 'accountId' | 'model'>,
  failure: SettledFailure,
  { platformFault }: { readonly platformFault: boolean },
): Chain {
  const { reason, durationMs, platform, fingerprint } = failure;
  const attempt: ChainAttempt = {
    accountId,
    model,
    reason,
    skipped: false,
    durationMs,
    platform,
    fingerprint,
    leaseId,
  };
  const prior = lease?.grant.chain;
  const faulty = prior?.faultyPlatforms ?? [];
  return {
    request: prior?.request ?? lease?.grant.request ?? failure.request,
    attempts: [...(prior?.attempts ?? []), ...(lease?.grant.passedOver ?? []), attempt],
    faultyPlatforms: platformFault && !faulty.includes(platform) ? [...faulty, platform] : faulty,
    ended: !failure.failover,
  };
}
