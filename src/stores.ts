import { dirname } from 'node:path';
import { MemoryStateStore } from './adapters/memory/state-store.ts';
import { openSqliteLedger } from './adapters/sqlite/ledger.ts';
import { openSpooledLedger } from './adapters/sqlite/spooled-ledger.ts';
import { YamlCatalog } from './adapters/yaml/catalog.ts';
import { createYamlUserRates } from './adapters/yaml/user-rates.ts';
import type { Environment } from './config/environment.ts';
import type { LoadedConfig } from './config/load.ts';
import type { CatalogSource } from './ports/catalog-source.ts';
import type { Clock } from './ports/clock.ts';
import type { Ledger } from './ports/ledger.ts';
import type { StateStore } from './ports/state-store.ts';
import type { UserRateSource } from './ports/user-rates.ts';
import type { Logger } from './telemetry/logger.ts';
import type { Metrics } from './telemetry/metrics.ts';

export interface StoresOptions {
  readonly config: LoadedConfig;
  readonly env: Environment;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Runs when users' rates have changed, or may have, and no catalog change says so. */
  readonly onUserRates: () => void;
}

/** The adapters the configuration asks for. */
export interface Stores {
  readonly state: StateStore;
  readonly ledger: Ledger;
  readonly catalog: CatalogSource;
  readonly userRates: UserRateSource;
  /** Bookings that wait to be sent to the shared ledger. */
  spooled(): number;
}

/**
 * Opens the stores: the only place that knows every adapter. Clients of servers that the configuration does not name are not even
 * loaded. Rejects with a LedgerError of one line where the ledger's file can't be had.
 */
export async function openStores(options: StoresOptions): Promise<Stores> {
  const shared = await openPostgres(options);
  const { ledger, spooled } = openLedger(options, shared);
  try {
    const catalog = await openCatalog(options, shared);
    const inDatabase = options.config.settings.catalogSource === 'postgres' && shared !== undefined;
    return {
      ledger,
      spooled,
      catalog,
      userRates: inDatabase ? shared.userRates : createYamlUserRates(catalog.holder),
      state: await openState(options),
    };
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

async function openPostgres({ config, clock }: StoresOptions) {
  const { databaseUrl } = config.settings.ledger;
  if (databaseUrl === undefined) return undefined;
  const adapter = await import('./adapters/postgres/open.ts');
  return adapter.openPostgres({ url: databaseUrl, clock });
}

type Postgres = Awaited<ReturnType<typeof openPostgres>>;

function openLedger(
  { config, clock, log, metrics }: StoresOptions,
  shared: Postgres,
): Pick<Stores, 'ledger' | 'spooled'> {
  const { path } = config.settings.ledger;
  const onWrite = metrics.ledger.writes;
  if (shared === undefined) return { ledger: openSqliteLedger({ path, clock, onWrite }), spooled: () => 0 };
  const ledger = openSpooledLedger({
    path,
    target: shared.usage,
    clock,
    log,
    random: Math.random,
    onWrite,
  });
  return { ledger, spooled: () => ledger.spooled() };
}

async function openCatalog(options: StoresOptions, shared: Postgres): Promise<CatalogSource> {
  const { config, env, clock, log, metrics, onUserRates } = options;
  const onReload = metrics.catalog.reloads;
  if (config.settings.catalogSource === 'file' || shared === undefined)
    return new YamlCatalog({ config, env, clock, log, onReload });
  return shared.openCatalog({
    snapshotPath: `${config.settings.ledger.path}.catalog`,
    directory: dirname(config.file),
    env,
    random: Math.random,
    log,
    onReload,
    onUserRates,
  });
}

async function openState({ config, clock, log, metrics }: StoresOptions): Promise<StateStore> {
  const { state, cooldown, caches, scheduling } = config.settings;
  const shared = { timings: cooldown, spendTtlMs: caches.windowCostTtlMs };
  const createLocal = () => new MemoryStateStore({ ...shared, maxBindings: scheduling.maxSessions });
  if (state.redisUrl === undefined) return createLocal();
  const { openRedisState } = await import('./adapters/redis/open.ts');
  return openRedisState({
    url: state.redisUrl,
    namespace: state.namespace,
    timeoutMs: state.timeoutMs,
    onOutage: state.onOutage,
    ...shared,
    clock,
    log,
    metrics: metrics.stateStore,
    createLocal,
  });
}
