import type { Health } from './health.ts';

/** What one lease used, booked once. */
export interface UsageEntry {
  readonly leaseId: string;
  readonly accountId: string;
  /** Empty: no group. */
  readonly groupId: string;
  readonly model: string;
  /** Whole milliseconds since the epoch; decides the window, day and week the cost falls in. */
  readonly bookedAtMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheCreationTokens: number;
  /** Standard cost in USD, before any multiplier; finite, not negative. */
  readonly costUsd: number;
}

/** What became of a booking; `error` where it was refused or could not be written. */
export type WriteResult = 'booked' | 'duplicate' | 'error';

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
   * Books the entry, unless its lease is booked already. Once the promise resolves the entry survives the death of the
   * process. An entry with a fault (see `usageFault`) rejects by itself; bookings made beside it are not touched.
   */
  book(entry: UsageEntry): Promise<'booked' | 'duplicate'>;
  /**
   * Costs in USD of everything booked at or after `sinceMs`, for every account asked for, in one statement whatever their
   * number.
   */
  windowCosts(accountIds: readonly string[], sinceMs: number): Promise<ReadonlyMap<string, number>>;
  /** The same for one account. */
  windowCost(accountId: string, sinceMs: number): Promise<number>;
  /** Quota use of every account asked for, as of `nowMs`, in one statement. */
  quotaUse(accountIds: readonly string[], nowMs: number): Promise<ReadonlyMap<string, QuotaUse>>;
  /** Whether the ledger can take a booking now; a sentence that says why not otherwise. */
  health(): Health;
  /** Writes what is pending and lets go of the store. Every call after it rejects; closing again does nothing. */
  close(): Promise<void>;
}

/** The ledger could not do what it was asked. `message` is fit for a log, not for a caller. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
}

/** What makes an entry unfit to be booked, in words; undefined where nothing does. Every adapter refuses by this rule. */
export function usageFault(entry: UsageEntry): string | undefined {
  if (entry.leaseId === '') return 'leaseId is empty';
  if (entry.accountId === '') return 'accountId is empty';
  return (
    wholeNumberFault('bookedAtMs', entry.bookedAtMs) ??
    wholeNumberFault('inputTokens', entry.inputTokens) ??
    wholeNumberFault('outputTokens', entry.outputTokens) ??
    wholeNumberFault('cacheReadTokens', entry.cacheReadTokens) ??
    wholeNumberFault('cacheCreationTokens', entry.cacheCreationTokens) ??
    (Number.isFinite(entry.costUsd) && entry.costUsd >= 0 ? undefined : `costUsd is ${entry.costUsd}`)
  );
}

function wholeNumberFault(field: string, value: number): string | undefined {
  return Number.isSafeInteger(value) && value >= 0 ? undefined : `${field} is ${value}`;
}
