/** What one lease used, booked once. */
export interface UsageEntry {
  readonly leaseId: string;
  readonly accountId: string;
  /** Empty: no group. */
  readonly groupId: string;
  readonly model: string;
  /** Milliseconds since the epoch; decides the window, day and week the cost falls in. */
  readonly bookedAtMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheCreationTokens: number;
  /** Standard cost in USD, before any multiplier. */
  readonly costUsd: number;
}

/** USD booked in the present UTC day, the present ISO week, and ever. */
export interface QuotaUse {
  readonly dailyUsd: number;
  readonly weeklyUsd: number;
  readonly totalUsd: number;
}

/**
 * Keeps usage for good. Every method rejects with a LedgerError where the store can't answer. Accounts that never booked
 * anything sum to 0.
 */
export interface Ledger {
  /**
   * Books the entry, unless its lease is booked already. Once the promise resolves the entry survives the death of the process.
   */
  book(entry: UsageEntry): Promise<'booked' | 'duplicate'>;
  /** Costs in USD per account of everything booked at or after `sinceMs`, in one statement whatever the number of accounts. */
  windowCosts(accountIds: readonly string[], sinceMs: number): Promise<ReadonlyMap<string, number>>;
  /** The same for one account. */
  windowCost(accountId: string, sinceMs: number): Promise<number>;
  /** Quota use of several accounts, as of `nowMs`, in one statement. */
  quotaUse(accountIds: readonly string[], nowMs: number): Promise<ReadonlyMap<string, QuotaUse>>;
  /** Whether the ledger can take a booking now; a sentence that says why not otherwise. */
  health(): { readonly ok: true } | { readonly ok: false; readonly reason: string };
  /** Writes what is pending and lets go of the file. Bookings after it reject. */
  close(): Promise<void>;
}

/** The ledger could not do what it was asked. `message` is fit for a log, not for a caller. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
}
