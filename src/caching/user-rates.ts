import { isDeepStrictEqual } from 'node:util';
import type { CatalogChange } from '../catalog/catalog.ts';
import type { Clock } from '../ports/clock.ts';
import type { UserRateSource } from '../ports/user-rates.ts';
import type { UserRateMetrics } from '../telemetry/cache-metrics.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createThrottle } from '../telemetry/throttle.ts';
import { within } from './deadline.ts';
import { pairKey, pairOf } from './pair-key.ts';
import { createSingleflight, type LoadState } from './singleflight.ts';
import { createTtlCache } from './ttl-cache.ts';

export interface UserRatesOptions {
  readonly source: UserRateSource;
  readonly clock: Clock;
  readonly ttlMs: number;
  readonly metrics: UserRateMetrics;
  readonly log: Pick<Logger, 'warn'>;
  /** Default 10,000 pairs of user and group, some 2 MB. */
  readonly maxEntries?: number;
  /** How long a load may take before its callers go on with the group's rate. Default 1 s. */
  readonly loadTimeoutMs?: number;
}

export interface RateQuery {
  /** Empty: none. */
  readonly userId: string;
  /** Empty: none. */
  readonly groupId: string;
  /** The group's own rate, as of now. */
  readonly groupRate: number;
}

/** What a caller is charged, relative to standard cost. */
export interface UserRates {
  /**
   * The user's own rate in the group, else the group's. At once where it is cached or needs no look-up; never rejects. That a
   * user has no rate of their own is cached, the group's rate is not: a reload that changes it is in force at once. Each caller
   * whose load fails counts as one fallback, and nothing is cached.
   */
  rateOf(query: RateQuery): number | Promise<number>;
  /** Forgets rates; an empty field means any. A load under way is not cached then, and later callers don't join it. */
  invalidate(selector: { readonly userId: string; readonly groupId: string }): void;
  /** Forgets the rates of the groups whose users' rates a catalog change touched. */
  catalogChanged(change: Pick<CatalogChange, 'before' | 'after'>): void;
}

type Loaded = { readonly kind: 'rate'; readonly rate: number | undefined } | { readonly kind: 'failed' };

const warnEveryMs = 60_000;

/** A cache of users' own rates in front of their source. */
export function createUserRates(options: UserRatesOptions): UserRates {
  const { source, clock, ttlMs, metrics, log, maxEntries = 10_000, loadTimeoutMs = 1_000 } = options;
  const cache = createTtlCache<{ readonly rate: number | undefined }>({ clock, ttlMs, maxEntries });
  const loads = createSingleflight<Loaded>();
  const throttle = createThrottle(clock, warnEveryMs);

  async function load(query: RateQuery, key: string, state: LoadState): Promise<Loaded> {
    metrics.loads.inc();
    try {
      const answer = await within(clock, loadTimeoutMs, source.userRate(query.userId, query.groupId));
      if (answer.kind === 'late') return failed(new Error(`no answer within ${loadTimeoutMs} ms`));
      if (!state.forgotten) cache.set(key, { rate: answer.value });
      return { kind: 'rate', rate: answer.value };
    } catch (err) {
      return failed(err);
    }
  }

  function failed(err: unknown): Loaded {
    throttle((heldBack) => log.warn({ err, heldBack }, "a user's rate can't be read: the group's applies"));
    return { kind: 'failed' };
  }

  function invalidate({ userId, groupId }: { readonly userId: string; readonly groupId: string }): void {
    const matches = (key: string) => {
      const [user, group] = pairOf(key);
      return (userId === '' || user === userId) && (groupId === '' || group === groupId);
    };
    loads.forget(matches);
    cache.drop(matches);
  }

  return {
    rateOf(query) {
      const { userId, groupId, groupRate } = query;
      if (groupId === '') return 1;
      if (userId === '') return groupRate;
      const key = pairKey(userId, groupId);
      const cached = cache.get(key);
      if (cached !== undefined) {
        metrics.hits.inc();
        return cached.rate ?? groupRate;
      }
      metrics.misses.inc();
      const { result, shared } = loads.run(key, (state) => load(query, key, state));
      if (shared) metrics.shared.inc();
      return result.then((loaded) => {
        if (loaded.kind === 'failed') metrics.fallbacks.inc();
        return (loaded.kind === 'rate' ? loaded.rate : undefined) ?? groupRate;
      });
    },
    invalidate,
    catalogChanged({ before, after }) {
      for (const groupId of new Set([...before.groups.keys(), ...after.groups.keys()])) {
        const was = before.groups.get(groupId)?.userRates;
        const is = after.groups.get(groupId)?.userRates;
        if (!isDeepStrictEqual(was, is)) invalidate({ userId: '', groupId });
      }
    },
  };
}
