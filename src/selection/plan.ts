import type { SelectionContext } from './context.ts';
import { passedOver } from './passed-over.ts';
import { entryVerdict, isCooling, isWaitable } from './pipeline.ts';
import { type Place, Places } from './places.ts';
import type { PoolEntry } from './pool-entry.ts';
import type { RankRules, Ties } from './rank.ts';
import { unitEnd } from './units.ts';

/** What a selection may do with a pool: claim one of these, or wait for one of those. */
export interface Plan {
  /** Accounts to claim, best first; a key family stands as its keys that can serve, in order. At most `limit`. */
  readonly claimable: readonly PoolEntry[];
  /** Where there is none: accounts that are merely full or probing, best first; at most `waitLimit`. */
  readonly waitable: readonly PoolEntry[];
  /**
   * Accounts passed over for their cooldown: those that by configuration stand no lower than the best claimable, and of its own
   * key family the keys before it. At most 32.
   */
  readonly passedOver: readonly PoolEntry[];
}

export interface PlanRequest {
  readonly context: SelectionContext;
  /** How many places of a list are worth having: a claim rarely gets past the first. Infinity: all. */
  readonly limit: number;
  /** The same for the accounts worth waiting for. */
  readonly waitLimit: number;
}

/** A pool to plan with. */
export interface PlanPool {
  readonly entries: readonly PoolEntry[];
  readonly rules: RankRules;
  readonly ties: Ties;
}

const alone: readonly PoolEntry[] = [];
const nobody: readonly PoolEntry[] = [];

/**
 * Filters and ranks a pool by asking all of it: what a ranked pool answers without must be this. Pure: the same pool, figures,
 * request and ties give the same plan.
 */
export function planSelection(
  { entries, rules, ties }: PlanPool,
  { context, limit, waitLimit }: PlanRequest,
): Plan {
  const claimable = new Places(rules, limit);
  const found: Found = { claimable, waitable: new Places(rules, waitLimit), cooling: [] };
  for (let position = 0; position < entries.length; ) {
    const entry = entries[position]!;
    const end = unitEnd(entries, position);
    const tie = ties[position]!;
    if (end > position + 1) addFamily(found, entries.slice(position, end), tie, context);
    // With enough better ones found, what else keeps an account away does not matter: for 10,000 equal accounts a
    // walk takes 100 µs then, and 350 where every filter is asked.
    else if (claimable.wouldKeep(entry, tie) || isTold(entry, context)) addSingle(found, entry, tie, context);
    position = end;
  }
  const ranked = claimable.ranked();
  const { waitable, cooling } = found;
  return {
    claimable: flatten(ranked, limit),
    waitable: ranked.length > 0 ? nobody : flatten(waitable.ranked(), waitLimit),
    passedOver: cooling.length === 0 ? cooling : passedOver(cooling, ranked[0], rules),
  };
}

interface Found {
  readonly claimable: Places;
  readonly waitable: Places;
  readonly cooling: PoolEntry[];
}

function addSingle(found: Found, entry: PoolEntry, tie: number, context: SelectionContext): void {
  const verdict = entryVerdict(entry, context);
  if (verdict === 'ELIGIBLE') found.claimable.offer(entry, alone, tie);
  else if (isWaitable(verdict)) found.waitable.offer(entry, alone, tie);
  else if (isCooling(verdict)) found.cooling.push(entry);
}

/** A family ranks as one entry, by its first key that can serve. */
function addFamily(found: Found, keys: readonly PoolEntry[], tie: number, context: SelectionContext): void {
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
  if (firstAble !== undefined) found.claimable.offer(firstAble, othersAble, tie);
  else if (firstFull !== undefined) found.waitable.offer(firstFull, othersFull, tie);
}

/** Whether the walk has something to tell of the account even where it is not chosen: that it cools, or needs a figure read. */
function isTold({ figures, needsReading }: PoolEntry, { model }: SelectionContext): boolean {
  return needsReading || figures.cooldown !== undefined || figures.modelCooldown(model) !== undefined;
}

function flatten(places: readonly Place[], limit: number): readonly PoolEntry[] {
  const entries: PoolEntry[] = [];
  for (const { first, others } of places) {
    if (entries.length >= limit) break;
    entries.push(first, ...others);
  }
  return entries.length > limit ? entries.slice(0, limit) : entries;
}
