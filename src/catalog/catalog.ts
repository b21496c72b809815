import type { Account } from './account.ts';

/** A pool of accounts and what its callers get of it. */
export interface Group {
  readonly id: string;
  /** Empty: the default platform. */
  readonly platform: string;
  readonly rateMultiplier: number;
  readonly userRates: ReadonlyMap<string, number>;
  /** Undefined: as the global setting. */
  readonly tierFallback?: boolean;
  /** Account ids that come first for a model that matches the pattern (longest match), in no particular order. */
  routingOf(model: string): ReadonlySet<string> | undefined;
}

/** USD per million tokens. */
export interface Price {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheCreation: number;
}

/** A model to try in another's place. */
export interface ModelFallback {
  readonly model: string;
  /** Set where the fallback names its platform (`x/y`); otherwise the request's holds. */
  readonly platform?: string;
}

/** Groups, accounts, models and prices as of one moment. Immutable; a change replaces it whole. */
export interface Catalog {
  /** Counts up with each replacement, from 1. */
  readonly version: number;
  readonly groups: ReadonlyMap<string, Group>;
  readonly accounts: ReadonlyMap<string, Account>;
  /** A group's accounts in file order; the empty id names the accounts of no group. */
  pool(groupId: string): readonly Account[];
  /**
   * The accounts of a pool that fit a platform and a model, each with the upstream's name of it. Memoized, so that a selection
   * never walks accounts these three rule out. `forced`: the request named the platform, so mixed scheduling is off.
   */
  candidates(query: CandidateQuery): readonly Candidate[];
  fallbacksOf(model: string): readonly ModelFallback[];
  priceOf(model: string): Price | undefined;
}

export interface CandidateQuery {
  readonly groupId: string;
  readonly platform: string;
  readonly platformForced: boolean;
  readonly model: string;
}

export interface Candidate {
  readonly account: Account;
  readonly upstreamModel: string;
}

/** Holds the catalog in force and tells who listens when it is replaced. */
export interface CatalogHolder {
  current(): Catalog;
  /** `listener` runs after the swap. Returns the unsubscription. */
  onChange(listener: (change: CatalogChange) => void): () => void;
}

export interface CatalogChange {
  readonly before: Catalog;
  readonly after: Catalog;
  /** Group and platform pairs whose accounts or models differ; the empty group holds accounts of no group. */
  readonly touched: readonly { readonly groupId: string; readonly platform: string }[];
}

/** Whether an account speaks the platform a request asks for. */
export function fitsPlatform(account: Account, platform: string, forced: boolean): boolean {
  if (account.platform === platform) return true;
  return (
    !forced &&
    account.mixedScheduling &&
    account.platform === 'antigravity' &&
    (platform === 'anthropic' || platform === 'gemini')
  );
}
