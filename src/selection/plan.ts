import type { SelectionContext } from './context.ts';
import { entryVerdict, isCooling, isWaitable } from './pipeline.ts';
import { type Place, Places } from './places.ts';
import type { PoolEntry } from './pool-entry.ts';
import { comparePreference, type RankRules } from './rank.ts';

/** What a selection may do with a pool: claim one of these, or wait for one of those. */
export interface Plan {
  /** Accounts to claim, best first; a key family stands as its keys that can serve, in order. At most `limit`. */
  readonly claimable: readonly PoolEntry[];
  /** Accounts that are merely full or probing, best first; at most `waitLimit`. */
  readonly waitable: readonly PoolEntry[];
  /**
   * Accounts passed over for their cooldown: those that by configuration stand no lower than the best claimable, and of its own
   * key family the keys before it. At most 32.
   */
  readonly passedOver: readonly PoolEntry[];
}

export interface PlanRequest {
  readonly entries: readonly PoolEntry[];
  readonly context: SelectionContext;
  readonly rules: RankRules;
  /** How many places of a list are worth having: a claim rarely gets past the first. Infinity: all. */
  readonly limit: number;
  /** The same for the accounts worth waiting for. */
  readonly waitLimit: number;
}

const passedOverMax = 32;
const alone: readonly PoolEntry[] = [];

/** Filters and ranks a pool. Pure: the same pool, figures, request and salt give the same plan. */
export function planSelection({ entries, context, rules, limit, waitLimit }: PlanRequest): Plan {
  const claimable = new Places(rules, limit);
  const found: Found = { claimable, waitable: new Places(rules, waitLimit), cooling: [] };
  for (let position = 0; position < entries.length; ) {
    const entry = entries[position]!;
    const end = unitEnd(entries, position);
    if (end > position + 1) addFamily(found, entries.slice(position, end), position, context);
    // With enough better ones found, what else keeps an account away does not matter: for 10,000 equal accounts a
    // walk takes 100 µs then, and 350 where every filter is asked.
    else if (claimable.wouldKeep(entry, position) || isTold(entry, context))
      addSingle(found, entry, position, context);
    position = end;
  }
  const ranked = claimable.ranked();
  const { waitable, cooling } = found;
  return {
    claimable: flatten(ranked, limit),
    waitable: flatten(waitable.ranked(), waitLimit),
    passedOver: cooling.length === 0 ? cooling : passedOver(cooling, ranked[0], rules),
  };
}

interface Found {
  readonly claimable: Places;
  readonly waitable: Places;
  readonly cooling: PoolEntry[];
}

function addSingle(found: Found, entry: PoolEntry, position: number, context: SelectionContext): void {
  const verdict = entryVerdict(entry, context);
  if (verdict === 'ELIGIBLE') found.claimable.offer(entry, alone, position);
  else if (isWaitable(verdict)) found.waitable.offer(entry, alone, position);
  else if (isCooling(verdict)) found.cooling.push(entry);
}

/** A family ranks as one entry, by its first key that can serve. */
function addFamily(
  found: Found,
  keys: readonly PoolEntry[],
  position: number,
  context: SelectionContext,
): void {
  const able: PoolEntry[] = [];
  const full: PoolEntry[] = [];
  for (const key of keys) {
    const verdict = entryVerdict(key, context);
    if (verdict === 'ELIGIBLE') able.push(key);
    else if (isWaitable(verdict)) full.push(key);
    else if (isCooling(verdict)) found.cooling.push(key);
  }
  const [firstAble, ...othersAble] = able;
  const [firstFull, ...othersFull] = full;
  if (firstAble !== undefined) found.claimable.offer(firstAble, othersAble, position);
  else if (firstFull !== undefined) found.waitable.offer(firstFull, othersFull, position);
}

/** Whether the walk has something to tell of the account even where it is not chosen: that it cools, or needs a figure read. */
function isTold({ figures, needsReading }: PoolEntry, { model }: SelectionContext): boolean {
  return needsReading || figures.cooldown !== undefined || figures.modelCooldown(model) !== undefined;
}

/** The end of the unit that begins at `position`: a key family's keys rank as one, any other account by itself. */
function unitEnd(entries: readonly PoolEntry[], position: number): number {
  const { familyId } = entries[position]!;
  let end = position + 1;
  if (familyId !== '') while (end < entries.length && entries[end]!.familyId === familyId) end += 1;
  return end;
}

function flatten(places: readonly Place[], limit: number): readonly PoolEntry[] {
  const entries: PoolEntry[] = [];
  for (const { first, others } of places) {
    if (entries.length >= limit) break;
    entries.push(first, ...others);
  }
  return entries.length > limit ? entries.slice(0, limit) : entries;
}

function passedOver(
  cooling: readonly PoolEntry[],
  best: Place | undefined,
  rules: RankRules,
): readonly PoolEntry[] {
  if (best === undefined) return cooling.slice(0, passedOverMax);
  const chosen = best.first.account.family;
  const isPassedOver = (entry: PoolEntry) => {
    const { family } = entry.account;
    if (family !== undefined && family.id === chosen?.id) return family.index < chosen.index;
    return comparePreference(entry, rules, best.rank) <= 0;
  };
  return cooling.filter(isPassedOver).slice(0, passedOverMax);
}
