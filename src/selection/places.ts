import type { PoolEntry } from './pool-entry.ts';
import { compareRanks, compareToRank, type Rank, type RankRules, rankOf } from './rank.ts';

/** A unit of a pool and where it stands: an account by itself, or the keys of a family in their order. */
export interface Place {
  readonly rank: Rank;
  /** Ranks for the unit. */
  readonly first: PoolEntry;
  readonly others: readonly PoolEntry[];
}

/** Up to this many places are kept in order as they come; a longer list is sorted once. */
const inOrderUpTo = 64;

/** The best places of a pool, found in one walk over it. */
export class Places {
  readonly #rules: RankRules;
  readonly #limit: number;
  readonly #places: Place[] = [];

  /** `limit`: how many are worth keeping; Infinity for all. */
  constructor(rules: RankRules, limit: number) {
    this.#rules = rules;
    this.#limit = limit;
  }

  /** Whether a unit that ranks by `first` would be among the places kept. */
  wouldKeep(first: PoolEntry, tie: number): boolean {
    if (this.#limit > inOrderUpTo) return true;
    const last = this.#places[this.#limit - 1];
    return last === undefined || compareToRank(first, tie, this.#rules, last.rank) < 0;
  }

  /** Considers a unit. */
  offer(first: PoolEntry, others: readonly PoolEntry[], tie: number): void {
    const places = this.#places;
    const rules = this.#rules;
    if (this.#limit > inOrderUpTo) {
      places.push({ rank: rankOf(first, tie, rules), first, others });
      return;
    }
    if (!this.wouldKeep(first, tie)) return;
    const rank = rankOf(first, tie, rules);
    if (places.length === this.#limit) places.pop();
    let index = places.length;
    while (index > 0 && compareRanks(rank, places[index - 1]!.rank) < 0) index -= 1;
    places.splice(index, 0, { rank, first, others });
  }

  /** Best first. */
  ranked(): readonly Place[] {
    if (this.#limit <= inOrderUpTo) return this.#places;
    return this.#places.toSorted((a, b) => compareRanks(a.rank, b.rank)).slice(0, this.#limit);
  }
}
