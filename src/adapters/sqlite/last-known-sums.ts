import type { SumsUpTo } from '../../ports/spool-target.ts';

interface Known<Value> {
  readonly period: number;
  readonly value: Value;
  readonly upTo: number;
}

/**
 * What the shared store last said of each account, for while it is away: with the spool's own rows on top, such a sum lacks only what
 * other sidecars booked since. Kept for one period an account, the latest: a window by its start, a quota by its day.
 */
export class LastKnownSums<Value> {
  readonly #known = new Map<string, Known<Value>>();

  keep(period: number, { sums, upTo }: SumsUpTo<Value>): void {
    for (const [accountId, value] of sums) this.#known.set(accountId, { period, value, upTo });
  }

  /** Sums of the accounts, each with how far the spool had arrived; undefined where one of them is not known for that period. */
  of(
    accountIds: readonly string[],
    period: number,
  ): ReadonlyMap<string, { readonly value: Value; readonly upTo: number }> | undefined {
    const found = new Map<string, Known<Value>>();
    for (const accountId of accountIds) {
      const known = this.#known.get(accountId);
      if (known?.period !== period) return undefined;
      found.set(accountId, known);
    }
    return found;
  }
}
