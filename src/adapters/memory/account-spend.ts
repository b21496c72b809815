import { utcDay } from '../../ports/calendar.ts';
import type { QuotaUse } from '../../ports/ledger.ts';
import type { FiguresMark } from '../../selection/figures-log.ts';

/** What the sums hold; NaN where it is not known. */
const windowStart = 0;
const windowReadAt = 1;
const windowUsd = 2;
const quotaDay = 3;
const quotaReadAt = 4;
const dailyUsd = 5;
const weeklyUsd = 6;
const totalUsd = 7;
const sumsLength = 8;

/**
 * What an account has spent, as read from the ledger and added to since. A figure is known from the moment a read of it is put
 * back, unless something was booked between the read and that: then the read may have missed it, and the next one is waited for.
 */
export class AccountSpend {
  readonly #ttlMs: number;
  readonly #mark: FiguresMark;
  /** Counts bookings, so that a read can tell whether one came in between. */
  bookings = 0;
  // Side by side, not in objects, where V8 would keep each number in an object of its own: with 10,000 accounts each is a wait for memory.
  readonly #sums = new Float64Array(sumsLength).fill(Number.NaN);

  /** `mark`: told of every change. */
  constructor(ttlMs: number, mark: FiguresMark) {
    this.#ttlMs = ttlMs;
    this.#mark = mark;
  }

  windowCost(windowStartMs: number, nowMs: number): number | undefined {
    const sums = this.#sums;
    if (sums[windowStart] !== windowStartMs) return undefined;
    return nowMs - sums[windowReadAt]! < this.#ttlMs ? sums[windowUsd] : undefined;
  }

  quotaUse(nowMs: number): QuotaUse | undefined {
    if (!this.#knowsQuota(nowMs)) return undefined;
    const sums = this.#sums;
    return { dailyUsd: sums[dailyUsd]!, weeklyUsd: sums[weeklyUsd]!, totalUsd: sums[totalUsd]! };
  }

  /** The first time after now at which one of the sums is trusted no longer. */
  knownUntilMs(nowMs: number): number {
    const untilMs = (readAtMs: number) =>
      nowMs - readAtMs < this.#ttlMs ? readAtMs + this.#ttlMs : Number.POSITIVE_INFINITY;
    return Math.min(untilMs(this.#sums[windowReadAt]!), untilMs(this.#sums[quotaReadAt]!));
  }

  /** Adds a booked cost to the figures of the periods `nowMs` falls in. */
  add(costUsd: number, windowStartMs: number, nowMs: number): void {
    this.bookings += 1;
    this.#mark.touch();
    const sums = this.#sums;
    if (sums[windowStart] === windowStartMs) sums[windowUsd]! += costUsd;
    else this.#forgetWindow();
    if (this.#knowsQuota(nowMs)) {
      sums[dailyUsd]! += costUsd;
      sums[weeklyUsd]! += costUsd;
      sums[totalUsd]! += costUsd;
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
    const sums = this.#sums;
    sums[windowStart] = startMs;
    sums[windowReadAt] = readAtMs;
    sums[windowUsd] = costUsd;
    this.#mark.touch();
  }

  /** In the same way; the use is that of the day of `nowMs`. */
  fillQuota(use: QuotaUse, bookingsThen: number, nowMs: number, readAtMs = nowMs): void {
    if (bookingsThen !== this.bookings) return;
    const sums = this.#sums;
    sums[quotaDay] = utcDay(nowMs);
    sums[quotaReadAt] = readAtMs;
    sums[dailyUsd] = use.dailyUsd;
    sums[weeklyUsd] = use.weeklyUsd;
    sums[totalUsd] = use.totalUsd;
    this.#mark.touch();
  }

  /** A new week begins with a new day. */
  #knowsQuota(nowMs: number): boolean {
    const sums = this.#sums;
    return sums[quotaDay] === utcDay(nowMs) && nowMs - sums[quotaReadAt]! < this.#ttlMs;
  }

  #forgetWindow(): void {
    this.#sums[windowStart] = Number.NaN;
    this.#sums[windowReadAt] = Number.NaN;
  }

  #forgetQuota(): void {
    this.#sums[quotaDay] = Number.NaN;
    this.#sums[quotaReadAt] = Number.NaN;
  }
}
