import { utcDay } from '../../ports/calendar.ts';
import type { QuotaUse } from '../../ports/ledger.ts';
import type { FiguresMark } from '../../selection/figures-log.ts';

/**
 * What an account has spent, as read from the ledger and added to since. A figure is known from the moment a read of it is put
 * back, unless something was booked between the read and that: then the read may have missed it, and the next one is waited for.
 */
export class AccountSpend {
  readonly #ttlMs: number;
  readonly #mark: FiguresMark;
  /** Counts bookings, so that a read can tell whether one came in between. */
  bookings = 0;
  #window: { readonly startMs: number; readonly readAtMs: number; costUsd: number } | undefined;
  #quota: { readonly day: number; readonly readAtMs: number; use: QuotaUse } | undefined;

  /** `mark`: told of every change. */
  constructor(ttlMs: number, mark: FiguresMark) {
    this.#ttlMs = ttlMs;
    this.#mark = mark;
  }

  windowCost(windowStartMs: number, nowMs: number): number | undefined {
    const window = this.#window;
    if (window === undefined || window.startMs !== windowStartMs) return undefined;
    return nowMs - window.readAtMs < this.#ttlMs ? window.costUsd : undefined;
  }

  quotaUse(nowMs: number): QuotaUse | undefined {
    const quota = this.#quota;
    // A new week begins with a new day.
    if (quota === undefined || quota.day !== utcDay(nowMs)) return undefined;
    return nowMs - quota.readAtMs < this.#ttlMs ? quota.use : undefined;
  }

  /** The first time after now at which one of the sums is trusted no longer. */
  knownUntilMs(nowMs: number): number {
    const untilMs = (readAtMs: number | undefined) =>
      readAtMs === undefined || nowMs - readAtMs >= this.#ttlMs
        ? Number.POSITIVE_INFINITY
        : readAtMs + this.#ttlMs;
    return Math.min(untilMs(this.#window?.readAtMs), untilMs(this.#quota?.readAtMs));
  }

  /** Adds a booked cost to the figures of the periods `nowMs` falls in. */
  add(costUsd: number, windowStartMs: number, nowMs: number): void {
    this.bookings += 1;
    this.#mark.touch();
    if (this.#window !== undefined) {
      if (this.#window.startMs === windowStartMs) this.#window.costUsd += costUsd;
      else this.#window = undefined;
    }
    const use = this.quotaUse(nowMs);
    if (use === undefined) this.#quota = undefined;
    else
      this.#quota!.use = {
        dailyUsd: use.dailyUsd + costUsd,
        weeklyUsd: use.weeklyUsd + costUsd,
        totalUsd: use.totalUsd + costUsd,
      };
  }

  /** Something was booked of which the amount is not known: the figures must be read anew. */
  forget(): void {
    this.bookings += 1;
    this.#mark.touch();
    this.#window = undefined;
    this.#quota = undefined;
  }

  /** Puts a read back. `bookingsThen` is the count at the time of the read. */
  fillWindow(startMs: number, costUsd: number, bookingsThen: number, nowMs: number): void {
    if (bookingsThen !== this.bookings) return;
    this.#window = { startMs, readAtMs: nowMs, costUsd };
    this.#mark.touch();
  }

  fillQuota(use: QuotaUse, bookingsThen: number, nowMs: number): void {
    if (bookingsThen !== this.bookings) return;
    this.#quota = { day: utcDay(nowMs), readAtMs: nowMs, use };
    this.#mark.touch();
  }
}
