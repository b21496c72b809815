import type { Clock } from '../../ports/clock.ts';
import type { Health } from '../../ports/health.ts';
import {
  type Ledger,
  LedgerError,
  type QuotaUse,
  type UsageEntry,
  usageFault,
  type WriteResult,
} from '../../ports/ledger.ts';
import type { SpoolTarget } from '../../ports/spool-target.ts';
import { GroupCommit } from './group-commit.ts';
import { openLedgerFile } from './ledger-file.ts';
import { SpoolDrain, type SpoolLog } from './spool-drain.ts';
import { SpoolFile } from './spool-file.ts';
import { SpoolSums } from './spool-sums.ts';
import { ledgerErrorOf, wordsOf } from './sqlite-errors.ts';
import { WriteHealth } from './write-health.ts';

/** As for a ledger that is this file alone. */
const maxBatch = 500;

/** How long closing goes on sending, ms: with the calls that finish before it, a shutdown stays within a pod's 10 s. */
const closeWaitMs = 1_000;

export interface SpooledLedgerOptions {
  /** The spool's file, made where it is missing; on a volume that outlives the container. */
  readonly path: string;
  /** The store that sidecars share. It is taken over: closing the ledger closes it. */
  readonly target: SpoolTarget;
  readonly clock: Clock;
  readonly log: SpoolLog;
  /** 0 to 1, for the spread of retries over a fleet. */
  readonly random: () => number;
  /** Told what became of bookings, and of how many at once. */
  readonly onWrite?: (result: WriteResult, count: number) => void;
}

/** Opens the spool at `path`. Throws a LedgerError of one line, fit to end the process with, where that can't be done. */
export function openSpooledLedger(options: SpooledLedgerOptions): SpooledLedger {
  const database = openLedgerFile(options.path);
  try {
    return new SpooledLedger(new SpoolFile(database), options);
  } catch (error) {
    database.close();
    throw ledgerErrorOf(options.path, 'opening its spool', error);
  }
}

/**
 * Usage on its way to a shared store. A booking is answered once it is in the local file, whatever the store does, and sent on from
 * there. `duplicate` is said of leases this sidecar knows; one that another sidecar booked is answered `booked` here, and counts
 * once in the store.
 */
export class SpooledLedger implements Ledger {
  readonly #path: string;
  readonly #spool: SpoolFile;
  readonly #target: SpoolTarget;
  readonly #onWrite: (result: WriteResult, count: number) => void;
  readonly #commits: GroupCommit<UsageEntry, 'booked' | 'duplicate'>;
  readonly #health: WriteHealth;
  readonly #drain: SpoolDrain;
  readonly #sums: SpoolSums;
  #closing: Promise<void> | undefined;

  /** Takes over the spool. */
  constructor(spool: SpoolFile, options: SpooledLedgerOptions) {
    const { path, target, clock, log, random } = options;
    this.#path = path;
    this.#spool = spool;
    this.#target = target;
    this.#onWrite = options.onWrite ?? (() => {});
    this.#commits = new GroupCommit({ maxBatch, write: (entries) => this.#write(entries) });
    this.#health = new WriteHealth({
      clock,
      tryWrite: () => this.#attempt('writing', () => spool.checkWrite()),
    });
    this.#sums = new SpoolSums({ spool, target, onLost: () => this.#drain.compareAgain() });
    this.#drain = new SpoolDrain({
      ...{ spool, target, clock, log, random },
      isReading: () => this.#sums.reading,
      onFileFault: (error) => this.#health.failed(`the spool ${path} failed: ${wordsOf(error)}`),
    });
  }

  async book(entry: UsageEntry): Promise<'booked' | 'duplicate'> {
    const fault = this.#closing ? 'the ledger is closed' : usageFault(entry);
    if (fault !== undefined) {
      this.#onWrite('error', 1);
      throw new LedgerError(`cannot book lease ${entry.leaseId}: ${fault}`);
    }
    return this.#commits.add(entry);
  }

  async windowCosts(accountIds: readonly string[], sinceMs: number): Promise<ReadonlyMap<string, number>> {
    this.#checkOpen();
    return this.#sums.windowCosts(accountIds, sinceMs).catch((error) => this.#fail('reading', error));
  }

  async windowCost(accountId: string, sinceMs: number): Promise<number> {
    return (await this.windowCosts([accountId], sinceMs)).get(accountId) ?? 0;
  }

  async quotaUse(accountIds: readonly string[], nowMs: number): Promise<ReadonlyMap<string, QuotaUse>> {
    this.#checkOpen();
    return this.#sums.quotaUse(accountIds, nowMs).catch((error) => this.#fail('reading', error));
  }

  /** Bookings that were answered and are not in the shared store yet, as far as this sidecar knows. */
  spooled(): number {
    return this.#spool.pending;
  }

  health(): Health {
    if (this.#closing) return { ok: false, reason: `the ledger ${this.#path} is closed` };
    if (this.#health.fault !== undefined) return { ok: false, reason: this.#health.fault };
    const { fault } = this.#drain;
    if (fault === undefined) return { ok: true };
    return { ok: true, note: `${this.spooled()} bookings wait in the spool: ${fault}` };
  }

  /** Bookings that can't be written any more reject. What could not be sent in time stays in the file for the next start. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#commits.flush();
    await this.#drain.stop(closeWaitMs);
    this.#health.stop();
    await this.#target.close();
    this.#attempt('closing', () => this.#spool.close());
  }

  #write(entries: readonly UsageEntry[]): ('booked' | 'duplicate')[] {
    const results = this.#commit(entries);
    const booked = results.filter((result) => result === 'booked').length;
    if (booked > 0) {
      this.#onWrite('booked', booked);
      this.#drain.wake();
    }
    if (booked < results.length) this.#onWrite('duplicate', results.length - booked);
    return results;
  }

  #commit(entries: readonly UsageEntry[]): ('booked' | 'duplicate')[] {
    try {
      const results = this.#attempt('writing', () => this.#spool.add(entries));
      this.#health.succeeded();
      return results;
    } catch (error) {
      this.#health.failed(wordsOf(error));
      this.#onWrite('error', entries.length);
      throw error;
    }
  }

  #checkOpen(): void {
    if (this.#closing) throw new LedgerError(`the ledger ${this.#path} is closed`);
  }

  #attempt<Result>(doing: string, run: () => Result): Result {
    try {
      return run();
    } catch (error) {
      return this.#fail(doing, error);
    }
  }

  #fail(doing: string, error: unknown): never {
    throw ledgerErrorOf(this.#path, doing, error);
  }
}
