import type { UsageEntry } from '../../ports/ledger.ts';

/** A row of usage as SQLite gives it back, in the words of the port. */
export function usageEntryOf(row: Record<string, unknown>): UsageEntry {
  return {
    leaseId: String(row.lease_id),
    accountId: String(row.account_id),
    groupId: String(row.group_id),
    model: String(row.model),
    bookedAtMs: Number(row.booked_at_ms),
    inputTokens: Number(row.input_tokens),
    outputTokens: Number(row.output_tokens),
    cacheReadTokens: Number(row.cache_read_tokens),
    cacheCreationTokens: Number(row.cache_creation_tokens),
    costUsd: Number(row.cost_usd),
  };
}

/** An entry's values in the order of the statements that insert one. */
export function usageValues(entry: UsageEntry): (string | number)[] {
  return [
    entry.leaseId,
    entry.accountId,
    entry.groupId,
    entry.model,
    entry.bookedAtMs,
    entry.inputTokens,
    entry.outputTokens,
    entry.cacheReadTokens,
    entry.cacheCreationTokens,
    entry.costUsd,
  ];
}
