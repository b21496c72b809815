import type { Account } from '../catalog/account.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { masked } from '../catalog/credential.ts';
import { maskUrl } from './mask-url.ts';
import type { Settings } from './settings.ts';

/** Accounts shown one by one; a log line is no place for ten thousand. */
const accountsShown = 50;

/** What is in force, for the log at start: plain data, fit for JSON, every secret and every password in a URL masked. */
export function describeSettings(settings: Settings, catalog: Catalog): Record<string, unknown> {
  const { redisUrl, ...state } = settings.state;
  const { databaseUrl, ...ledger } = settings.ledger;
  const accounts = [...catalog.accounts.values()];
  return {
    ...settings,
    state: { ...state, ...(redisUrl !== undefined && { redisUrl: maskUrl(redisUrl) }) },
    ledger: { ...ledger, ...(databaseUrl !== undefined && { databaseUrl: maskUrl(databaseUrl) }) },
    catalog: {
      version: catalog.version,
      groups: [...catalog.groups.values()].map((group) => ({
        id: group.id,
        platform: group.platform === '' ? settings.defaultPlatform : group.platform,
        rateMultiplier: group.rateMultiplier,
        userRates: group.userRates.size,
        accounts: catalog.pool(group.id).length,
      })),
      accounts: accounts.slice(0, accountsShown).map(describeAccount),
      ...(accounts.length > accountsShown && { accountsNotShown: accounts.length - accountsShown }),
    },
  };
}

function describeAccount(account: Account): Record<string, unknown> {
  return {
    id: account.id,
    platform: account.platform,
    type: account.type,
    groups: account.groupIds,
    status: account.status,
    ...(account.statusReason !== '' && { statusReason: account.statusReason }),
    ...(account.baseUrl !== '' && { baseUrl: maskUrl(account.baseUrl) }),
    ...(account.proxyUrl !== '' && { proxyUrl: maskUrl(account.proxyUrl) }),
    ...(account.credential !== undefined && { credential: masked }),
  };
}
