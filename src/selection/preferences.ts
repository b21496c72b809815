import type { PoolEntry } from './pool-entry.ts';
import { comparePreference, type Rank, type RankRules, rankOf } from './rank.ts';

/** Each entry's preference by configuration as a number, lower first: its place among the distinct ones of the pool. */
export function preferencesOf(entries: readonly PoolEntry[], rules: RankRules): Int32Array {
  const distinct: Rank[] = [];
  for (const entry of entries) {
    const place = placeOf(entry, distinct, rules);
    const found = distinct[place];
    if (found === undefined || comparePreference(entry, rules, found) !== 0)
      distinct.splice(place, 0, rankOf(entry, 0, rules));
  }
  return Int32Array.from(entries, (entry) => placeOf(entry, distinct, rules));
}

/** The first of the sorted ranks that does not come before the entry. */
function placeOf(entry: PoolEntry, sorted: readonly Rank[], rules: RankRules): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (comparePreference(entry, rules, sorted[middle]!) > 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
