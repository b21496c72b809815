import type { UsageEntry } from '../../src/ports/ledger.ts';

let made = 0;

/** A valid entry with a lease id of its own, but for what `parts` says. */
export function usageEntry(parts: Partial<UsageEntry> = {}): UsageEntry {
  made += 1;
  return {
    leaseId: `lease-${made}`,
    accountId: 'account',
    groupId: 'group',
    model: 'model',
    bookedAtMs: Date.UTC(2026, 0, 14, 12),
    inputTokens: 1_000,
    outputTokens: 200,
    cacheReadTokens: 30,
    cacheCreationTokens: 4,
    costUsd: 1,
    ...parts,
  };
}
