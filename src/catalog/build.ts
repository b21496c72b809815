import type { Account } from './account.ts';
import { buildAccounts } from './build-account.ts';
import { buildGroup } from './build-group.ts';
import { CandidateIndex } from './candidates.ts';
import type { Catalog } from './catalog.ts';
import { type ReadCredential, readLiteralCredential } from './credential.ts';
import type { CatalogDeclaration } from './declaration.ts';
import { createFallbackTable } from './fallbacks.ts';
import { PatternTable } from './pattern-table.ts';
import { SharedParts } from './shared-parts.ts';

export interface BuildCatalogOptions {
  /** Counts up with each catalog of a process, from 1. */
  readonly version: number;
  /** How credentials are read, once for each key. Default: only those that stand in the declaration itself. */
  readonly readCredential?: ReadCredential;
}

/** Expands and indexes a valid declaration. Never throws for one; 10,000 accounts take some tens of milliseconds. */
export function buildCatalog(declaration: CatalogDeclaration, options: BuildCatalogOptions): Catalog {
  const readCredential = options.readCredential ?? readLiteralCredential;
  const accounts = new Map<string, Account>();
  const familyIds = new Map<string, readonly string[]>();
  const platforms = new Set<string>();
  const parts = new SharedParts();
  for (const declared of declaration.accounts) {
    const built = buildAccounts(declared, { readCredential, parts });
    for (const account of built) accounts.set(account.id, account);
    if (built.length > 1) {
      familyIds.set(
        declared.id,
        built.map(({ id }) => id),
      );
    }
    platforms.add(declared.platform);
  }
  const groups = new Map(declaration.groups.map((group) => [group.id, buildGroup(group, familyIds)]));
  const index = new CandidateIndex(accounts.values());
  const prices = new PatternTable(declaration.prices);
  return {
    version: options.version,
    groups,
    accounts,
    pool: (groupId) => index.pool(groupId),
    candidates: (query) => index.candidates(query),
    fallbacksOf: createFallbackTable(declaration.models, platforms),
    priceOf: (model) => prices.find(model),
  };
}
