import { isMapping } from './schema/mismatch.ts';

/*
 * What refers to what, read from a file that may be wrong in any other way: so that the faults of references are found in the
 * same run as all others. What is not what it should be is left out here; the schema tells of it.
 */

export interface Outline {
  readonly groups: readonly OutlineGroup[];
  readonly accounts: readonly OutlineAccount[];
  readonly models: readonly { readonly index: number; readonly id: string }[];
}

export interface OutlineGroup {
  readonly index: number;
  readonly id: string;
  /** Account ids by pattern, as listed. */
  readonly routing: readonly { readonly pattern: string; readonly accountIds: readonly unknown[] }[];
}

export interface OutlineAccount {
  readonly index: number;
  readonly id: string;
  readonly groupIds: readonly unknown[];
  /** Keys without repeats, the credential beside them included. */
  readonly keyCount: number;
}

export function outlineOf(config: unknown): Outline {
  return {
    groups: named(config, 'groups', 'id').map(({ index, id, item }) => ({
      index,
      id,
      routing: Object.entries(isMapping(item.model_routing) ? item.model_routing : {}).map(
        ([pattern, accountIds]) => ({ pattern, accountIds: list(accountIds) }),
      ),
    })),
    accounts: named(config, 'accounts', 'id').map(({ index, id, item }) => ({
      index,
      id,
      groupIds: list(item.groups),
      keyCount: countKeys(item),
    })),
    models: named(config, 'models', 'name').map(({ index, id }) => ({ index, id })),
  };
}

function named(config: unknown, section: string, key: string) {
  const items = list(isMapping(config) ? config[section] : undefined);
  return items.flatMap((item, index) => {
    if (!isMapping(item)) return [];
    const id = item[key];
    return typeof id === 'string' && id !== '' ? [{ index, id, item }] : [];
  });
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Two ways to write one key, `sk-1` and `{value: sk-1}`, count once. */
function countKeys({ credential, api_keys: keys }: Record<string, unknown>): number {
  const declared = [credential ?? [], ...list(keys)].flat();
  return new Set(declared.map((key) => JSON.stringify(typeof key === 'string' ? { value: key } : key))).size;
}
