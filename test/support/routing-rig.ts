import { onTestFinished } from 'vitest';
import { MemoryStateStore } from '../../src/adapters/memory/state-store.ts';
import { modelsOfCatalog } from '../../src/caching/catalog-models.ts';
import { createModelsList } from '../../src/caching/models-list.ts';
import { createQuotas } from '../../src/caching/quotas.ts';
import { createUserRates } from '../../src/caching/user-rates.ts';
import { createWindowCosts } from '../../src/caching/window-costs.ts';
import type { Catalog } from '../../src/catalog/catalog.ts';
import { createCatalogHolder } from '../../src/catalog/holder.ts';
import type { Settings } from '../../src/config/settings.ts';
import type { Ledger, QuotaUse, UsageEntry } from '../../src/ports/ledger.ts';
import type { Call, SelectOutcome, SelectRequest } from '../../src/routing/api.ts';
import type { RoutingDependencies } from '../../src/routing/dependencies.ts';
import { createDraws } from '../../src/routing/draws.ts';
import { createNonceSource } from '../../src/routing/lease-id.ts';
import { createRouting, type Routing } from '../../src/routing/router.ts';
import { anySelection } from '../../src/routing/select-request.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts';
import { catalogFrom, parsed } from '../unit/config/parsed.ts';
import { type ManualClock, manualClock } from './manual-clock.ts';

/** A ledger that knows the sums it was given, books nothing twice, and can be out of order. */
export class PlainLedger implements Ledger {
  readonly costs = new Map<string, number>();
  readonly uses = new Map<string, QuotaUse>();
  readonly booked = new Map<string, UsageEntry>();
  /** Statements made, by name. */
  readonly statements: string[] = [];
  /** Which statements fail. */
  readonly failing = new Set<string>();

  async book(entry: UsageEntry): Promise<'booked' | 'duplicate'> {
    this.#state('book');
    if (this.booked.has(entry.leaseId)) return 'duplicate';
    this.booked.set(entry.leaseId, entry);
    return 'booked';
  }

  async windowCosts(accountIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    this.#state('windowCosts');
    return new Map(accountIds.flatMap((id) => (this.costs.has(id) ? [[id, this.costs.get(id)!]] : [])));
  }

  async windowCost(accountId: string): Promise<number> {
    this.#state('windowCost');
    return this.costs.get(accountId) ?? 0;
  }

  async quotaUse(accountIds: readonly string[]): Promise<ReadonlyMap<string, QuotaUse>> {
    this.#state('quotaUse');
    return new Map(accountIds.flatMap((id) => (this.uses.has(id) ? [[id, this.uses.get(id)!]] : [])));
  }

  health(): { readonly ok: true } {
    return { ok: true };
  }

  async close(): Promise<void> {}

  #state(statement: string): void {
    this.statements.push(statement);
    if (this.failing.has(statement)) throw new Error(`${statement} fails`);
  }
}

/** The use cases on the in-process store, with time, ledger and ties in a test's hand. */
export interface RoutingRig {
  readonly deps: RoutingDependencies;
  readonly catalog: Catalog;
  readonly routing: Routing;
  readonly clock: ManualClock;
  readonly state: MemoryStateStore;
  readonly ledger: PlainLedger;
  readonly metrics: Metrics;
  select(request?: Partial<SelectRequest>): Promise<SelectOutcome>;
}

export interface RoutingRigOptions {
  readonly catalog: Catalog;
  readonly settings: Settings;
  readonly seed?: number;
}

/** A call whose caller stays. */
export const patientCall: Call = { cancelled: false, onCancel: () => () => undefined };

/** A request for any account of no group, but for what `parts` says. */
export function selectRequest(parts: Partial<SelectRequest> = {}): SelectRequest {
  return { ...anySelection, model: 'm', ...parts };
}

/** The rig for a configuration in YAML, closed when the test ends. */
export function routingRig(text: string): RoutingRig {
  const rig = createRoutingRig({ catalog: catalogFrom(text), settings: parsed(text).settings });
  onTestFinished(() => rig.routing.close());
  return rig;
}

/** The rig; its owner closes the routing. */
export function createRoutingRig({ catalog, settings, seed = 1 }: RoutingRigOptions): RoutingRig {
  const clock = manualClock();
  const ledger = new PlainLedger();
  const metrics = createMetrics({ processMetrics: false });
  const log = createLogger({ level: 'silent' });
  const holder = createCatalogHolder(catalog);
  const state = new MemoryStateStore({
    timings: settings.cooldown,
    spendTtlMs: settings.caches.windowCostTtlMs,
  });
  const deps: RoutingDependencies = {
    catalog: holder,
    state,
    ledger,
    clock,
    random: createDraws(seed),
    nextNonce: createNonceSource(),
    userRates: createUserRates({
      source: { userRate: async () => undefined },
      clock,
      ttlMs: settings.caches.userGroupRateTtlMs,
      metrics: metrics.userRates,
      log,
    }),
    modelsList: createModelsList({
      list: (groupId, platform) =>
        modelsOfCatalog(holder.current(), { groupId, platform, nowMs: clock.now() }),
      clock,
      ttlMs: settings.caches.modelsListTtlMs,
      metrics: metrics.modelsList,
    }),
    windowCosts: createWindowCosts({
      cache: state.windowCosts,
      ledger,
      metrics: metrics.windowCosts,
      clock,
      log,
    }),
    quotas: createQuotas({ cache: state.quotas, ledger, clock, log }),
    metrics,
    log,
    settings,
  };
  const routing = createRouting(deps);
  return {
    catalog,
    deps,
    routing,
    clock,
    state,
    ledger,
    metrics,
    select: async (request) => routing.router.select(selectRequest(request), patientCall),
  };
}
