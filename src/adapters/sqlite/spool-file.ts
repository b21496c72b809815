import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { mondayOf, utcDay } from '../../ports/calendar.ts';
import type { QuotaUse, UsageEntry } from '../../ports/ledger.ts';
import { sqlText } from './sql-text.ts';
import { costsOf, quotaUsesOf } from './sum-rows.ts';
import { createTransactions, type InTransaction } from './transaction.ts';
import { usageEntryOf, usageValues } from './usage-row.ts';

/**
 * Rows kept after they were confirmed. They tell a lease that is reported again from a new one, are part of sums that are being read,
 * and are sent again where the shared store has lost them (a failover to a replica that lagged, a backup). About 6 MB.
 */
const keptRows = 20_000;

/** An entry and its place in the spool. */
export interface SpooledEntry {
  readonly id: number;
  readonly entry: UsageEntry;
}

/**
 * The rows of the spool, and how many of them are confirmed. Every method throws SQLite's own errors; nothing has changed then.
 */
export class SpoolFile {
  readonly spoolId: string;
  readonly #database: DatabaseSync;
  readonly #inTransaction: InTransaction;
  readonly #add: StatementSync;
  readonly #next: StatementSync;
  readonly #mark: StatementSync;
  readonly #prune: StatementSync;
  readonly #refuse: StatementSync;
  readonly #state: StatementSync;
  readonly #windowCosts: StatementSync;
  readonly #quotaUse: StatementSync;
  readonly #checkWrite = sqlText('check-write');
  #sentUpTo: number;
  #pending: number;

  /** Takes usage along that was booked in the file before it was a spool. */
  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#inTransaction = createTransactions(database);
    this.#inTransaction(() => database.exec(sqlText('spool-adopt')));
    this.#add = database.prepare(sqlText('spool-add'));
    this.#next = database.prepare(sqlText('spool-next'));
    this.#mark = database.prepare(sqlText('spool-mark'));
    this.#prune = database.prepare(sqlText('spool-prune'));
    this.#refuse = database.prepare(sqlText('spool-refuse'));
    this.#state = database.prepare(sqlText('spool-state'));
    this.#windowCosts = database.prepare(sqlText('spool-window-costs'));
    this.#quotaUse = database.prepare(sqlText('spool-quota-use'));
    const state = this.#state.get();
    this.spoolId = String(state?.spool_id);
    this.#sentUpTo = Number(state?.sent_up_to);
    this.#pending = Number(state?.pending);
  }

  /** The last id that is confirmed. */
  get sentUpTo(): number {
    return this.#sentUpTo;
  }

  /** Rows that are not confirmed. */
  get pending(): number {
    return this.#pending;
  }

  /** Adds the entries as one transaction and says of each, in order, whether its lease was new. */
  add(entries: readonly UsageEntry[]): ('booked' | 'duplicate')[] {
    const results = this.#inTransaction(() =>
      entries.map((entry): 'booked' | 'duplicate' =>
        this.#add.run(...usageValues(entry)).changes === 1 ? 'booked' : 'duplicate',
      ),
    );
    this.#pending += results.filter((result) => result === 'booked').length;
    return results;
  }

  /** The first rows that are not confirmed, in order. */
  next(limit: number): SpooledEntry[] {
    return this.#next
      .all(this.#sentUpTo, limit)
      .map((row) => ({ id: Number(row.id), entry: usageEntryOf(row) }));
  }

  /** Takes the next `rows`, the last of them `id`, for confirmed. `prune`: forgets those that were confirmed long ago. */
  confirm({
    id,
    rows,
    prune,
  }: {
    readonly id: number;
    readonly rows: number;
    readonly prune: boolean;
  }): void {
    this.#inTransaction(() => {
      this.#mark.run(id);
      if (prune) this.#prune.run(id - keptRows);
    });
    this.#sentUpTo = id;
    this.#pending -= rows;
  }

  /** Takes the rows after `id` for not confirmed, as far as they are still there. */
  rewind(id: number): void {
    this.#inTransaction(() => this.#mark.run(id));
    const state = this.#state.get();
    this.#sentUpTo = id;
    this.#pending = Number(state?.pending);
  }

  /** Sets the next row aside, and goes on after it. */
  refuse(id: number, reason: string): void {
    this.#inTransaction(() => {
      this.#refuse.run(id, reason);
      this.#mark.run(id);
    });
    this.#sentUpTo = id;
    this.#pending -= 1;
  }

  /** Costs in USD by account of the rows after `afterId`. */
  windowCosts(accountIds: readonly string[], sinceMs: number, afterId: number): Map<string, number> {
    return costsOf(this.#windowCosts.iterate(JSON.stringify(accountIds), sinceMs, afterId), accountIds);
  }

  /** Quota use by account of the rows after `afterId`. */
  quotaUse(accountIds: readonly string[], nowMs: number, afterId: number): Map<string, QuotaUse> {
    const today = utcDay(nowMs);
    const rows = this.#quotaUse.iterate(JSON.stringify(accountIds), today, mondayOf(today), afterId);
    return quotaUsesOf(rows, accountIds);
  }

  /** Writes and frees some space, to learn whether an entry would find any. */
  checkWrite(): void {
    this.#inTransaction(() => this.#database.exec(this.#checkWrite));
  }

  close(): void {
    this.#database.close();
  }
}
