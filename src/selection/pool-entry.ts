import type { Account } from '../catalog/account.ts';
import type { ClaimCandidate } from '../ports/state-store.ts';
import type { Figures } from './figures.ts';

/** An account of a pool with its live figures and what a claim of it would say: made once per pool, read at every selection. */
export interface PoolEntry {
  readonly account: Account;
  /** The upstream's name of the model asked for. */
  readonly upstreamModel: string;
  readonly figures: Figures;
  /** The claim as an unbound session makes it. */
  readonly claim: ClaimCandidate;
}
