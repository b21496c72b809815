import type { Place } from './places.ts';
import type { PoolEntry } from './pool-entry.ts';
import { comparePreference, type RankRules } from './rank.ts';

/** More are not told of. */
const passedOverMax = 32;

/** Of the cooling accounts of a pool, in its order, those passed over for the best; all where there is none. */
export function passedOver(
  cooling: Iterable<PoolEntry>,
  best: Pick<Place, 'first' | 'rank'> | undefined,
  rules: RankRules,
): readonly PoolEntry[] {
  const passed: PoolEntry[] = [];
  for (const entry of cooling) {
    if (passed.length === passedOverMax) break;
    if (best === undefined || isPassedOver(entry, best, rules)) passed.push(entry);
  }
  return passed;
}

function isPassedOver(
  entry: PoolEntry,
  { first, rank }: Pick<Place, 'first' | 'rank'>,
  rules: RankRules,
): boolean {
  const chosen = first.account.family;
  const { family } = entry.account;
  if (family !== undefined && family.id === chosen?.id) return family.index < chosen.index;
  return comparePreference(entry, rules, rank) <= 0;
}
