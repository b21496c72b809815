import { isDeepStrictEqual } from 'node:util';
import type { Account } from './account.ts';
import type { Catalog, CatalogChange, Group } from './catalog.ts';

type Touched = CatalogChange['touched'][number];

/**
 * The group and platform pairs whose accounts, models or group settings differ between two catalogs. A change of an account
 * touches its groups as they were and as they are. The empty group is touched with every account, since a look-up without a
 * group may mean "every account". Secrets are not compared: a rotated key changes nothing that is cached.
 */
export function touchedPairs(before: Catalog, after: Catalog): readonly Touched[] {
  const pairs = new Map<string, Touched>();
  const touch = (groupId: string, platform: string): void => {
    pairs.set(JSON.stringify([groupId, platform]), { groupId, platform });
  };
  for (const [was, is] of unequal<Account>(before.accounts, after.accounts)) {
    for (const account of [was, is]) {
      for (const platform of account === undefined ? [] : platformsServed(account)) {
        for (const groupId of ['', ...(account?.groupIds ?? [])]) touch(groupId, platform);
      }
    }
  }
  for (const [was, is] of unequal<Group>(before.groups, after.groups)) {
    for (const group of [was, is]) {
      if (group !== undefined) touch(group.id, group.platform);
    }
    const groupId = was?.id ?? is?.id ?? '';
    for (const account of [...before.pool(groupId), ...after.pool(groupId)]) {
      for (const platform of platformsServed(account)) touch(groupId, platform);
    }
  }
  return [...pairs.values()];
}

/** What each id stood for and stands for now, of those that differ. */
function* unequal<Item>(
  before: ReadonlyMap<string, Item>,
  after: ReadonlyMap<string, Item>,
): Generator<readonly [Item | undefined, Item | undefined]> {
  for (const [id, was] of before) {
    const is = after.get(id);
    if (is !== was && !isDeepStrictEqual(was, is)) yield [was, is];
  }
  for (const [id, is] of after) {
    if (!before.has(id)) yield [undefined, is];
  }
}

function platformsServed(account: Account): readonly string[] {
  const { platform } = account;
  return account.mixedScheduling && platform === 'antigravity'
    ? [platform, 'anthropic', 'gemini']
    : [platform];
}
