import type { SelectionContext } from './context.ts';
import { entryVerdict, isCooling, isWaitable } from './pipeline.ts';
import type { PoolEntry } from './pool-entry.ts';
import { comparePreference, compareRanks, type Rank, type RankRules, rankOf } from './rank.ts';
import type { Verdict } from './verdict.ts';

/** What a selection may do with a pool: claim one of these, or wait for one of those. */
export interface Plan {
  /** Accounts to claim, best first; a key family stands as its keys that can serve, in order. At most `limit` places. */
  readonly claimable: readonly PoolEntry[];
  /** Accounts that are merely full or probing, best first; at most `limit`. */
  readonly waitable: readonly PoolEntry[];
  /** Accounts passed over for their cooldown that would have stood no lower than the best claimable; at most 32. */
  readonly passedOver: readonly PoolEntry[];
}

export interface PlanRequest {
  readonly entries: readonly PoolEntry[];
  readonly context: SelectionContext;
  readonly rules: RankRules;
  /** How many places of a list are worth having: a claim rarely gets past the first. */
  readonly limit: number;
}

interface Place {
  readonly rank: Rank;
  readonly keys: readonly PoolEntry[];
}

const passedOverMax = 32;

/** Filters and ranks a pool. Pure: the same pool, figures, request and salt give the same plan. */
export function planSelection({ entries, context, rules, limit }: PlanRequest): Plan {
  const claimable: Place[] = [];
  const waitable: Place[] = [];
  const cooling: Place[] = [];
  for (let position = 0; position < entries.length; ) {
    const end = unitEnd(entries, position);
    const able: PoolEntry[] = [];
    const full: PoolEntry[] = [];
    for (let index = position; index < end; index += 1) {
      const entry = entries[index]!;
      const verdict: Verdict = entryVerdict(entry, context);
      if (verdict === 'ELIGIBLE') able.push(entry);
      else if (isWaitable(verdict)) full.push(entry);
      else if (isCooling(verdict) && cooling.length < passedOverMax)
        cooling.push({ rank: rankOf(entry, index, rules), keys: [entry] });
    }
    place(claimable, able, position, rules, limit);
    if (able.length === 0) place(waitable, full, position, rules, limit);
    position = end;
  }
  const best = claimable[0]?.rank;
  return {
    claimable: flatten(claimable, limit),
    waitable: flatten(waitable, limit),
    passedOver: cooling
      .filter(({ rank }) => best === undefined || comparePreference(rank, best) <= 0)
      .flatMap(({ keys }) => keys),
  };
}

/** The end of the unit that begins at `position`: a key family's keys rank as one, any other account by itself. */
function unitEnd(entries: readonly PoolEntry[], position: number): number {
  const family = entries[position]!.account.family?.id;
  let end = position + 1;
  if (family !== undefined)
    while (end < entries.length && entries[end]!.account.family?.id === family) end += 1;
  return end;
}

/** Puts a unit in its place among the best `limit`; it ranks by its first key. */
function place(
  places: Place[],
  keys: readonly PoolEntry[],
  position: number,
  rules: RankRules,
  limit: number,
): void {
  const first = keys[0];
  if (first === undefined) return;
  const rank = rankOf(first, position, rules);
  let index = places.length;
  while (index > 0 && compareRanks(rank, places[index - 1]!.rank) < 0) index -= 1;
  if (index >= limit) return;
  places.splice(index, 0, { rank, keys });
  if (places.length > limit) places.pop();
}

function flatten(places: readonly Place[], limit: number): readonly PoolEntry[] {
  return places.flatMap(({ keys }) => keys).slice(0, limit);
}
