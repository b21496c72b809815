import type { QuotaUse } from './ledger.ts';

export interface QuotaReading {
  /** Undefined where the store does not know it. */
  readonly use: QuotaUse | undefined;
  /** The version of this account's use when it was read: any increment makes another. */
  readonly token: number;
}

export interface QuotaEntry {
  readonly accountId: string;
  readonly use: QuotaUse;
  /** The token the account had before the use was summed. */
  readonly token: number;
}

/** The quota use the state store keeps, under the same rules as the window costs: what it knows is never replaced. */
export interface QuotaCache {
  /** The readings as of `nowMs` (its day, its week), in the order of the accounts, all in one round trip. */
  read(accountIds: readonly string[], nowMs: number): Promise<readonly QuotaReading[]>;
  /** Puts in sums made from the ledger as of `nowMs`; an entry whose token is out of date is left out in silence. */
  fill(entries: readonly QuotaEntry[], nowMs: number): Promise<void>;
}
