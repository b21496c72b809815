import type { ModelsList } from '../caching/models-list.ts';
import type { Quotas } from '../caching/quotas.ts';
import type { UserRates } from '../caching/user-rates.ts';
import type { WindowCosts } from '../caching/window-costs.ts';
import type { CatalogHolder } from '../catalog/catalog.ts';
import type { CooldownSettings, SchedulingSettings } from '../config/settings.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { StateStore } from '../ports/state-store.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { NonceSource } from './lease-id.ts';

/** What the use cases work with. Time, randomness and ids come in here, so that a test decides them. */
export interface RoutingDependencies {
  readonly catalog: CatalogHolder;
  readonly state: StateStore;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** 0 up to 1: decides between equal accounts. */
  readonly random: () => number;
  readonly nextNonce: NonceSource;
  readonly userRates: UserRates;
  readonly modelsList: ModelsList;
  readonly windowCosts: WindowCosts;
  readonly quotas: Quotas;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly settings: RoutingSettings;
}

export interface RoutingSettings {
  readonly scheduling: SchedulingSettings;
  readonly cooldown: CooldownSettings;
  /** Where neither request nor group names a platform. */
  readonly defaultPlatform: string;
  readonly exposeCredentials: boolean;
}
