import type { Account } from '../catalog/account.ts';
import { isSubscription } from '../catalog/account.ts';
import type { Candidate, CandidateQuery, Catalog } from '../catalog/catalog.ts';
import type { ClaimCandidate, StateStore } from '../ports/state-store.ts';
import { rpmLimitOf } from '../selection/filters/rpm.ts';
import type { PoolEntry } from '../selection/pool-entry.ts';
import { leaseSuffix } from './lease-id.ts';

/** Makes the entries a selection works on, once for each list of candidates the catalog keeps. */
export class PoolEntries {
  readonly #state: Pick<StateStore, 'figures'>;
  readonly #byCandidates = new WeakMap<readonly Candidate[], readonly PoolEntry[]>();

  constructor(state: Pick<StateStore, 'figures'>) {
    this.#state = state;
  }

  /** The accounts of the pool that fit the platform and the model, in the catalog's order. */
  of(catalog: Catalog, query: CandidateQuery): readonly PoolEntry[] {
    const candidates = catalog.candidates(query);
    let entries = this.#byCandidates.get(candidates);
    if (entries === undefined) {
      entries = candidates.map(({ account, upstreamModel }) => this.entry(account, upstreamModel, query));
      this.#byCandidates.set(candidates, entries);
    }
    return entries;
  }

  /** The entry of one account, whether or not it fits. */
  entry(account: Account, upstreamModel: string, { groupId, model }: CandidateQuery): PoolEntry {
    return {
      account,
      upstreamModel,
      figures: this.#state.figures(account.id),
      claim: {
        accountId: account.id,
        leaseSuffix: leaseSuffix(account.id, groupId, model),
        concurrency: account.concurrency,
        rpmLimit: rpmLimitOf(account, false),
        sessionLimit: isSubscription(account) ? account.limits.sessions : 0,
        sessionIdleMs: account.limits.sessionIdleMs,
      },
    };
  }
}

/** The claim as a session bound to the account makes it. */
export function boundClaim({ account, claim }: PoolEntry): ClaimCandidate {
  return { ...claim, rpmLimit: rpmLimitOf(account, true) };
}
