import type { Account } from '../catalog/account.ts';
import { type Catalog, fitsPlatform } from '../catalog/catalog.ts';

/** The models a group's accounts offer. */
export interface CatalogModels {
  /** By id in the order of UTF-16 code units, each id once; patterns are left out. */
  readonly models: readonly CatalogModel[];
  /** Some account takes every model, or a pattern: others than those listed may work. */
  readonly unrestricted: boolean;
}

export interface CatalogModel {
  readonly id: string;
  /** Of the accounts that offer it, sorted. */
  readonly platforms: readonly string[];
  readonly accountIds: readonly string[];
}

export interface CatalogModelsQuery {
  /** Empty: every account of the catalog, whatever its groups. */
  readonly groupId: string;
  /** Empty: all. Naming one forces it, as in a selection, so mixed scheduling adds nothing to it. */
  readonly platform: string;
  /** Accounts that have expired by then are left out. */
  readonly nowMs: number;
}

/**
 * Lists what the accounts offer by their configuration. Accounts that are disabled, in error, unschedulable or expired offer
 * nothing; whether one of the others can serve right now is not asked here.
 */
export function modelsOfCatalog(catalog: Catalog, query: CatalogModelsQuery): CatalogModels {
  const { groupId, platform, nowMs } = query;
  const offers = new Map<string, { platforms: Set<string>; accountIds: string[] }>();
  let unrestricted = false;
  for (const account of groupId === '' ? catalog.accounts.values() : catalog.pool(groupId)) {
    if (!isOffered(account, nowMs)) continue;
    if (platform !== '' && !fitsPlatform(account, platform, true)) continue;
    unrestricted ||= account.models.unrestricted || account.models.hasPatterns;
    for (const name of new Set(account.models.names)) {
      const offer = offers.get(name) ?? { platforms: new Set(), accountIds: [] };
      offers.set(name, offer);
      offer.platforms.add(account.platform);
      offer.accountIds.push(account.id);
    }
  }
  const models = [...offers.keys()].sort().map((id) => {
    const { platforms, accountIds } = offers.get(id)!;
    return { id, platforms: [...platforms].sort(), accountIds };
  });
  return { models, unrestricted };
}

function isOffered(account: Account, nowMs: number): boolean {
  const expired = account.expiresAtMs !== undefined && account.expiresAtMs <= nowMs;
  return account.status === 'active' && account.schedulable && !expired;
}
