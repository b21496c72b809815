import { type CredentialSource, credentialIdentity } from './credential.ts';
import type { AccountDeclaration } from './declaration.ts';

/** The account id of the key at `index` of a family: the family's own id, then `id__key_1`, `id__key_2`. */
export function keyAccountId(familyId: string, index: number): string {
  return index === 0 ? familyId : `${familyId}__key_${index}`;
}

/** The keys of an account without repeats, the first place of each kept. */
export function distinctKeys(sources: readonly CredentialSource[]): readonly CredentialSource[] {
  const seen = new Set<string>();
  return sources.filter((source) => {
    const identity = credentialIdentity(source);
    if (seen.has(identity)) return false;
    seen.add(identity);
    return true;
  });
}

/** One account to be made of a declaration: itself, or a key of its family. */
export interface ExpandedAccount {
  readonly id: string;
  readonly credential?: CredentialSource;
  readonly family?: { readonly id: string; readonly index: number };
}

/** The accounts a declaration stands for: one for each distinct key, and one where it has one key or none. */
export function expandKeys(
  account: Pick<AccountDeclaration, 'id' | 'credentials'>,
): readonly ExpandedAccount[] {
  const keys = distinctKeys(account.credentials);
  if (keys.length < 2) return [{ id: account.id, ...(keys[0] && { credential: keys[0] }) }];
  return keys.map((credential, index) => ({
    id: keyAccountId(account.id, index),
    credential,
    family: { id: account.id, index },
  }));
}
