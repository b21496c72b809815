import type { Account, AccountLimits, AccountType, Tier } from './account.ts';
import type { ReadCredential, Secret } from './credential.ts';
import type { AccountDeclaration } from './declaration.ts';
import { type ExpandedAccount, expandKeys } from './key-family.ts';
import { createModelTable } from './model-table.ts';
import type { SharedParts } from './shared-parts.ts';

export interface BuildAccountsOptions {
  readonly readCredential: ReadCredential;
  /** Of all accounts of the catalog. */
  readonly parts: SharedParts;
}

/** The accounts a declaration stands for: itself, or one for each of its keys, with credentials read. */
export function buildAccounts(
  declared: AccountDeclaration,
  { readCredential, parts }: BuildAccountsOptions,
): readonly Account[] {
  const limits = resolveLimits(declared);
  // Shared by the keys of a family: they differ in id and credential alone.
  const shared = {
    platform: declared.platform,
    type: declared.type,
    tier: tierOf(declared.type),
    groupIds: [...new Set(declared.groupIds)],
    schedulable: declared.schedulable,
    ...(declared.expiresAtMs !== undefined && { expiresAtMs: declared.expiresAtMs }),
    priority: declared.priority,
    concurrency: declared.concurrency,
    loadFactor: declared.loadFactor ?? declared.concurrency,
    models: parts.of(`models ${JSON.stringify([...declared.models])}`, () =>
      createModelTable(declared.models),
    ),
    mixedScheduling: declared.mixedScheduling,
    baseUrl: declared.baseUrl,
    proxyUrl: declared.proxyUrl,
    labels: declared.labels,
    limits: parts.of(`limits ${JSON.stringify(limits)}`, () => limits),
  };
  return expandKeys(declared).map((expanded) => ({
    ...shared,
    id: expanded.id,
    name: declared.name ?? expanded.id,
    ...(expanded.family && { family: expanded.family }),
    ...standing(declared, expanded, readCredential),
  }));
}

/** Subscriptions and types remora does not know first, then API keys, then Bedrock. */
export function tierOf(type: AccountType): Tier {
  if (type === 'bedrock') return 2;
  return type === 'api_key' ? 1 : 0;
}

/** A credential that can't be read takes an active account out of service; one that is disabled anyway stays as declared. */
function standing(
  declared: AccountDeclaration,
  expanded: ExpandedAccount,
  readCredential: ReadCredential,
): { status: Account['status']; statusReason: string; credential?: Secret } {
  const { status } = declared;
  if (expanded.credential === undefined) return { status, statusReason: '' };
  const reading = readCredential(expanded.credential);
  if ('secret' in reading) return { status, statusReason: '', credential: reading.secret };
  const reason = `credential: ${reading.problem}`;
  return status === 'active' ? { status: 'error', statusReason: reason } : { status, statusReason: '' };
}

function resolveLimits({ limits, concurrency }: AccountDeclaration): AccountLimits {
  const defaultBuffer = Math.max(1, concurrency + limits.sessions, Math.floor(limits.rpm / 5));
  return { ...limits, rpmStickyBuffer: limits.rpmStickyBuffer ?? defaultBuffer };
}
