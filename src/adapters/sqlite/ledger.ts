import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../ports/clock.ts';
import {
  type Ledger,
  LedgerError,
  type QuotaUse,
  type UsageEntry,
  usageFault,
  type WriteResult,
} from '../../ports/ledger.ts';
import { Checkpoints } from './checkpoints.ts';
import { GroupCommit } from './group-commit.ts';
import { openLedgerFile } from './ledger-file.ts';
import { ledgerErrorOf, wordsOf } from './sqlite-errors.ts';
import { UsageSums } from './usage-sums.ts';
import { UsageWriter } from './usage-writer.ts';
import { WriteHealth } from './write-health.ts';

/** The most bookings of one transaction, which holds the event loop while it runs: 2 ms. Beyond 100 a larger one gains nothing. */
const maxBatch = 500;

/**
 * So many bookings are taken into the file's sums at once, in a turn of the event loop of their own: about 1 ms over 20 accounts, 2 ms
 * over 10,000.
 */
const sumUpAfter = 1_000;

/** With so many that could not be, bookings are refused: their leases are in memory until then. */
const sumUpAtLatest = 20_000;

export interface SqliteLedgerOptions {
  /** The database file, made where it is missing, its directories too. Relative to the working directory. */
  readonly path: string;
  /** Times the retries after a failed write; entries and questions bring their own times. */
  readonly clock: Clock;
  /** Told what became of bookings, and of how many at once. */
  readonly onWrite?: (result: WriteResult, count: number) => void;
}

/** Opens the ledger at `path`. Throws a LedgerError of one line, fit to end the process with, where that can't be done. */
export function openSqliteLedger(options: SqliteLedgerOptions): Ledger {
  return new SqliteLedger(openLedgerFile(options.path), options);
}

/** Usage in one SQLite file, which this process alone has open; bookings that come in together are one transaction. */
export class SqliteLedger implements Ledger {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #onWrite: (result: WriteResult, count: number) => void;
  readonly #writer: UsageWriter;
  readonly #sums: UsageSums;
  readonly #checkpoints: Checkpoints;
  readonly #commits: GroupCommit<UsageEntry, 'booked' | 'duplicate'>;
  readonly #health: WriteHealth;
  /** The turn in which the file's sums follow the bookings. */
  #following: NodeJS.Immediate | undefined;
  #closed = false;

  /** Takes over `database`, which `openLedgerFile` made. */
  constructor(database: DatabaseSync, options: SqliteLedgerOptions) {
    this.#database = database;
    this.#path = options.path;
    this.#onWrite = options.onWrite ?? (() => {});
    this.#writer = new UsageWriter(database);
    this.#sums = new UsageSums(database);
    this.#checkpoints = new Checkpoints(database);
    this.#commits = new GroupCommit({ maxBatch, write: (entries) => this.#write(entries) });
    this.#health = new WriteHealth({
      clock: options.clock,
      tryWrite: () => this.#attempt('writing', () => this.#writer.checkWrite()),
    });
  }

  book(entry: UsageEntry): Promise<'booked' | 'duplicate'> {
    const fault = this.#closed ? 'the ledger is closed' : usageFault(entry);
    if (fault !== undefined) {
      this.#onWrite('error', 1);
      return Promise.reject(new LedgerError(`cannot book lease ${entry.leaseId}: ${fault}`));
    }
    return this.#commits.add(entry);
  }

  async windowCosts(accountIds: readonly string[], sinceMs: number): Promise<ReadonlyMap<string, number>> {
    return this.#read(() => this.#sums.windowCosts(accountIds, sinceMs));
  }

  async windowCost(accountId: string, sinceMs: number): Promise<number> {
    return this.#read(() => this.#sums.windowCost(accountId, sinceMs));
  }

  async quotaUse(accountIds: readonly string[], nowMs: number): Promise<ReadonlyMap<string, QuotaUse>> {
    return this.#read(() => this.#sums.quotaUse(accountIds, nowMs));
  }

  health(): { readonly ok: true } | { readonly ok: false; readonly reason: string } {
    const reason = this.#closed ? `the ledger ${this.#path} is closed` : this.#health.fault;
    return reason === undefined ? { ok: true } : { ok: false, reason };
  }

  /** Bookings that can't be written any more reject; the closing itself stands. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#commits.flush();
    this.#keepUp(() => {
      this.#sumUp();
      this.#sums.rollUpAll();
    });
    this.#health.stop();
    // SQLite moves the WAL into the file as its last connection closes. Where the disk has no room for that, the WAL stays
    // behind and the next opening reads it.
    const checkpointed = this.#checkpoints.stop();
    this.#attempt('closing', () => this.#database.close());
    await checkpointed;
  }

  #write(entries: readonly UsageEntry[]): ('booked' | 'duplicate')[] {
    const waitingBefore = this.#sums.waiting;
    const results = this.#commit(entries);
    this.#sums.committed(entries, results);
    const booked = this.#sums.waiting - waitingBefore;
    if (booked > 0) this.#onWrite('booked', booked);
    if (booked < results.length) this.#onWrite('duplicate', results.length - booked);
    if (this.#sums.waiting >= sumUpAfter) this.#following ??= setImmediate(() => this.#follow());
    return results;
  }

  /** Does one thing that follows bookings, and leaves the next to another turn. */
  #follow(): void {
    this.#keepUp(() => {
      if (this.#sums.waiting >= sumUpAfter) this.#sumUp();
      else if (!this.#sums.rollUpSome()) {
        this.#checkpoints.consider();
        return;
      }
      this.#following = setImmediate(() => this.#follow());
    });
  }

  /** Runs `work` on the file's sums, in place of a turn that is to come. What fails is done later: bookings and answers don't need it. */
  #keepUp(work: () => void): void {
    clearImmediate(this.#following);
    this.#following = undefined;
    try {
      this.#attempt('writing', work);
    } catch (error) {
      this.#health.failed(wordsOf(error));
    }
  }

  #sumUp(): void {
    this.#sums.sumUp();
    this.#writer.summedUp();
  }

  #commit(entries: readonly UsageEntry[]): ('booked' | 'duplicate')[] {
    try {
      const results = this.#attempt('writing', () => {
        if (this.#sums.waiting >= sumUpAtLatest) this.#sumUp();
        return this.#writer.write(entries);
      });
      this.#health.succeeded();
      return results;
    } catch (error) {
      this.#health.failed(wordsOf(error));
      this.#onWrite('error', entries.length);
      throw error;
    }
  }

  #read<Result>(run: () => Result): Result {
    if (this.#closed) throw new LedgerError(`the ledger ${this.#path} is closed`);
    return this.#attempt('reading', run);
  }

  #attempt<Result>(doing: 'reading' | 'writing' | 'closing', run: () => Result): Result {
    try {
      return run();
    } catch (error) {
      throw ledgerErrorOf(this.#path, doing, error);
    }
  }
}
