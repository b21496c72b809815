import type { CatalogModel } from '../caching/catalog-models.ts';
import type { Account } from '../catalog/account.ts';
import { Looked, nothingRead, type ReadFigures, type SelectionContext } from '../selection/context.ts';
import { fullVerdict } from '../selection/pipeline.ts';
import type { ListModelsOutcome } from './api.ts';
import type { RoutingDependencies } from './dependencies.ts';
import { readMissing } from './figures-read.ts';
import type { PoolEntries } from './pool-entries.ts';
import { unknownGroup } from './refusals.ts';

/** The menu: what is configured comes from the cache, who could serve it now is looked up at every call. */
export async function listModels(
  { groupId, platform }: { readonly groupId: string; readonly platform: string },
  deps: RoutingDependencies,
  pools: PoolEntries,
): Promise<ListModelsOutcome> {
  if (groupId !== '' && !deps.catalog.current().groups.has(groupId))
    return { kind: 'refused', refusal: unknownGroup(groupId) };
  const { models, unrestricted } = await deps.modelsList.get({ groupId, platform });
  const nowMs = deps.clock.now();
  const availability = new Availability({ deps, pools, groupId, nowMs });
  const looked = new Looked();
  let available = models.map((model) => availability.countOf(model, nothingRead, looked));
  if (looked.missedAny) {
    const read = await readMissing(looked, nowMs, deps);
    available = models.map((model) => availability.countOf(model, read, new Looked()));
  }
  return {
    kind: 'models',
    models: models.map(({ id, platforms, accountIds }, index) => ({
      id,
      platforms,
      accountCount: accountIds.length,
      availableCount: available[index] ?? 0,
    })),
    unrestricted,
  };
}

interface AvailabilityOptions {
  readonly deps: RoutingDependencies;
  readonly pools: PoolEntries;
  readonly groupId: string;
  readonly nowMs: number;
}

/** Who could serve a model to a request without a session, now. */
class Availability {
  readonly #options: AvailabilityOptions;

  constructor(options: AvailabilityOptions) {
    this.#options = options;
  }

  countOf({ id, accountIds }: CatalogModel, read: ReadFigures, looked: Looked): number {
    const { accounts } = this.#options.deps.catalog.current();
    return accountIds.filter((accountId) => {
      const account = accounts.get(accountId);
      return account !== undefined && this.#isAvailable(account, id, read, looked);
    }).length;
  }

  #isAvailable(account: Account, model: string, read: ReadFigures, looked: Looked): boolean {
    const { deps, pools, groupId, nowMs } = this.#options;
    const query = { groupId, platform: account.platform, platformForced: true, model };
    const context: SelectionContext = {
      ...query,
      nowMs,
      excluded: nobody,
      tried: nobody,
      faultyPlatforms: [],
      boundAccountId: '',
      sessionKey: '',
      probeTimeoutMs: deps.settings.cooldown.probeTimeoutMs,
      isSpokenFor: () => false,
      read,
      looked,
    };
    return fullVerdict(pools.entry(account, query), context) === 'ELIGIBLE';
  }
}

const nobody: ReadonlySet<string> = new Set();
