import type { Account } from '../catalog/account.ts';
import { isSubscription } from '../catalog/account.ts';
import type { Candidate, CandidateQuery, Catalog } from '../catalog/catalog.ts';
import type { ClaimCandidate, StateStore } from '../ports/state-store.ts';
import type { Figures } from '../selection/figures.ts';
import { rpmLimitOf } from '../selection/filters/rpm.ts';
import { filtersFor } from '../selection/pipeline.ts';
import type { PoolEntry } from '../selection/pool-entry.ts';
import type { RankRules } from '../selection/rank.ts';
import { RankedPool } from '../selection/ranked-pool.ts';
import type { RoutingSettings } from './dependencies.ts';
import { leaseSuffix } from './lease-id.ts';

export interface PoolEntriesOptions {
  readonly state: Pick<StateStore, 'figures' | 'figuresLog' | 'candidatesWorth'>;
  readonly settings: RoutingSettings;
  /** 0 up to 1: decides between equal accounts. */
  readonly random: () => number;
}

/** The pools that selections work on, one for each list of candidates the catalog keeps. */
export class PoolEntries {
  readonly #options: PoolEntriesOptions;
  readonly #byCandidates = new WeakMap<readonly Candidate[], RankedPool>();

  constructor(options: PoolEntriesOptions) {
    this.#options = options;
  }

  /** How many candidates a claim is worth being offered. */
  get candidatesWorth(): number {
    return this.#options.state.candidatesWorth;
  }

  /** The accounts of the pool that fit the platform and the model, in the catalog's order. */
  of(catalog: Catalog, query: CandidateQuery): RankedPool {
    const candidates = catalog.candidates(query);
    let pool = this.#byCandidates.get(candidates);
    if (pool === undefined) {
      pool = this.#poolOf(catalog, query, candidates);
      this.#byCandidates.set(candidates, pool);
    }
    return pool;
  }

  /**
   * These are about to be claimed, and others may decide before the figures tell what came of it: whoever is equal to the first of them
   * is as likely to be offered next. Fifty requests at once would else all go to one account.
   */
  offered(catalog: Catalog, { step, candidates }: Offer): void {
    const [first] = candidates;
    if (first !== undefined) this.of(catalog, step).redraw(first.accountId);
  }

  #poolOf(catalog: Catalog, query: CandidateQuery, candidates: readonly Candidate[]): RankedPool {
    const { state, settings, random } = this.#options;
    return new RankedPool({
      entries: candidates.map(({ account }) => this.entry(account, query)),
      rules: rulesFor(catalog, query, settings.scheduling),
      question: { model: query.model, probeTimeoutMs: settings.cooldown.probeTimeoutMs },
      figuresLog: () => state.figuresLog,
      random,
    });
  }

  /** The entry of one account, whether or not it fits. */
  entry(account: Account, { groupId, model }: Pick<CandidateQuery, 'groupId' | 'model'>): PoolEntry {
    const filters = filtersFor(account);
    const figures = this.#options.state.figures(account.id);
    return {
      account,
      figures,
      claim: new AccountClaim(account, { figures, groupId, model, rpmLimit: rpmLimitOf(account, false) }),
      filters,
      needsReading: filters.some(({ reads }) => reads === true),
      tier: account.tier,
      priority: account.priority,
      loadFactor: account.loadFactor,
      familyId: account.family?.id ?? '',
    };
  }
}

export interface Offer {
  readonly step: CandidateQuery;
  readonly candidates: readonly ClaimCandidate[];
}

/** The claim as a session bound to the account makes it. */
export function boundClaim({ account, figures, claim }: PoolEntry): ClaimCandidate {
  const { accountId, leaseSuffix, concurrency, sessionLimit, sessionIdleMs } = claim;
  const rpmLimit = rpmLimitOf(account, true);
  return { accountId, figures, leaseSuffix, concurrency, rpmLimit, sessionLimit, sessionIdleMs };
}

/** How the accounts of a pool are ranked. */
export function rulesFor(
  catalog: Catalog,
  { groupId, model }: CandidateQuery,
  { tierFallback, fallbackSelection }: RoutingSettings['scheduling'],
): RankRules {
  const group = catalog.groups.get(groupId);
  return {
    routed: group?.routingOf(model),
    tiers: group?.tierFallback ?? tierFallback,
    leastRecentlyUsed: fallbackSelection === 'least_recently_used',
  };
}

interface ClaimTerms {
  readonly figures: Figures;
  readonly groupId: string;
  readonly model: string;
  readonly rpmLimit: number;
}

/** Of a pool few accounts are ever claimed for a model, so a lease's suffix is made at the first claim. */
class AccountClaim implements ClaimCandidate {
  readonly accountId: string;
  readonly figures: Figures;
  readonly concurrency: number;
  readonly rpmLimit: number;
  readonly sessionLimit: number;
  readonly sessionIdleMs: number;
  readonly #groupId: string;
  readonly #model: string;
  #leaseSuffix: string | undefined;

  constructor(account: Account, { figures, groupId, model, rpmLimit }: ClaimTerms) {
    this.accountId = account.id;
    this.figures = figures;
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
