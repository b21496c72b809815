import { utcDay } from '../../ports/calendar.ts';
import type { QuotaUse } from '../../ports/ledger.ts';
import type { FiguresMark } from '../../selection/figures-log.ts';

/** What a row of the table holds; NaN where it is not known. */
const windowStart = 0;
const windowReadAt = 1;
const windowUsd = 2;
const quotaDay = 3;
const quotaReadAt = 4;
const dailyUsd = 5;
const weeklyUsd = 6;
const totalUsd = 7;
/** A line of the processor's cache. */
const rowLength = 8;

/** Rows there is room for at first. */
const firstRows = 64;

/**
 * What accounts have spent, a row each. Not in objects of their own: with 10,000 accounts each object on the way to a number is a wait
 * for memory.
 */
export class SpendTable {
  /** Another array once there are more rows than it has room for. */
  sums = new Float64Array(firstRows * rowLength).fill(Number.NaN);
  #end = 0;

  /** Adds a row of which nothing is known. Answers where it begins. */
  add(): number {
    const row = this.#end;
    this.#end += rowLength;
    if (this.#end > this.sums.length) {
      const larger = new Float64Array(2 * this.sums.length).fill(Number.NaN);
      larger.set(this.sums);
      this.sums = larger;
    }
    return row;
  }
}

export interface AccountSpendOptions {
  /** How long a figure read from the ledger is trusted. */
  readonly ttlMs: number;
  /** Told of every change. */
  readonly mark: FiguresMark;
  readonly table: SpendTable;
}

/**
 * What an account has spent, as read from the ledger and added to since. A figure is known from the moment a read of it is put
 * back, unless something was booked between the read and that: then the read may have missed it, and the next one is waited for.
 */
export class AccountSpend {
  readonly #ttlMs: number;
  readonly #mark: FiguresMark;
  /** Counts bookings, so that a read can tell whether one came in between. */
  bookings = 0;
  readonly #table: SpendTable;
  readonly #row: number;

  constructor({ ttlMs, mark, table }: AccountSpendOptions) {
    this.#ttlMs = ttlMs;
    this.#mark = mark;
    this.#table = table;
    this.#row = table.add();
  }

  windowCost(windowStartMs: number, nowMs: number): number | undefined {
    const { sums } = this.#table;
    const row = this.#row;
    if (sums[row + windowStart] !== windowStartMs) return undefined;
    return nowMs - sums[row + windowReadAt]! < this.#ttlMs ? sums[row + windowUsd] : undefined;
  }

  quotaUse(nowMs: number): QuotaUse | undefined {
    if (!this.#knowsQuota(nowMs)) return undefined;
    const { sums } = this.#table;
    const row = this.#row;
    return {
      dailyUsd: sums[row + dailyUsd]!,
      weeklyUsd: sums[row + weeklyUsd]!,
      totalUsd: sums[row + totalUsd]!,
    };
  }

  /** The first time after now at which one of the sums is trusted no longer. */
  knownUntilMs(nowMs: number): number {
    const untilMs = (readAtMs: number) =>
      nowMs - readAtMs < this.#ttlMs ? readAtMs + this.#ttlMs : Number.POSITIVE_INFINITY;
    const { sums } = this.#table;
    const row = this.#row;
    return Math.min(untilMs(sums[row + windowReadAt]!), untilMs(sums[row + quotaReadAt]!));
  }

  /** Adds a booked cost to the figures of the periods `nowMs` falls in. */
  add(costUsd: number, windowStartMs: number, nowMs: number): void {
    this.bookings += 1;
    this.#mark.touch();
    const { sums } = this.#table;
    const row = this.#row;
    if (sums[row + windowStart] === windowStartMs) sums[row + windowUsd]! += costUsd;
    else this.#forgetWindow();
    if (this.#knowsQuota(nowMs)) {
      sums[row + dailyUsd]! += costUsd;
      sums[row + weeklyUsd]! += costUsd;
      sums[row + totalUsd]! += costUsd;
    } else {
      this.#forgetQuota();
    }
  }

  /** Something was booked of which the amount is not known: the figures must be read anew. */
  forget(): void {
    this.bookings += 1;
    this.#mark.touch();
    this.#forgetWindow();
    this.#forgetQuota();
  }

  /** Puts a read back. `bookingsThen` is the count at the time of the read, `readAtMs` when it counts as read. */
  fillWindow(startMs: number, costUsd: number, bookingsThen: number, readAtMs: number): void {
    if (bookingsThen !== this.bookings) return;
    const { sums } = this.#table;
    const row = this.#row;
    sums[row + windowStart] = startMs;
    sums[row + windowReadAt] = readAtMs;
    sums[row + windowUsd] = costUsd;
    this.#mark.touch();
  }

  /** In the same way; the use is that of the day of `nowMs`. */
  fillQuota(use: QuotaUse, bookingsThen: number, nowMs: number, readAtMs = nowMs): void {
    if (bookingsThen !== this.bookings) return;
    const { sums } = this.#table;
    const row = this.#row;
    sums[row + quotaDay] = utcDay(nowMs);
    sums[row + quotaReadAt] = readAtMs;
    sums[row + dailyUsd] = use.dailyUsd;
    sums[row + weeklyUsd] = use.weeklyUsd;
    sums[row + totalUsd] = use.totalUsd;
    this.#mark.touch();
  }

  /** A new week begins with a new day. */
  #knowsQuota(nowMs: number): boolean {
    const { sums } = this.#table;
    const row = this.#row;
    return sums[row + quotaDay] === utcDay(nowMs) && nowMs - sums[row + quotaReadAt]! < this.#ttlMs;
  }

  #forgetWindow(): void {
    const { sums } = this.#table;
    sums[this.#row + windowStart] = Number.NaN;
    sums[this.#row + windowReadAt] = Number.NaN;
  }

  #forgetQuota(): void {
    const { sums } = this.#table;
    sums[this.#row + quotaDay] = Number.NaN;
    sums[this.#row + quotaReadAt] = Number.NaN;
  }
}
