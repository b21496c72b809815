import type { Catalog } from './catalog.ts';

/** An account that went out of service because its credential can't be read, or came back. */
export interface CredentialChange {
  readonly accountId: string;
  /** Why it is out of service; empty: it is back. */
  readonly reason: string;
}

/** What changed between two catalogs; without a former one, every account out of service. */
export function credentialChanges(before: Catalog | undefined, after: Catalog): readonly CredentialChange[] {
  const changes: CredentialChange[] = [];
  for (const { id, status, statusReason: reason } of after.accounts.values()) {
    const former = before?.accounts.get(id)?.statusReason ?? '';
    const isBack = reason === '' && status === 'active';
    if (reason !== former && (reason !== '' || isBack)) changes.push({ accountId: id, reason });
  }
  return changes;
}
