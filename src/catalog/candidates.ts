import type { Account } from './account.ts';
import { type Candidate, type CandidateQuery, fitsPlatform } from './catalog.ts';
import { GenerationMemo, type MemoBounds } from './generation-memo.ts';

/**
 * Model names come from callers, so what is remembered of them is bounded: by the number of answers, and by the candidates in
 * them, since a pool of 10,000 accounts makes each answer 10,000 long. With what selections keep of each, judged and in order, a
 * candidate takes 330 bytes: at most 230 MB in all.
 */
export const candidateMemoBounds: MemoBounds = { maxEntries: 4096, maxWeight: 700_000 };

/** The accounts of one group that speak one platform, in file order. Its identity is the key of the memo. */
type PlatformPool = readonly Account[];

interface GroupPool {
  readonly all: readonly Account[];
  /** By the account's own platform. */
  readonly own: ReadonlyMap<string, PlatformPool>;
  /** Where mixed scheduling adds accounts of another platform to a platform's own. */
  readonly mixed: ReadonlyMap<string, PlatformPool>;
}

/** Platforms that an `antigravity` account with mixed scheduling serves beside its own. */
const mixedPlatforms = ['anthropic', 'gemini'];

/** The accounts indexed by group and platform, with the answers per model remembered. */
export class CandidateIndex {
  readonly #pools = new Map<string, GroupPool>();
  readonly #memo: GenerationMemo<PlatformPool, readonly Candidate[]>;

  constructor(accounts: Iterable<Account>, bounds: MemoBounds = candidateMemoBounds) {
    this.#memo = new GenerationMemo(bounds);
    const byGroup = new Map<string, Account[]>();
    for (const account of accounts) {
      for (const groupId of account.groupIds.length === 0 ? [''] : account.groupIds) {
        append(byGroup, groupId, account);
      }
    }
    for (const [groupId, pool] of byGroup) this.#pools.set(groupId, indexPool(pool));
  }

  /** How many answers are remembered. */
  get remembered(): number {
    return this.#memo.size;
  }

  /** A group's accounts in file order; the empty id names the accounts of no group. */
  pool(groupId: string): readonly Account[] {
    return this.#pools.get(groupId)?.all ?? [];
  }

  candidates(query: CandidateQuery): readonly Candidate[] {
    const group = this.#pools.get(query.groupId);
    if (group === undefined) return nobody;
    const mixed = query.platformForced ? undefined : group.mixed.get(query.platform);
    const pool = mixed ?? group.own.get(query.platform);
    if (pool === undefined) return nobody;
    return this.#memo.get(pool, query.model, () => thoseThatServe(pool, query.model), weigh);
  }
}

const nobody: readonly Candidate[] = [];

/** An answer without candidates is remembered too, and takes its place in the bounds. */
function weigh(candidates: readonly Candidate[]): number {
  return candidates.length + 1;
}

function thoseThatServe(pool: PlatformPool, model: string): readonly Candidate[] {
  const candidates: Candidate[] = [];
  for (const account of pool) {
    const upstreamModel = account.models.upstreamOf(model);
    if (upstreamModel !== undefined) candidates.push({ account, upstreamModel });
  }
  return candidates;
}

function indexPool(all: readonly Account[]): GroupPool {
  const own = new Map<string, Account[]>();
  for (const account of all) append(own, account.platform, account);
  const mixed = new Map<string, PlatformPool>();
  for (const platform of mixedPlatforms) {
    const pool = all.filter((account) => fitsPlatform(account, platform, false));
    if (pool.length > (own.get(platform)?.length ?? 0)) mixed.set(platform, pool);
  }
  return { all, own, mixed };
}

function append<Key, Item>(lists: Map<Key, Item[]>, key: Key, item: Item): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
