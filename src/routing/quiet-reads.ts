import type { Account } from '../catalog/account.ts';
import type { QuotaUse } from '../ports/ledger.ts';
import type { WindowCostKey } from '../ports/window-cost-cache.ts';
import type { ReadFigures } from '../selection/context.ts';
import { windowStartMs } from '../selection/figures.ts';
import type { RoutingDependencies } from './dependencies.ts';

type Readers = Pick<RoutingDependencies, 'state' | 'ledger'>;

/** Accounts whose figures are wanted; one named twice is read once. */
export interface QuietNeeds {
  readonly windowCosts: readonly Account[];
  readonly quotas: readonly Account[];
}

/**
 * Reads figures as a selection would, from the state store and else from the ledger, but leaves no trace: nothing is put back and
 * nothing is counted. Never rejects; what can't be read is left out.
 */
export async function readQuietly(needs: QuietNeeds, nowMs: number, readers: Readers): Promise<ReadFigures> {
  const [windowCosts, quotas] = await Promise.all([
    windowCostsOf(needs.windowCosts, nowMs, readers),
    quotasOf(needs.quotas, nowMs, readers),
  ]);
  return { windowCosts, quotas };
}

async function windowCostsOf(
  accounts: readonly Account[],
  nowMs: number,
  { state, ledger }: Readers,
): Promise<ReadonlyMap<string, number>> {
  const keys = idsOf(accounts).map((accountId) => ({
    accountId,
    windowStartMs: windowStartMs(state.figures(accountId), nowMs),
  }));
  const costs = new Map<string, number>();
  if (keys.length === 0) return costs;
  const readings = (await orUndefined(() => state.windowCosts.read(keys, nowMs))) ?? [];
  for (const [index, { accountId }] of keys.entries()) {
    const known = readings[index]?.costUsd;
    if (known !== undefined) costs.set(accountId, known);
  }
  const missing = keys.filter(({ accountId }) => !costs.has(accountId));
  for (const [startMs, group] of Map.groupBy(missing, (key) => key.windowStartMs)) {
    const batch = await orUndefined(() =>
      ledger.windowCosts(
        group.map(({ accountId }) => accountId),
        startMs,
      ),
    );
    for (const key of group) {
      const cost = batch === undefined ? await singleCost(key, ledger) : (batch.get(key.accountId) ?? 0);
      if (cost !== undefined) costs.set(key.accountId, cost);
    }
  }
  return costs;
}

function singleCost({ accountId, windowStartMs: startMs }: WindowCostKey, ledger: Readers['ledger']) {
  return orUndefined(() => ledger.windowCost(accountId, startMs));
}

async function quotasOf(
  accounts: readonly Account[],
  nowMs: number,
  { state, ledger }: Readers,
): Promise<ReadonlyMap<string, QuotaUse>> {
  const ids = idsOf(accounts);
  const uses = new Map<string, QuotaUse>();
  if (ids.length === 0) return uses;
  const readings = (await orUndefined(() => state.quotas.read(ids, nowMs))) ?? [];
  for (const [index, id] of ids.entries()) {
    const known = readings[index]?.use;
    if (known !== undefined) uses.set(id, known);
  }
  const missing = ids.filter((id) => !uses.has(id));
  if (missing.length === 0) return uses;
  const sums = await orUndefined(() => ledger.quotaUse(missing, nowMs));
  for (const id of missing) if (sums !== undefined) uses.set(id, sums.get(id) ?? unspent);
  return uses;
}

const unspent: QuotaUse = { dailyUsd: 0, weeklyUsd: 0, totalUsd: 0 };

function idsOf(accounts: readonly Account[]): readonly string[] {
  return [...new Set(accounts.map(({ id }) => id))];
}

/** Who only looks still sees the rest where a store is away. */
async function orUndefined<Value>(read: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await read();
  } catch {
    return undefined;
  }
}
