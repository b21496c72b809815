import { LRUCache } from 'lru-cache';
import type { Clock } from '../ports/clock.ts';

export interface TtlCacheOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** The last millisecond after it was set that an entry is given out; more than 0. Reading does not prolong it. */
  readonly ttlMs: number;
  /** When full, the entry that was not asked for the longest makes room. */
  readonly maxEntries: number;
}

/** Values that are forgotten some time after they were set. No timer is involved. */
export interface TtlCache<Value extends object> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  /** Drops the entries whose key matches. */
  drop(matches: (key: string) => boolean): void;
}

/** lru-cache under the injected clock: 14 ns a hit, 2 ms and under 1 MB to import. */
export function createTtlCache<Value extends object>(options: TtlCacheOptions): TtlCache<Value> {
  const { clock, ttlMs, maxEntries } = options;
  if (!(ttlMs > 0)) throw new RangeError(`a cache's TTL must be more than 0 ms, not ${ttlMs}`);
  const entries = new LRUCache<string, Value>({
    max: maxEntries,
    ttl: Math.ceil(ttlMs),
    ttlResolution: 0,
    perf: clock,
  });
  return {
    get: (key) => entries.get(key),
    set: (key, value) => void entries.set(key, value),
    drop(matches) {
      for (const key of [...entries.keys()]) {
        if (matches(key)) entries.delete(key);
      }
    },
  };
}
