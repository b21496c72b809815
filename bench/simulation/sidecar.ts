import { createModelsList } from '../../src/caching/models-list.ts';
import { createQuotas } from '../../src/caching/quotas.ts';
import { createUserRates } from '../../src/caching/user-rates.ts';
import { createWindowCosts } from '../../src/caching/window-costs.ts';
import { buildCatalog } from '../../src/catalog/build.ts';
import { createCatalogHolder } from '../../src/catalog/holder.ts';
import { checkConfigValue } from '../../src/config/parse.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import type { StateStore } from '../../src/ports/state-store.ts';
import { createDraws } from '../../src/routing/draws.ts';
import { createNonceSource } from '../../src/routing/lease-id.ts';
import { createRouting, type Routing } from '../../src/routing/router.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import type { Policy } from './policies.ts';

export interface Sidecar {
  readonly routing: Routing;
  readonly state: StateStore;
  /** Milliseconds after which a probe opens its account. */
  readonly probeTimeoutMs: number;
}

export interface SidecarOptions {
  /** The configuration file, as a YAML reader makes it. */
  readonly config: object;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly seed: number;
}

/** The routing of a sidecar, with a policy's cooldowns and without listeners, files and a ledger. */
export function openSidecar({ config, policy, clock, seed }: SidecarOptions): Sidecar {
  const checked = checkConfigValue({ value: config, directory: '.', env: {} });
  if (!checked.ok) throw new Error(JSON.stringify(checked.faults));
  const { settings, declaration } = checked.config;
  const cooldown = policy.cooldown(settings.cooldown);
  const state = policy.createState(cooldown);
  const holder = createCatalogHolder(buildCatalog(declaration, { version: 1 }));
  const metrics = createMetrics({ processMetrics: false });
  const log = createLogger({ level: 'silent' });
  const routing = createRouting({
    catalog: holder,
    state,
    ledger: noLedger,
    clock,
    random: createDraws(seed),
    nextNonce: countedNonces(),
    userRates: createUserRates({
      source: { userRate: async () => undefined },
      clock,
      ttlMs: settings.caches.userGroupRateTtlMs,
      metrics: metrics.userRates,
      log,
    }),
    modelsList: createModelsList({
      list: () => ({ models: [], unrestricted: false }),
      clock,
      ttlMs: settings.caches.modelsListTtlMs,
      metrics: metrics.modelsList,
    }),
    windowCosts: createWindowCosts({
      cache: state.windowCosts,
      ledger: noLedger,
      metrics: metrics.windowCosts,
      clock,
      log,
    }),
    quotas: createQuotas({ cache: state.quotas, ledger: noLedger, clock, log }),
    metrics,
    log,
    settings: { ...settings, cooldown },
  });
  return { routing, state, probeTimeoutMs: cooldown.probeTimeoutMs };
}

/** Lease ids that count up: a run is the same every time. */
function countedNonces() {
  let count = 0;
  return createNonceSource((pool) => {
    for (let at = 0; at < pool.length; at += 9) {
      count += 1;
      pool.writeUIntBE(count, at + 3, 6);
    }
  });
}

/** No request of the simulation tells what it used, so nobody asks. */
const noLedger: Ledger = {
  book: async () => 'booked',
  windowCosts: async () => new Map(),
  windowCost: async () => 0,
  quotaUse: async () => new Map(),
  health: () => ({ ok: true }),
  close: async () => undefined,
};
