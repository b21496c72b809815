import { MemoryStateStore } from './adapters/memory/state-store.ts';
import { openSqliteLedger } from './adapters/sqlite/ledger.ts';
import { YamlCatalog } from './adapters/yaml/catalog.ts';
import { createYamlUserRates } from './adapters/yaml/user-rates.ts';
import { modelsOfCatalog } from './caching/catalog-models.ts';
import { createModelsList } from './caching/models-list.ts';
import { createQuotas } from './caching/quotas.ts';
import { createUserRates } from './caching/user-rates.ts';
import { createWindowCosts } from './caching/window-costs.ts';
import type { Environment } from './config/environment.ts';
import type { LoadedConfig } from './config/load.ts';
import type { Clock } from './ports/clock.ts';
import type { Ledger } from './ports/ledger.ts';
import type { StateStore } from './ports/state-store.ts';
import type { UserRateSource } from './ports/user-rates.ts';
import type { RoutingDependencies } from './routing/dependencies.ts';
import { createNonceSource } from './routing/lease-id.ts';
import { createRouting } from './routing/router.ts';
import { createSaltSource } from './routing/salt.ts';
import { coolsDown } from './selection/figures.ts';
import type { GaugeSources } from './telemetry/gauges.ts';
import type { Logger } from './telemetry/logger.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { openListeners } from './transport/listeners.ts';

export interface AppOptions {
  readonly config: LoadedConfig;
  readonly env: Environment;
  readonly clock: Clock;
  readonly log: Logger;
  /** Seed of the numbers that decide ties. */
  readonly seed: number;
  /** Adapters to use in place of the configured ones; what wraps one gets it handed in. */
  readonly adapters?: {
    readonly ledger?: (configured: Ledger) => Ledger;
    readonly state?: (configured: StateStore) => StateStore;
    readonly userRates?: (configured: UserRateSource) => UserRateSource;
  };
  /** Whether metrics of the process itself are part of the exposition. Default true. */
  readonly processMetrics?: boolean;
}

export interface App {
  readonly grpcAddresses: readonly string[];
  readonly httpAddress: string;
  readonly metricsAddress: string | undefined;
  readonly catalog: YamlCatalog;
  /** Lets calls and waits finish, but not longer than `graceMs`, then writes what is pending and lets go of everything. */
  close(options: { readonly graceMs: number }): Promise<void>;
}

/** Waits are told to give up this long before the connections are cut, so that their callers still hear it. */
const waitsEndEarlyMs = 1_000;

/**
 * Puts the sidecar together and opens its listeners: the only place that knows every adapter. Rejects with a LedgerError or a
 * ListenError, of one line each, where a part can't be had; nothing is left open then.
 */
export async function startApp(options: AppOptions): Promise<App> {
  const { config, env, clock, log, seed, adapters = {} } = options;
  const { settings } = config;
  const metrics = createMetrics({ processMetrics: options.processMetrics ?? true });
  const catalog = new YamlCatalog({ config, env, clock, log, onReload: metrics.catalog.reloads });
  const sqlite = openSqliteLedger({
    path: settings.ledger.path,
    clock,
    onWrite: metrics.ledger.writes,
  });
  const ledger = adapters.ledger?.(sqlite) ?? sqlite;
  const memory = new MemoryStateStore({
    timings: settings.cooldown,
    spendTtlMs: settings.caches.windowCostTtlMs,
  });
  const state = adapters.state?.(memory) ?? memory;
  const yamlRates = createYamlUserRates(catalog.holder);
  const userRates = createUserRates({
    source: adapters.userRates?.(yamlRates) ?? yamlRates,
    clock,
    ttlMs: settings.caches.userGroupRateTtlMs,
    metrics: metrics.userRates,
    log,
  });
  const modelsList = createModelsList({
    list: (groupId, platform) =>
      modelsOfCatalog(catalog.holder.current(), { groupId, platform, nowMs: clock.now() }),
    clock,
    ttlMs: settings.caches.modelsListTtlMs,
    metrics: metrics.modelsList,
  });
  catalog.holder.onChange((change) => {
    userRates.catalogChanged(change);
    modelsList.catalogChanged(change);
  });
  const deps: RoutingDependencies = {
    catalog: catalog.holder,
    state,
    ledger,
    clock,
    salts: createSaltSource(seed),
    nextNonce: createNonceSource(),
    userRates,
    modelsList,
    windowCosts: createWindowCosts({ cache: state.windowCosts, ledger, metrics: metrics.windowCosts, clock, log }),
    quotas: createQuotas({ cache: state.quotas, ledger, clock, log }),
    metrics,
    log,
    settings,
  };
  const routing = createRouting(deps);
  metrics.attachGauges(gaugeSources(deps, routing.waiting));
  let draining = false;
  const letGo = async (): Promise<void> => {
    routing.close();
    catalog.close();
    await state.close();
    await ledger.close();
  };
  try {
    const listeners = await openListeners({
      settings: settings.listen,
      routing,
      metrics,
      clock,
      log,
      readiness: () => readinessOf(draining, ledger, state),
    });
    catalog.start();
    let closing: Promise<void> | undefined;
    const close = async (graceMs: number): Promise<void> => {
      draining = true;
      const endWaits = clock.schedule(Math.max(0, graceMs - waitsEndEarlyMs), () => routing.close());
      await listeners.close({ graceMs });
      endWaits.cancel();
      await letGo();
    };
    return {
      ...listeners.addresses,
      catalog,
      close({ graceMs }) {
        closing ??= close(graceMs);
        return closing;
      },
    };
  } catch (error) {
    await letGo();
    throw error;
  }
}

function readinessOf(draining: boolean, ledger: Ledger, state: StateStore) {
  const health = ledger.health();
  return {
    ready: !draining && health.ok,
    parts: {
      catalog: 'ok',
      ledger: health.ok ? 'ok' : health.reason,
      state: state.degraded ? 'degraded: the shared store is away, this sidecar decides by itself' : 'ok',
      sidecar: draining ? 'shutting down' : 'ok',
    },
  };
}

function gaugeSources({ catalog, state, clock }: RoutingDependencies, waiting: () => number): GaugeSources {
  const perAccount = (value: (accountId: string) => number) =>
    [...catalog.current().accounts.keys()].map((id) => [id, value(id)] as const);
  return {
    leasesActive: () => state.leasesActive(),
    waiting,
    degraded: () => (state.degraded ? 1 : 0),
    ledgerSpooled: () => 0,
    catalogAccounts: () => catalog.current().accounts.size,
    coolingDown: () => perAccount((id) => (coolsDown(state.figures(id), clock.now()) ? 1 : 0)),
    inFlight: () => perAccount((id) => state.figures(id).inFlight),
  };
}

