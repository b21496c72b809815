import type { UsageEntry } from '../../ports/ledger.ts';

const minuteMs = 60_000;

/** More sums than these SQLite makes as fast by itself, in the order in which it writes them. */
const maxSums = 128;

/** Costs in USD of bookings that the file's sums do not hold yet, by minute (from the epoch) and account, while these are few. */
export class UnsummedCosts {
  readonly #byMinute = new Map<number, Map<string, number>>();
  #sums = 0;
  /** The minute of the latest booking, and its costs. */
  #minute = Number.NaN;
  #costs = new Map<string, number>();

  add({ accountId, bookedAtMs, costUsd }: UsageEntry): void {
    if (this.#sums > maxSums) return;
    const minute = Math.floor(bookedAtMs / minuteMs);
    if (minute !== this.#minute) this.#turnTo(minute);
    const before = this.#costs.get(accountId);
    if (before === undefined) this.#sums += 1;
    this.#costs.set(accountId, (before ?? 0) + costUsd);
  }

  /** A JSON array with `[minute, accountId, costUsd]` for each sum; undefined where they are too many. */
  toJson(): string | undefined {
    if (this.#sums > maxSums) return undefined;
    const rows: [number, string, number][] = [];
    for (const [minute, costs] of this.#byMinute)
      for (const [accountId, costUsd] of costs) rows.push([minute, accountId, costUsd]);
    return JSON.stringify(rows);
  }

  clear(): void {
    this.#byMinute.clear();
    this.#sums = 0;
    this.#minute = Number.NaN;
  }

  #turnTo(minute: number): void {
    const costs = this.#byMinute.get(minute) ?? new Map<string, number>();
    this.#byMinute.set(minute, costs);
    this.#minute = minute;
    this.#costs = costs;
  }
}
