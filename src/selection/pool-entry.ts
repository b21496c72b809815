import type { Account } from '../catalog/account.ts';
import type { ClaimCandidate } from '../ports/state-store.ts';
import type { Figures } from './figures.ts';
import type { Filter } from './filters/filter.ts';

/** An account of a pool with its live figures and what a claim of it would say: made once per pool, read at every selection. */
export interface PoolEntry {
  readonly account: Account;
  readonly figures: Figures;
  /** The claim as an unbound session makes it. */
  readonly claim: ClaimCandidate;
  /** The filters that some request could fail at this account, in their order, without those the catalog's index applies. */
  readonly filters: readonly Filter[];
  /** Whether one of them goes by figures that may have to be read. */
  readonly needsReading: boolean;
  // What a walk over the pool ranks by, kept beside the figures: that saves a look into the account for each of thousands.
  readonly tier: number;
  readonly priority: number;
  /** 0: unlimited. */
  readonly loadFactor: number;
  /** Empty: an account by itself. */
  readonly familyId: string;
}
