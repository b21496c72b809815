import type { QuotaUse, UsageEntry } from '../../src/ports/ledger.ts';
import { RefusedEntriesError, type SpoolTarget } from '../../src/ports/spool-target.ts';

/** A shared store in memory, to be made to fail. */
export interface FakeTarget extends SpoolTarget {
  /** While false every call rejects. */
  reachable: boolean;
  /** Leases it will never book. */
  readonly refused: Set<string>;
  readonly booked: ReadonlyMap<string, UsageEntry>;
  /** Entries in each batch it took. */
  readonly batches: readonly number[];
  /** Calls so far, those that failed too. */
  readonly attempts: number;
}

export function fakeTarget(): FakeTarget {
  const booked = new Map<string, UsageEntry>();
  const marks = new Map<string, number>();
  const batches: number[] = [];
  const refused = new Set<string>();
  const state = { reachable: true, attempts: 0 };
  const reach = (): void => {
    state.attempts += 1;
    if (!state.reachable) throw new Error('the store is away');
  };
  const sum = (accountId: string, sinceMs: number) =>
    [...booked.values()]
      .filter((entry) => entry.accountId === accountId && entry.bookedAtMs >= sinceMs)
      .reduce((total, { costUsd }) => total + costUsd, 0);
  return {
    refused,
    booked,
    batches,
    get attempts() {
      return state.attempts;
    },
    get reachable() {
      return state.reachable;
    },
    set reachable(reachable) {
      state.reachable = reachable;
    },
    async append({ spoolId, entries, upTo }) {
      reach();
      const bad = entries.find(({ leaseId }) => refused.has(leaseId));
      if (bad !== undefined) throw new RefusedEntriesError(`refused ${bad.leaseId}`);
      for (const entry of entries) if (!booked.has(entry.leaseId)) booked.set(entry.leaseId, entry);
      if (entries.length > 0) batches.push(entries.length);
      marks.set(spoolId, Math.max(upTo, marks.get(spoolId) ?? 0));
    },
    async upTo(spoolId) {
      reach();
      return marks.get(spoolId) ?? 0;
    },
    async windowCosts({ spoolId, accountIds, sinceMs }) {
      reach();
      return { sums: new Map(accountIds.map((id) => [id, sum(id, sinceMs)])), upTo: marks.get(spoolId) ?? 0 };
    },
    async quotaUse({ spoolId, accountIds }) {
      reach();
      const useOf = (id: string): QuotaUse => ({
        dailyUsd: sum(id, 0),
        weeklyUsd: sum(id, 0),
        totalUsd: sum(id, 0),
      });
      return { sums: new Map(accountIds.map((id) => [id, useOf(id)])), upTo: marks.get(spoolId) ?? 0 };
    },
    close: async () => {},
  };
}
