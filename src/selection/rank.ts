import type { Figures } from './figures.ts';
import type { PoolEntry } from './pool-entry.ts';

/** Where an account stands among those that could serve; compared field by field, lower first. */
export interface Rank {
  /** 0: named by the group's model routing; 1: not. */
  readonly detour: number;
  readonly tier: number;
  readonly priority: number;
  readonly loadRate: number;
  /** 0 where recency does not count. */
  readonly lastUsedAt: number;
  readonly tie: number;
}

export interface RankRules {
  /** Accounts the group's model routing names; undefined: none matched. */
  readonly routed: ReadonlySet<string> | undefined;
  /** Subscriptions before API keys before Bedrock; off: one list. */
  readonly tiers: boolean;
  /** Off: equal accounts at random. */
  readonly leastRecentlyUsed: boolean;
}

/** Numbers that decide between equal accounts, by their places in the pool. */
export type Ties = ArrayLike<number>;

/** Share of the account's capacity that is taken or waited for; 0 where there is no limit. */
export function loadRateOf(loadFactor: number, figures: Figures): number {
  return loadFactor > 0 ? (figures.inFlight + figures.waiting) / loadFactor : 0;
}

export function rankOf(entry: PoolEntry, tie: number, rules: RankRules): Rank {
  return {
    detour: detourOf(entry, rules),
    tier: tierOf(entry, rules),
    priority: entry.priority,
    loadRate: loadRateOf(entry.loadFactor, entry.figures),
    lastUsedAt: lastUsedAtOf(entry, rules),
    tie,
  };
}

/** Negative where the entry stands before the rank. Makes nothing, for it is asked of every account. */
export function compareToRank(entry: PoolEntry, tie: number, rules: RankRules, rank: Rank): number {
  return (
    comparePreference(entry, rules, rank) ||
    loadRateOf(entry.loadFactor, entry.figures) - rank.loadRate ||
    lastUsedAtOf(entry, rules) - rank.lastUsedAt ||
    tie - rank.tie
  );
}

/** The part of the order that is configured, before any figure counts. */
export function comparePreference(entry: PoolEntry, rules: RankRules, rank: Rank): number {
  return (
    detourOf(entry, rules) - rank.detour || tierOf(entry, rules) - rank.tier || entry.priority - rank.priority
  );
}

export function compareRanks(a: Rank, b: Rank): number {
  return (
    a.detour - b.detour ||
    a.tier - b.tier ||
    a.priority - b.priority ||
    a.loadRate - b.loadRate ||
    a.lastUsedAt - b.lastUsedAt ||
    a.tie - b.tie
  );
}

function detourOf({ account }: PoolEntry, { routed }: RankRules): number {
  return routed === undefined || routed.has(account.id) ? 0 : 1;
}

function tierOf({ tier }: PoolEntry, { tiers }: RankRules): number {
  return tiers ? tier : 0;
}

function lastUsedAtOf({ figures }: PoolEntry, { leastRecentlyUsed }: RankRules): number {
  return leastRecentlyUsed ? figures.lastUsedAt : 0;
}
