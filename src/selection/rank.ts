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
  /** Decides ties; drawn anew for each selection. */
  readonly salt: number;
}

/** Share of the account's capacity that is taken or waited for; 0 where there is no limit. */
export function loadRateOf(loadFactor: number, figures: Figures): number {
  return loadFactor > 0 ? (figures.inFlight + figures.waiting) / loadFactor : 0;
}

/** `position` is the account's place in its pool. */
export function rankOf({ account, figures }: PoolEntry, position: number, rules: RankRules): Rank {
  return {
    detour: rules.routed === undefined || rules.routed.has(account.id) ? 0 : 1,
    tier: rules.tiers ? account.tier : 0,
    priority: account.priority,
    loadRate: loadRateOf(account.loadFactor, figures),
    lastUsedAt: rules.leastRecentlyUsed ? figures.lastUsedAt : 0,
    tie: scramble(rules.salt, position),
  };
}

export function compareRanks(a: Rank, b: Rank): number {
  return comparePreference(a, b) || a.loadRate - b.loadRate || a.lastUsedAt - b.lastUsedAt || a.tie - b.tie;
}

/** The part of the order that is configured, before any figure counts. */
export function comparePreference(a: Rank, b: Rank): number {
  return a.detour - b.detour || a.tier - b.tier || a.priority - b.priority;
}

/** An even spread of 32 bits from the salt and a position (the finalizer of MurmurHash3). */
function scramble(salt: number, position: number): number {
  let bits = salt ^ Math.imul(position + 1, 0x9e3779b1);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
