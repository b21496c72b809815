import type { Account } from '../catalog/account.ts';
import { isSubscription } from '../catalog/account.ts';
import type { Candidate, CandidateQuery, Catalog } from '../catalog/catalog.ts';
import type { ClaimCandidate, StateStore } from '../ports/state-store.ts';
import { rpmLimitOf } from '../selection/filters/rpm.ts';
import { filtersFor } from '../selection/pipeline.ts';
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
      entries = candidates.map(({ account }) => this.entry(account, query));
      this.#byCandidates.set(candidates, entries);
    }
    return entries;
  }

  /** The entry of one account, whether or not it fits. */
  entry(account: Account, { groupId, model }: Pick<CandidateQuery, 'groupId' | 'model'>): PoolEntry {
    const filters = filtersFor(account);
    return {
      account,
      figures: this.#state.figures(account.id),
      claim: new AccountClaim(account, { groupId, model, rpmLimit: rpmLimitOf(account, false) }),
      filters,
      needsReading: filters.some(({ reads }) => reads === true),
      tier: account.tier,
      priority: account.priority,
      loadFactor: account.loadFactor,
      familyId: account.family?.id ?? '',
    };
  }
}

/** The claim as a session bound to the account makes it. */
export function boundClaim({ account, claim }: PoolEntry): ClaimCandidate {
  const { accountId, leaseSuffix, concurrency, sessionLimit, sessionIdleMs } = claim;
  const rpmLimit = rpmLimitOf(account, true);
  return { accountId, leaseSuffix, concurrency, rpmLimit, sessionLimit, sessionIdleMs };
}

interface ClaimTerms {
  readonly groupId: string;
  readonly model: string;
  readonly rpmLimit: number;
}

/** Of a pool few accounts are ever claimed for a model, so a lease's suffix is made at the first claim. */
class AccountClaim implements ClaimCandidate {
  readonly accountId: string;
  readonly concurrency: number;
  readonly rpmLimit: number;
  readonly sessionLimit: number;
  readonly sessionIdleMs: number;
  readonly #groupId: string;
  readonly #model: string;
  #leaseSuffix: string | undefined;

  constructor(account: Account, { groupId, model, rpmLimit }: ClaimTerms) {
    this.accountId = account.id;
    this.concurrency = account.concurrency;
    this.rpmLimit = rpmLimit;
    this.sessionLimit = isSubscription(account) ? account.limits.sessions : 0;
    this.sessionIdleMs = account.limits.sessionIdleMs;
    this.#groupId = groupId;
    this.#model = model;
  }

  get leaseSuffix(): string {
    this.#leaseSuffix ??= leaseSuffix(this.accountId, this.#groupId, this.#model);
    return this.#leaseSuffix;
  }
}
