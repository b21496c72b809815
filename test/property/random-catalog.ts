import { Secret } from '../../src/catalog/credential.ts';
import type {
  AccountDeclaration,
  CatalogDeclaration,
  GroupDeclaration,
} from '../../src/catalog/declaration.ts';
import type { Draws } from './random.ts';

export const someTimeMs = Date.UTC(2026, 0, 5, 12, 30);

const types = ['oauth', 'oauth', 'setup_token', 'api_key', 'api_key', 'bedrock', 'other'] as const;
const platforms = ['anthropic', 'anthropic', 'anthropic', 'openai', 'antigravity'] as const;
const modelLists = [[], [], ['m'], ['m', 'n'], ['n'], ['m*'], ['o', 'm']] as const;

/** A small catalog in which every rule of selection has something to do. */
export function randomCatalog(draws: Draws): CatalogDeclaration {
  // Now and then more than a claim is offered.
  const count = draws.chance(0.15) ? 10 + draws.below(25) : 1 + draws.below(9);
  const accounts = Array.from({ length: count }, (_, index) => randomAccount(draws, `a${index}`));
  return {
    groups: [randomGroup(draws, accounts), { ...randomGroup(draws, []), id: 'h' }],
    accounts,
    models: draws.chance(0.8)
      ? [{ name: 'm', fallbacks: draws.pick([['n'], ['openai/o'], ['n', 'openai/m', 'm']]) }]
      : [],
    prices: new Map(),
  };
}

function randomGroup(draws: Draws, accounts: readonly AccountDeclaration[]): GroupDeclaration {
  const routed = accounts.filter(() => draws.chance(0.3)).map(({ id }) => id);
  return {
    id: 'g',
    platform: draws.pick(['', '', 'anthropic', 'openai', 'gemini']),
    rateMultiplier: 1,
    userRates: new Map(),
    ...(draws.chance(0.5) && { tierFallback: draws.chance(0.5) }),
    modelRouting: new Map(draws.chance(0.3) && routed.length > 0 ? [[draws.pick(['m', '*']), routed]] : []),
  };
}

function randomAccount(draws: Draws, id: string): AccountDeclaration {
  const concurrency = draws.below(4);
  return {
    id,
    platform: draws.pick(platforms),
    type: draws.pick(types),
    groupIds: draws.pick([['g'], ['g'], ['g'], ['g', 'h'], []]),
    status: draws.chance(0.93) ? 'active' : draws.pick(['disabled', 'error']),
    schedulable: draws.chance(0.95),
    ...(draws.chance(0.1) && { expiresAtMs: someTimeMs + draws.pick([-1, 0, 1, 3_600_000]) }),
    priority: draws.pick([1, 2, 2]),
    concurrency,
    ...(draws.chance(0.3) && { loadFactor: 1 + draws.below(4) }),
    models: new Map(draws.pick(modelLists).map((model) => [model, model])),
    mixedScheduling: draws.chance(0.5),
    baseUrl: '',
    proxyUrl: '',
    labels: {},
    limits: {
      windowCost: draws.pick([0, 0, 10]),
      windowCostStickyReserve: 5,
      rpm: draws.pick([0, 0, 4]),
      rpmStrategy: draws.pick(['tiered', 'sticky_exempt']),
      ...(draws.chance(0.5) && { rpmStickyBuffer: 2 }),
      sessions: draws.pick([0, 0, 2]),
      sessionIdleMs: 60_000,
      quota: draws.pick([
        { daily: 0, weekly: 0, total: 0 },
        { daily: 0, weekly: 0, total: 0 },
        { daily: 3, weekly: 9, total: 0 },
        { daily: 0, weekly: 0, total: 20 },
      ]),
    },
    credentials: Array.from({ length: draws.chance(0.2) ? 3 : 0 }, (_, key) => ({
      kind: 'value' as const,
      secret: new Secret(`${id}-${key}`),
    })),
  };
}
