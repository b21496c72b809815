import { isDeepStrictEqual } from 'node:util';
import type { Account } from './account.ts';
import type { Catalog, CatalogChange } from './catalog.ts';

type Touched = CatalogChange['touched'][number];

/**
 * The group and platform pairs whose accounts or models differ between two catalogs. A change of an account touches its groups
 * and platforms as they were and as they are. Secrets are not compared: a rotated key changes nothing that is cached.
 */
export function touchedPairs(before: Catalog, after: Catalog): readonly Touched[] {
  const pairs = new Map<string, Touched>();
  for (const account of unequalAccounts(before, after)) {
    for (const platform of platformsServed(account)) {
      for (const groupId of account.groupIds.length === 0 ? [''] : account.groupIds) {
        pairs.set(JSON.stringify([groupId, platform]), { groupId, platform });
      }
    }
  }
  return [...pairs.values()];
}

/** Accounts that are only in one of the two, or not the same in both (then each of the two). */
function* unequalAccounts(before: Catalog, after: Catalog): Generator<Account> {
  for (const [id, was] of before.accounts) {
    const is = after.accounts.get(id);
    if (is === was || isDeepStrictEqual(was, is)) continue;
    yield was;
    if (is !== undefined) yield is;
  }
  for (const [id, is] of after.accounts) {
    if (!before.accounts.has(id)) yield is;
  }
}

function platformsServed(account: Account): readonly string[] {
  const { platform } = account;
  return account.mixedScheduling && platform === 'antigravity'
    ? [platform, 'anthropic', 'gemini']
    : [platform];
}
