import type { UsageEntry } from '../../ports/ledger.ts';

const minuteMs = 60_000;

/** Costs in USD of bookings that the file's sums do not hold yet, by minute (from the epoch) and account. */
export class UnsummedCosts {
  readonly #byMinute = new Map<number, Map<string, number>>();
  /** The minute of the latest booking, and its costs. */
  #minute = Number.NaN;
  #costs = new Map<string, number>();

  add({ accountId, bookedAtMs, costUsd }: UsageEntry): void {
    const minute = Math.floor(bookedAtMs / minuteMs);
    if (minute !== this.#minute) this.#turnTo(minute);
    this.#costs.set(accountId, (this.#costs.get(accountId) ?? 0) + costUsd);
  }

  /** A JSON array with `[minute, accountId, costUsd]` for each sum. */
  toJson(): string {
    const rows: [number, string, number][] = [];
    for (const [minute, costs] of this.#byMinute)
      for (const [accountId, costUsd] of costs) rows.push([minute, accountId, costUsd]);
    return JSON.stringify(rows);
  }

  clear(): void {
    this.#byMinute.clear();
    this.#minute = Number.NaN;
  }

  #turnTo(minute: number): void {
    const costs = this.#byMinute.get(minute) ?? new Map<string, number>();
    this.#byMinute.set(minute, costs);
    this.#minute = minute;
    this.#costs = costs;
  }
}
