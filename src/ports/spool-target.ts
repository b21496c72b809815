import type { QuotaUse, UsageEntry } from './ledger.ts';

/** How far a spool has arrived: the number of its last entry that is booked; 0 where none is. */
export type UpTo = number;

/** Sums, and how far the asking spool had arrived at the very moment of them. */
export interface SumsUpTo<Value> {
  readonly sums: ReadonlyMap<string, Value>;
  readonly upTo: UpTo;
}

/**
 * The shared store that spools send their usage to. A spool numbers its entries and sends them in order; what the target says of a
 * sum and of how far that spool had arrived belongs together, so the spool can add what is not in the sum yet, exactly. Every method
 * rejects with an Error whose message is fit for a log, and settles within some seconds.
 */
export interface SpoolTarget {
  /**
   * Books those of the entries whose leases are not booked yet, all or none, and marks the spool as arrived up to `upTo` with them.
   * Rejects with a RefusedEntriesError where one of them can never be booked, whoever else is in the batch.
   */
  append(batch: {
    readonly spoolId: string;
    readonly entries: readonly UsageEntry[];
    readonly upTo: UpTo;
  }): Promise<void>;
  /** How far the spool has arrived. */
  upTo(spoolId: string): Promise<UpTo>;
  /** Costs in USD of everything booked at or after `sinceMs`, for every account asked for, in one statement. */
  windowCosts(query: {
    readonly spoolId: string;
    readonly accountIds: readonly string[];
    readonly sinceMs: number;
  }): Promise<SumsUpTo<number>>;
  /** Quota use of every account asked for, as of `nowMs`, in one statement. */
  quotaUse(query: {
    readonly spoolId: string;
    readonly accountIds: readonly string[];
    readonly nowMs: number;
  }): Promise<SumsUpTo<QuotaUse>>;
  /** Lets go of the store. Every call after it rejects. */
  close(): Promise<void>;
}

/** The entries of a batch break a rule of the store: sending them again would fail again. */
export class RefusedEntriesError extends Error {
  override readonly name = 'RefusedEntriesError';
}
