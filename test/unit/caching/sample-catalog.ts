import { buildCatalog } from '../../../src/catalog/build.ts';
import type { Catalog } from '../../../src/catalog/catalog.ts';
import type { AccountDeclaration } from '../../../src/catalog/declaration.ts';

/** An account in the words of the tests; models map to themselves. */
export type SampleAccount = Partial<Omit<AccountDeclaration, 'models'>> & {
  readonly id: string;
  readonly models?: readonly string[];
};

/** A catalog of these accounts and of every group they name. */
export function catalogOf(accounts: readonly SampleAccount[]): Catalog {
  const groupIds = new Set(accounts.flatMap(({ groupIds = [] }) => groupIds));
  return buildCatalog(
    {
      groups: [...groupIds].map((id) => ({
        id,
        platform: 'anthropic',
        rateMultiplier: 1,
        userRates: new Map(),
        modelRouting: new Map(),
      })),
      accounts: accounts.map(({ models = [], ...account }) => ({
        platform: 'anthropic',
        type: 'api_key' as const,
        groupIds: [],
        status: 'active' as const,
        schedulable: true,
        priority: 50,
        concurrency: 0,
        mixedScheduling: false,
        baseUrl: '',
        proxyUrl: '',
        labels: {},
        limits: {
          windowCost: 0,
          windowCostStickyReserve: 10,
          rpm: 0,
          rpmStrategy: 'tiered' as const,
          sessions: 0,
          sessionIdleMs: 300_000,
          quota: { daily: 0, weekly: 0, total: 0 },
        },
        credentials: [],
        ...account,
        models: new Map(models.map((model) => [model, model])),
      })),
      models: [],
      prices: new Map(),
    },
    { version: 1 },
  );
}
