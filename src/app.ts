import { modelsOfCatalog } from './caching/catalog-models.ts';
import { createModelsList } from './caching/models-list.ts';
import { createQuotas } from './caching/quotas.ts';
import { createUserRates } from './caching/user-rates.ts';
import { createWindowCosts } from './caching/window-costs.ts';
import type { Environment } from './config/environment.ts';
import type { LoadedConfig } from './config/load.ts';
import type { CatalogSource } from './ports/catalog-source.ts';
import type { Clock } from './ports/clock.ts';
import type { Health } from './ports/health.ts';
import type { Ledger } from './ports/ledger.ts';
import type { StateStore } from './ports/state-store.ts';
import type { UserRateSource } from './ports/user-rates.ts';
import type { RoutingDependencies } from './routing/dependencies.ts';
import { createDraws } from './routing/draws.ts';
import { createNonceSource } from './routing/lease-id.ts';
import { createRouting } from './routing/router.ts';
import { coolsDown } from './selection/figures.ts';
import { openStores } from './stores.ts';
import type { GaugeSources } from './telemetry/gauges.ts';
import type { Logger } from './telemetry/logger.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { openListeners } from './transport/listeners.ts';
import type { Readiness } from './transport/pages.ts';

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
  readonly catalog: CatalogSource;
  /** Lets calls and waits finish, but not longer than `graceMs`, then writes what is pending and lets go of everything. */
  close(options: { readonly graceMs: number }): Promise<void>;
}

/** Waits are told to give up this long before the connections are cut, so that their callers still hear it. */
const waitsEndEarlyMs = 1_000;

/**
 * Puts the sidecar together and opens its listeners. Rejects with a LedgerError or a
 * ListenError, of one line each, where a part can't be had; nothing is left open then.
 */
export async function startApp(options: AppOptions): Promise<App> {
  const { config, env, clock, log, seed, adapters = {} } = options;
  const { settings } = config;
  const metrics = createMetrics({ processMetrics: options.processMetrics ?? true });
  // The cache stands in front of a store that may have news before the cache is there.
  let onUserRates = (): void => undefined;
  const stores = await openStores({
    config,
    env,
    clock,
    log,
    metrics,
    onUserRates: () => onUserRates(),
  });
  const { catalog } = stores;
  const ledger = adapters.ledger?.(stores.ledger) ?? stores.ledger;
  const state = adapters.state?.(stores.state) ?? stores.state;
  const userRates = createUserRates({
    source: adapters.userRates?.(stores.userRates) ?? stores.userRates,
    clock,
    ttlMs: settings.caches.userGroupRateTtlMs,
    metrics: metrics.userRates,
    log,
  });
  onUserRates = () => userRates.invalidate({ userId: '', groupId: '' });
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
    random: createDraws(seed),
    nextNonce: createNonceSource(),
    userRates,
    modelsList,
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
  metrics.attachGauges(gaugeSources(deps, { waiting: routing.waiting, spooled: stores.spooled }));
  let draining = false;
  const letGo = async (): Promise<void> => {
    routing.close();
    await catalog.close();
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
      readiness: () =>
        readinessOf({ draining, ledger, state, catalog, denies: settings.state.onOutage === 'deny' }),
    });
    catalog.start();
    // What they load is not needed to answer, so they come once it is said that calls are answered.
    setImmediate(() =>
      metrics.observeProcess().catch((err) => log.warn({ err }, 'no process_* and nodejs_* metrics yet')),
    );
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

interface ReadinessParts {
  readonly draining: boolean;
  readonly ledger: Ledger;
  readonly state: StateStore;
  readonly catalog: CatalogSource;
  /** Whether nothing is answered while the shared state is away. */
  readonly denies: boolean;
}

function readinessOf({ draining, ledger, state, catalog, denies }: ReadinessParts): Readiness {
  const books = ledger.health();
  const menu = catalog.health();
  return {
    ready: !draining && books.ok && menu.ok && !(denies && state.degraded),
    parts: {
      catalog: wordsOf(menu),
      ledger: wordsOf(books),
      state: state.degraded ? awayWords(denies) : 'ok',
      sidecar: draining ? 'shutting down' : 'ok',
    },
  };
}

function wordsOf(health: Health): string {
  return health.ok ? (health.note ?? 'ok') : health.reason;
}

function awayWords(denies: boolean): string {
  return denies
    ? 'the shared state is away, and state.on_outage is deny: calls are refused until it is back'
    : 'degraded: the shared state is away, this sidecar decides by itself within its share of the limits';
}

function gaugeSources(
  { catalog, state, clock }: RoutingDependencies,
  { waiting, spooled }: { readonly waiting: () => number; readonly spooled: () => number },
): GaugeSources {
  const perAccount = (value: (accountId: string) => number) =>
    [...catalog.current().accounts.keys()].map((id) => [id, value(id)] as const);
  return {
    leasesActive: () => state.leasesActive(),
    waiting,
    degraded: () => (state.degraded ? 1 : 0),
    ledgerSpooled: spooled,
    catalogAccounts: () => catalog.current().accounts.size,
    coolingDown: () => perAccount((id) => (coolsDown(state.figures(id), clock.now()) ? 1 : 0)),
    inFlight: () => perAccount((id) => state.figures(id).inFlight),
  };
}
