import { LRUCache } from 'lru-cache';
import type { Call } from './api.ts';

/** Leases of repeated requests remembered: about 2 MB when full. */
const maxLeases = 10_000;

/**
 * Which calls were given the lease of one and the same request. A caller that is lost gives up its leases, but not one that a
 * repeated request of another call was answered with: that caller may be using it.
 */
export class SharedLeases {
  /** Calls by a number, so that none is kept alive by this. */
  readonly #numbers = new WeakMap<Call, number>();
  readonly #holders = new LRUCache<string, Set<number>>({ max: maxLeases });
  #calls = 0;

  /** Notes that the call was given the lease. Needed only where the request can be repeated. */
  given(leaseId: string, call: Call): void {
    const holders = this.#holders.get(leaseId) ?? new Set();
    holders.add(this.#numberOf(call));
    this.#holders.set(leaseId, holders);
  }

  /** The leases that nobody else was given, of those that one call gives up. */
  givenUp(leaseIds: Iterable<string>): readonly string[] {
    return [...leaseIds].filter((leaseId) => {
      const holders = this.#holders.get(leaseId);
      if (holders === undefined || holders.size <= 1) return true;
      for (const first of holders) {
        holders.delete(first);
        break;
      }
      return false;
    });
  }

  #numberOf(call: Call): number {
    let number = this.#numbers.get(call);
    if (number === undefined) {
      this.#calls += 1;
      number = this.#calls;
      this.#numbers.set(call, number);
    }
    return number;
  }
}
