import { resolve } from 'node:path';
import type { AccountType } from '../catalog/account.ts';
import type { CredentialSource } from '../catalog/credential.ts';
import type {
  AccountDeclaration,
  CatalogDeclaration,
  GroupDeclaration,
  LimitsDeclaration,
} from '../catalog/declaration.ts';
import type { ValidAccount, ValidConfig, ValidGroup } from './schema/root.ts';

/** The file's groups, accounts, models and prices in the words of the catalog. Paths of secrets are taken from `directory`. */
export function toDeclaration(config: ValidConfig, directory: string): CatalogDeclaration {
  return {
    groups: config.groups.map(toGroup),
    accounts: config.accounts.map((account) => toAccount(account, directory)),
    models: config.models.map(({ name, fallbacks }) => ({ name, fallbacks })),
    prices: new Map(
      [...config.prices].map(([pattern, price]) => [
        pattern,
        {
          input: price.input,
          output: price.output,
          cacheRead: price.cache_read,
          cacheCreation: price.cache_creation,
        },
      ]),
    ),
  };
}

function toGroup(group: ValidGroup): GroupDeclaration {
  return {
    id: group.id,
    platform: group.platform ?? '',
    rateMultiplier: group.rate_multiplier,
    userRates: group.user_rates,
    ...(typeof group.tier_fallback === 'boolean' && { tierFallback: group.tier_fallback }),
    modelRouting: group.model_routing,
  };
}

function toAccount(account: ValidAccount, directory: string): AccountDeclaration {
  const keys = [...(account.credential ? [account.credential] : []), ...(account.api_keys ?? [])];
  return {
    id: account.id,
    ...(typeof account.name === 'string' && { name: account.name }),
    platform: account.platform,
    type: toType(account),
    groupIds: account.groups,
    status: account.status,
    schedulable: account.schedulable,
    ...(typeof account.expires_at === 'number' && { expiresAtMs: account.expires_at }),
    priority: account.priority,
    concurrency: account.concurrency,
    // A factor of 0 would divide by nothing: it stands for the default, as an absent one does.
    ...(account.load_factor && { loadFactor: account.load_factor }),
    models: account.models,
    mixedScheduling: account.mixed_scheduling,
    baseUrl: account.base_url ?? '',
    proxyUrl: account.proxy_url ?? '',
    labels: Object.fromEntries(account.labels),
    limits: toLimits(account.limits),
    credentials: keys.map((source) => inDirectory(source, directory)),
  };
}

/** Types the file may name; any other is kept as one remora does not know. */
const types: ReadonlyMap<string, AccountType> = new Map(
  (['oauth', 'setup_token', 'api_key', 'bedrock'] as const).map((type) => [type, type]),
);

function toType({ type, api_keys: keys }: ValidAccount): AccountType {
  if (typeof type !== 'string') return keys ? 'api_key' : 'other';
  return types.get(type) ?? 'other';
}

function toLimits(limits: ValidAccount['limits']): LimitsDeclaration {
  const { daily, weekly, total } = limits.quota;
  return {
    windowCost: limits.window_cost,
    windowCostStickyReserve: limits.window_cost_sticky_reserve,
    rpm: limits.rpm,
    rpmStrategy: limits.rpm_strategy,
    ...(typeof limits.rpm_sticky_buffer === 'number' && { rpmStickyBuffer: limits.rpm_sticky_buffer }),
    sessions: limits.sessions,
    sessionIdleMs: limits.session_idle,
    quota: { daily, weekly, total },
  };
}

function inDirectory(source: CredentialSource, directory: string): CredentialSource {
  return source.kind === 'file' ? { kind: 'file', path: resolve(directory, source.path) } : source;
}
