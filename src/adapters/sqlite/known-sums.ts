import { mondayOf, utcDay } from '../../ports/calendar.ts';
import type { QuotaUse, UsageEntry } from '../../ports/ledger.ts';

/** Accounts whose sums are kept at most; of more, those asked for first are read from the file again. About 2 MB when full. */
const maxAccounts = 16_384;

/** Rows there is room for at first. */
const firstRows = 64;

/** What a row of the table holds; NaN where it is not known. */
const sinceMs = 0;
const windowUsd = 1;
const day = 2;
const monday = 3;
const dailyUsd = 4;
const weeklyUsd = 5;
const totalUsd = 6;
const rowLength = 8;

/**
 * Sums that were read once and are kept up since with each booking: of an account the window and the day last asked for. Nobody
 * else books into the file, so they stay exact. They stand in one table: a booking of one of 10,000 accounts touches memory that
 * nobody has touched for long, and each object in it would be one wait more.
 */
export class KnownSums {
  /** Where each account's row begins. */
  readonly #rows = new Map<string, number>();
  #table = new Float64Array(firstRows * rowLength);

  /** Adds a booking that was committed, and is in no sum read before. */
  add({ accountId, bookedAtMs, costUsd }: UsageEntry): void {
    const row = this.#rows.get(accountId);
    if (row === undefined) return;
    const table = this.#table;
    if (bookedAtMs >= table[row + sinceMs]!) table[row + windowUsd]! += costUsd;
    const booked = utcDay(bookedAtMs);
    const first = table[row + monday]!;
    if (booked === table[row + day]) table[row + dailyUsd]! += costUsd;
    if (booked >= first && booked < first + 7) table[row + weeklyUsd]! += costUsd;
    table[row + totalUsd]! += costUsd;
  }

  windowCost(accountId: string, startMs: number): number | undefined {
    const row = this.#rows.get(accountId);
    if (row === undefined || this.#table[row + sinceMs] !== startMs) return undefined;
    return this.#table[row + windowUsd]!;
  }

  keepWindowCost(accountId: string, startMs: number, costUsd: number): void {
    const row = this.#rowOf(accountId);
    this.#table[row + sinceMs] = startMs;
    this.#table[row + windowUsd] = costUsd;
  }

  quotaUse(accountId: string, today: number): QuotaUse | undefined {
    const row = this.#rows.get(accountId);
    const table = this.#table;
    if (row === undefined || table[row + day] !== today) return undefined;
    return {
      dailyUsd: table[row + dailyUsd]!,
      weeklyUsd: table[row + weeklyUsd]!,
      totalUsd: table[row + totalUsd]!,
    };
  }

  keepQuotaUse(accountId: string, today: number, use: QuotaUse): void {
    const row = this.#rowOf(accountId);
    const table = this.#table;
    table[row + day] = today;
    table[row + monday] = mondayOf(today);
    table[row + dailyUsd] = use.dailyUsd;
    table[row + weeklyUsd] = use.weeklyUsd;
    table[row + totalUsd] = use.totalUsd;
  }

  /** The account's row, made where there is none. */
  #rowOf(accountId: string): number {
    const known = this.#rows.get(accountId);
    if (known !== undefined) return known;
    const row = this.#rows.size < maxAccounts ? this.#rows.size * rowLength : this.#takeFirst();
    if (row === this.#table.length) {
      const larger = new Float64Array(2 * row);
      larger.set(this.#table);
      this.#table = larger;
    }
    this.#table.fill(Number.NaN, row, row + rowLength);
    this.#rows.set(accountId, row);
    return row;
  }

  #takeFirst(): number {
    const [accountId, row] = this.#rows.entries().next().value!;
    this.#rows.delete(accountId);
    return row;
  }
}
