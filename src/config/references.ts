import { keyAccountId } from '../catalog/key-family.ts';
import type { PathStep, UnplacedFault } from './fault.ts';
import { nearestKey } from './nearest-key.ts';
import { type Outline, outlineOf } from './outline.ts';
import { maxIdBytes } from './schema/values.ts';

/** Ids that are there twice, and names of groups and accounts that are not there. */
export function referenceFaults(config: unknown): readonly UnplacedFault[] {
  const outline = outlineOf(config);
  return [
    ...repeated('groups', 'id', outline.groups),
    ...repeated('accounts', 'id', outline.accounts),
    ...repeated('models', 'name', outline.models),
    ...keyFamilies(outline),
    ...undeclaredGroups(outline),
    ...routing(outline),
  ];
}

function repeated(
  section: string,
  key: string,
  items: readonly { index: number; id: string }[],
): readonly UnplacedFault[] {
  const first = new Map<string, number>();
  return items.flatMap(({ index, id }) => {
    const before = first.get(id);
    if (before === undefined) {
      first.set(id, index);
      return [];
    }
    return fault(
      [section, index, key],
      `is ${quoted(id)}, as ${section}[${before}].${key} is; it has to be unique`,
    );
  });
}

/** An account with several keys makes accounts of its own, whose ids must be free and no longer than an id may be. */
function keyFamilies({ accounts }: Outline): readonly UnplacedFault[] {
  const declared = new Map(accounts.map(({ id, index }) => [id, index]));
  return accounts.flatMap(({ index, id, keyCount }) => {
    const longest = keyAccountId(id, Math.max(0, keyCount - 1));
    if (keyCount > 1 && Buffer.byteLength(longest) > maxIdBytes && Buffer.byteLength(id) <= maxIdBytes) {
      return fault(
        ['accounts', index, 'id'],
        `is too long: its last key is ${longest.slice(-12)} after it, and an id has at most ${maxIdBytes} bytes`,
      );
    }
    return Array.from({ length: Math.max(0, keyCount - 1) }, (_, key) => keyAccountId(id, key + 1)).flatMap(
      (keyId) => {
        const other = declared.get(keyId);
        if (other === undefined) return [];
        const problem = `makes an account ${quoted(keyId)} of one of its keys, but accounts[${other}] has that id; rename one of them`;
        return fault(['accounts', index, 'api_keys'], problem);
      },
    );
  });
}

function undeclaredGroups({ groups, accounts }: Outline): readonly UnplacedFault[] {
  const declared = new Set<unknown>(groups.map(({ id }) => id));
  return accounts.flatMap(({ index, groupIds }) =>
    groupIds.flatMap((groupId, place) => {
      if (typeof groupId !== 'string' || groupId === '' || declared.has(groupId)) return [];
      return fault(['accounts', index, 'groups', place], notDeclared('group', groupId, [...declared]));
    }),
  );
}

/** Routing may name an account, a key family, or one key of it; each has to be in the group, or it would never serve there. */
function routing({ groups, accounts }: Outline): readonly UnplacedFault[] {
  const owners = new Map(
    accounts.flatMap((account) =>
      Array.from(
        { length: Math.max(1, account.keyCount) },
        (_, key) => [keyAccountId(account.id, key), account] as const,
      ),
    ),
  );
  return groups.flatMap((group) =>
    group.routing.flatMap(({ pattern, accountIds }) =>
      accountIds.flatMap((accountId, place) => {
        if (typeof accountId !== 'string' || accountId === '') return [];
        const path = ['groups', group.index, 'model_routing', pattern, place];
        const owner = owners.get(accountId);
        if (owner === undefined) return fault(path, notDeclared('account', accountId, [...owners.keys()]));
        if (owner.groupIds.includes(group.id)) return [];
        return fault(
          path,
          `names account ${quoted(accountId)}, which is not in the group; add ${quoted(group.id)} to its groups`,
        );
      }),
    ),
  );
}

function notDeclared(kind: string, id: string, declared: readonly unknown[]): string {
  const ids = declared.filter((known) => typeof known === 'string');
  const nearest = nearestKey(id, ids);
  const advice = nearest === undefined ? `no ${kind} is declared` : `the nearest one is ${quoted(nearest)}`;
  return `names ${kind} ${quoted(id)}, which is not declared; ${advice}`;
}

function quoted(id: string): string {
  return JSON.stringify(id);
}

function fault(path: readonly PathStep[], problem: string): UnplacedFault[] {
  return [{ path, problem }];
}
