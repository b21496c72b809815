import type { Clock, Timer } from '../../ports/clock.ts';
import { RefusedEntriesError, type SpoolTarget } from '../../ports/spool-target.ts';
import type { SpoolFile } from './spool-file.ts';
import { wordsOf } from './sqlite-errors.ts';

/**
 * Rows of one statement. Measured with `node scripts/window-plan.ts`, into a table of ten million rows, one shared core: 600 rows/s one
 * by one, 30,000 by 100, 52,000 by 500 (10 ms a statement), 43,000-57,000 by 1,000 and 2,000.
 */
const maxBatch = 500;

/** After a batch that was not full, what comes in is collected for this long: a fleet of sidecars would send a commit per report. */
const lingerMs = 200;

/** After a failure: doubled from one to the next, and less by chance, so that a fleet does not come back all at once. */
const firstRetryMs = 250;
const lastRetryMs = 5_000;

type LogLine = (fields: Record<string, unknown>, message: string) => void;

export interface SpoolLog {
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
}

export interface SpoolDrainOptions {
  readonly spool: SpoolFile;
  readonly target: SpoolTarget;
  readonly clock: Clock;
  readonly log: SpoolLog;
  /** 0 to 1, for the spread of retries. */
  readonly random: () => number;
  /** Whether sums are being read, which may need rows that are confirmed meanwhile. */
  readonly isReading: () => boolean;
  /** Told of each failure of the spool's own file. */
  readonly onFileFault: (error: unknown) => void;
}

/**
 * Sends the spool's rows on, in order, one batch at a time:
 *
 *   resting --a row is added--> collecting --> sending --nothing left--> resting
 *                                   ^             |--rows left--> collecting, or sending at once after a full batch
 *                                   |             `--it failed--> waiting --> sending
 *
 * A row is confirmed in the file only once the target has committed it, so a crash at any point sends some rows again and loses
 * none; the target books each lease once. The first turn, and the first after a failure, asks how far the target says the spool has
 * arrived: where it has lost rows it had confirmed, they are sent again.
 */
export class SpoolDrain {
  readonly #options: SpoolDrainOptions;
  #timer: Timer | undefined;
  #turn: Promise<boolean> | undefined;
  #failures = 0;
  /** Why the last turn failed. */
  #fault: string | undefined;
  #compared = false;
  #batchLimit = maxBatch;
  #stopped = false;

  constructor(options: SpoolDrainOptions) {
    this.#options = options;
    this.#schedule(0);
  }

  /** Why the target can't be reached; undefined where the last turn worked. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** To be called when a row was added. */
  wake(): void {
    if (this.#timer === undefined && this.#turn === undefined) this.#schedule(lingerMs);
  }

  /** Has the next turn ask the target how far the spool has arrived. */
  compareAgain(): void {
    this.#compared = false;
    this.wake();
  }

  /** Sends what is left, for at most `waitMs` or until a turn fails; what is left then stays in the file. */
  async stop(waitMs: number): Promise<void> {
    const { clock, spool } = this.#options;
    const { promise: late, resolve } = Promise.withResolvers<'late'>();
    const timer = clock.schedule(waitMs, () => resolve('late'));
    const sendRest = async (): Promise<void> => {
      while (!this.#stopped) {
        this.#timer?.cancel();
        this.#timer = undefined;
        const sent = await (this.#turn ?? this.#begin());
        if (!sent || spool.pending === 0) return;
      }
    };
    if (spool.pending > 0) await Promise.race([sendRest(), late]);
    else if (this.#turn !== undefined) await Promise.race([this.#turn, late]);
    timer.cancel();
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #schedule(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer = this.#options.clock.schedule(delayMs, () => {
      this.#timer = undefined;
      void this.#begin();
    });
  }

  #begin(): Promise<boolean> {
    const turn = this.#takeTurn().finally(() => {
      this.#turn = undefined;
    });
    this.#turn = turn;
    return turn;
  }

  /** Sends a batch. Never rejects; tells whether it worked. */
  async #takeTurn(): Promise<boolean> {
    try {
      if (!this.#compared) await this.#compare();
      const sent = await this.#sendBatch();
      this.#worked();
      if (this.#options.spool.pending > 0) this.#schedule(sent < this.#batchLimit ? lingerMs : 0);
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  async #compare(): Promise<void> {
    const { spool, target } = this.#options;
    const upTo = await target.upTo(spool.spoolId);
    if (this.#stopped) return;
    if (upTo < spool.sentUpTo) this.#inFile(() => spool.rewind(upTo));
    this.#compared = true;
  }

  async #sendBatch(): Promise<number> {
    const { spool, target, isReading } = this.#options;
    if (this.#stopped) return 0;
    const batch = this.#inFile(() => spool.next(this.#batchLimit));
    const last = batch.at(-1);
    if (last === undefined) return 0;
    try {
      const entries = batch.map(({ entry }) => entry);
      await target.append({ spoolId: spool.spoolId, entries, upTo: last.id });
    } catch (error) {
      if (!(error instanceof RefusedEntriesError)) throw error;
      await this.#isolate(batch.length, last.id, error);
      return this.#batchLimit;
    }
    // Too late to write it down: the rows are sent again, and known.
    if (this.#stopped) return batch.length;
    this.#inFile(() => spool.confirm({ id: last.id, rows: batch.length, prune: !isReading() }));
    const wasFull = batch.length === this.#batchLimit;
    this.#batchLimit = Math.min(maxBatch, this.#batchLimit * 2);
    return wasFull ? this.#batchLimit : batch.length;
  }

  /** Halves the batch until the row that is refused stands alone, then sets that aside. */
  async #isolate(rows: number, id: number, error: RefusedEntriesError): Promise<void> {
    const { spool, target, log } = this.#options;
    if (rows > 1) {
      this.#batchLimit = Math.ceil(rows / 2);
      return;
    }
    await target.append({ spoolId: spool.spoolId, entries: [], upTo: id });
    if (this.#stopped) return;
    this.#inFile(() => spool.refuse(id, error.message));
    log.error(
      { err: error, spoolRow: id },
      'the shared ledger refuses a booking: it is set aside in the table spool_refused of ledger.path',
    );
  }

  #inFile<Result>(run: () => Result): Result {
    try {
      return run();
    } catch (error) {
      this.#options.onFileFault(error);
      throw error;
    }
  }

  #worked(): void {
    if (this.#fault !== undefined) {
      this.#options.log.info(
        { spooled: this.#options.spool.pending },
        'the shared ledger is back: what the spool holds is sent on',
      );
    }
    this.#fault = undefined;
    this.#failures = 0;
  }

  #failed(error: unknown): void {
    const { spool, log, random } = this.#options;
    if (this.#stopped) return;
    if (this.#fault === undefined) {
      log.warn(
        { err: error, spooled: spool.pending },
        'the shared ledger does not take usage: it waits in the spool',
      );
    }
    this.#fault = wordsOf(error);
    this.#compared = false;
    const retryMs = Math.min(lastRetryMs, firstRetryMs * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    this.#schedule(retryMs * (0.5 + random() / 2));
  }
}
