import type { Health } from '../../ports/health.ts';
import { type Ledger, LedgerError, type QuotaUse, type UsageEntry, usageFault } from '../../ports/ledger.ts';
import { BatchedWrites } from './batched-writes.ts';
import type { PostgresUsageStore } from './usage-store.ts';

/** The most bookings of one statement, as the spool's. */
const maxBatch = 500;

/**
 * Usage booked straight into Postgres: an answer waits for its commit there. A sidecar books through the spool instead, so that it
 * goes on while Postgres is away; this is for a process that would rather hear of it.
 */
export class PostgresLedger implements Ledger {
  readonly #store: PostgresUsageStore;
  readonly #writes: BatchedWrites<UsageEntry, 'booked' | 'duplicate'>;
  /** Why the last booking failed. */
  #fault: string | undefined;
  #closed: Promise<void> | undefined;

  /** Takes over `store`. */
  constructor(store: PostgresUsageStore) {
    this.#store = store;
    this.#writes = new BatchedWrites({ maxBatch, write: (entries) => this.#write(entries) });
  }

  async book(entry: UsageEntry): Promise<'booked' | 'duplicate'> {
    this.#checkOpen();
    const fault = usageFault(entry);
    if (fault !== undefined) throw new LedgerError(`cannot book lease ${entry.leaseId}: ${fault}`);
    return this.#writes.add(entry);
  }

  async windowCosts(accountIds: readonly string[], sinceMs: number): Promise<ReadonlyMap<string, number>> {
    this.#checkOpen();
    const { sums } = await this.#store.windowCosts({ accountIds, sinceMs }).catch(fail);
    return sums;
  }

  async windowCost(accountId: string, sinceMs: number): Promise<number> {
    const costs = await this.windowCosts([accountId], sinceMs);
    return costs.get(accountId) ?? 0;
  }

  async quotaUse(accountIds: readonly string[], nowMs: number): Promise<ReadonlyMap<string, QuotaUse>> {
    this.#checkOpen();
    const { sums } = await this.#store.quotaUse({ accountIds, nowMs }).catch(fail);
    return sums;
  }

  health(): Health {
    const reason = this.#closed ? 'the ledger is closed' : this.#fault;
    return reason === undefined ? { ok: true } : { ok: false, reason };
  }

  close(): Promise<void> {
    this.#closed ??= this.#writes.idle().then(() => this.#store.close());
    return this.#closed;
  }

  async #write(entries: readonly UsageEntry[]): Promise<('booked' | 'duplicate')[]> {
    try {
      const fresh = new Set(await this.#store.book(entries));
      this.#fault = undefined;
      // Of a lease that stands in the batch twice the first is booked.
      return entries.map(({ leaseId }) => (fresh.delete(leaseId) ? 'booked' : 'duplicate'));
    } catch (error) {
      this.#fault = wordsOf(error);
      return fail(error);
    }
  }

  #checkOpen(): void {
    if (this.#closed !== undefined) throw new LedgerError('the ledger is closed');
  }
}

function fail(error: unknown): never {
  throw new LedgerError(wordsOf(error), { cause: error });
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
