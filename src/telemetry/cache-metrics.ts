import type { Registry } from 'prom-client';
import { type Count, createTally } from './tally.ts';

/** Reading the window costs of a pool. */
export interface WindowCostMetrics {
  /** Accounts whose cost the state store had. */
  readonly cacheHits: Count;
  /** Accounts whose cost it had not. */
  readonly cacheMisses: Count;
  /** Statements to the ledger, each for all missing accounts of one window start. */
  readonly batchQueries: Count;
  /** Single reads after a failed batch, one per account. */
  readonly fallbackQueries: Count;
  /** Reads and write-backs that failed. */
  readonly errors: Count;
}

/** Reading the request rates of a pool. */
export interface RpmMetrics {
  readonly batches: Count;
  readonly errors: Count;
}

/** Users' own rates. */
export interface UserRateMetrics {
  readonly hits: Count;
  readonly misses: Count;
  /** Look-ups sent to the source. */
  readonly loads: Count;
  /** Callers that waited for a look-up another had begun. */
  readonly shared: Count;
  /** Callers that got the group's rate because the look-up failed. */
  readonly fallbacks: Count;
}

/** The models list. */
export interface ModelsListMetrics {
  readonly hits: Count;
  readonly misses: Count;
  readonly stores: Count;
  /** Calls that dropped entries, or would have. */
  readonly invalidations: Count;
}

export interface CacheMetrics {
  readonly windowCosts: WindowCostMetrics;
  readonly rpm: RpmMetrics;
  readonly userRates: UserRateMetrics;
  readonly modelsList: ModelsListMetrics;
}

/** Declares the counters of the caches and prefetches. */
export function createCacheMetrics(registry: Registry): CacheMetrics {
  const tally = (name: string, help: string) => createTally(registry, { name, help });
  return {
    windowCosts: {
      cacheHits: tally(
        'remora_window_cost_prefetch_cache_hits_total',
        'Accounts whose window cost was in the state store.',
      ),
      cacheMisses: tally(
        'remora_window_cost_prefetch_cache_misses_total',
        'Accounts whose window cost was not in the state store.',
      ),
      batchQueries: tally(
        'remora_window_cost_prefetch_batch_queries_total',
        'Ledger statements for all missing costs of a window start.',
      ),
      fallbackQueries: tally(
        'remora_window_cost_prefetch_fallback_queries_total',
        'Ledger reads of single accounts after a failed batch.',
      ),
      errors: tally(
        'remora_window_cost_prefetch_errors_total',
        'Reads and write-backs of window costs that failed.',
      ),
    },
    rpm: {
      batches: tally('remora_rpm_prefetch_batches_total', 'Batched reads of request rates.'),
      errors: tally('remora_rpm_prefetch_errors_total', 'Batched reads of request rates that failed.'),
    },
    userRates: {
      hits: tally(
        'remora_user_group_rate_cache_hits_total',
        'Look-ups of a user rate answered from the cache.',
      ),
      misses: tally(
        'remora_user_group_rate_cache_misses_total',
        'Look-ups of a user rate the cache had no answer to.',
      ),
      loads: tally('remora_user_group_rate_cache_loads_total', 'Look-ups of a user rate sent to its source.'),
      shared: tally(
        'remora_user_group_rate_cache_singleflight_shared_total',
        'Callers that shared the load of another.',
      ),
      fallbacks: tally(
        'remora_user_group_rate_cache_fallbacks_total',
        'Callers that got the group rate because a load failed.',
      ),
    },
    modelsList: {
      hits: tally('remora_models_list_cache_hits_total', 'Models lists answered from the cache.'),
      misses: tally('remora_models_list_cache_misses_total', 'Models lists the cache did not hold.'),
      stores: tally('remora_models_list_cache_stores_total', 'Models lists put into the cache.'),
      invalidations: tally(
        'remora_models_list_cache_invalidations_total',
        'Invalidations of the models list.',
      ),
    },
  };
}
