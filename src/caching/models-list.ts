import type { CatalogChange } from '../catalog/catalog.ts';
import type { Clock } from '../ports/clock.ts';
import type { ModelsListMetrics } from '../telemetry/cache-metrics.ts';
import type { CatalogModels } from './catalog-models.ts';
import { pairKey, pairOf } from './pair-key.ts';
import { createSingleflight, type LoadState } from './singleflight.ts';
import { createTtlCache } from './ttl-cache.ts';

export interface ModelsListOptions {
  /** Makes the list anew. Its errors reach the callers and are not cached. */
  readonly list: (groupId: string, platform: string) => CatalogModels | Promise<CatalogModels>;
  readonly clock: Pick<Clock, 'now'>;
  readonly ttlMs: number;
  readonly metrics: ModelsListMetrics;
  /** Default 1,000 pairs of group and platform. */
  readonly maxEntries?: number;
}

/** A group and a platform; what an empty one stands for is said where it is used. */
export interface ModelsListKey {
  readonly groupId: string;
  readonly platform: string;
}

/** The models of groups as their configuration says, cached. Who could serve right now is never part of it. */
export interface ModelsList {
  /** An empty group: every account's models; an empty platform: all. Rejects as `list` does. */
  get(key: ModelsListKey): Promise<CatalogModels>;
  /**
   * Forgets the lists that show a group's models on a platform; an empty field means any. The lists of all platforms and of
   * all groups show them too. Each call counts as one invalidation, whatever it finds.
   */
  invalidate(selector: ModelsListKey): void;
  /** Forgets what a catalog change touches; counts as one invalidation unless nothing is touched. */
  catalogChanged(change: Pick<CatalogChange, 'touched'>): void;
}

/** A cache of models lists. */
export function createModelsList(options: ModelsListOptions): ModelsList {
  const { list, clock, ttlMs, metrics, maxEntries = 1_000 } = options;
  const cache = createTtlCache<CatalogModels>({ clock, ttlMs, maxEntries });
  const loads = createSingleflight<CatalogModels>();

  async function load({ groupId, platform }: ModelsListKey, key: string, state: LoadState) {
    const models = await list(groupId, platform);
    if (!state.forgotten) {
      cache.set(key, models);
      metrics.stores.inc();
    }
    return models;
  }

  function forget(shows: (groupId: string, platform: string) => boolean): void {
    const matches = (key: string) => shows(...pairOf(key));
    loads.forget(matches);
    cache.drop(matches);
    metrics.invalidations.inc();
  }

  return {
    async get(query) {
      const key = pairKey(query.groupId, query.platform);
      const cached = cache.get(key);
      if (cached !== undefined) {
        metrics.hits.inc();
        return cached;
      }
      metrics.misses.inc();
      return loads.run(key, (state) => load(query, key, state)).result;
    },
    invalidate(selector) {
      forget(
        (groupId, platform) =>
          (selector.groupId === '' || groupId === '' || groupId === selector.groupId) &&
          (selector.platform === '' || platform === '' || platform === selector.platform),
      );
    },
    catalogChanged({ touched }) {
      if (touched.length === 0) return;
      const groups = new Map<string, Set<string>>();
      for (const { groupId, platform } of touched) {
        groups.set(groupId, (groups.get(groupId) ?? new Set()).add(platform));
      }
      // The list of the empty group shows every account, so any change touches it.
      forget((groupId, platform) => {
        if (groupId === '') return true;
        const platforms = groups.get(groupId);
        return platforms !== undefined && (platform === '' || platforms.has(platform));
      });
    },
  };
}
