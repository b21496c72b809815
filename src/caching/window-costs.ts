import type { Clock } from '../ports/clock.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { WindowCostCache, WindowCostKey } from '../ports/window-cost-cache.ts';
import type { WindowCostMetrics } from '../telemetry/cache-metrics.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createThrottle } from '../telemetry/throttle.ts';
import { createReadThrough } from './read-through.ts';
import { createSharedReads } from './shared-reads.ts';

export interface WindowCostsOptions {
  readonly cache: WindowCostCache;
  readonly ledger: Pick<Ledger, 'windowCosts' | 'windowCost'>;
  readonly metrics: WindowCostMetrics;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
  /** How long a selection waits for costs before it goes on without. Default 1 s. */
  readonly waitMs?: number;
}

export interface WindowCosts {
  /**
   * The costs in USD by account, of those that could be read: from the state store, else summed from the ledger, one statement
   * per window start, single reads where a statement fails. An account left out stays open. Sums go back to the store before
   * the promise resolves. Never rejects. `needs` name each account at most once. Hits and misses are counted per account and
   * caller, queries where they are made, an error for each read, write-back or wait that came to nothing.
   */
  prefetch(needs: readonly WindowCostKey[], nowMs: number): Promise<ReadonlyMap<string, number>>;
}

const warnEveryMs = 60_000;

/** The prefetch of window costs for selections. */
export function createWindowCosts(options: WindowCostsOptions): WindowCosts {
  const { cache, ledger, metrics, clock, log, waitMs = 1_000 } = options;
  const throttle = createThrottle(clock, warnEveryMs);

  function failed(err: unknown, what: string): void {
    metrics.errors.inc();
    throttle((heldBack) => log.warn({ err, heldBack }, `window costs: ${what} failed`));
  }

  async function sum(needs: readonly WindowCostKey[]): Promise<ReadonlyMap<string, number>> {
    const costs = new Map<string, number>();
    const byStart = Map.groupBy(needs, ({ windowStartMs }) => windowStartMs);
    await Promise.all([...byStart].map(([startMs, group]) => sumSince(startMs, group, costs)));
    return costs;
  }

  /** Adds the sums of accounts with one window start to `costs`. */
  async function sumSince(startMs: number, needs: readonly WindowCostKey[], costs: Map<string, number>) {
    metrics.batchQueries.inc();
    try {
      const accountIds = needs.map(({ accountId }) => accountId);
      const batch = await ledger.windowCosts(accountIds, startMs);
      for (const need of needs) costs.set(keyOf(need), batch.get(need.accountId) ?? 0);
      return;
    } catch (err) {
      failed(err, 'the batch query');
    }
    const singly = needs.map(async (need) => {
      metrics.fallbackQueries.inc();
      try {
        costs.set(keyOf(need), await ledger.windowCost(need.accountId, startMs));
      } catch (err) {
        failed(err, 'the query of a single account');
      }
    });
    await Promise.all(singly);
  }

  const read = createReadThrough<WindowCostKey, number>({
    keyOf,
    async readCache(needs, nowMs) {
      const readings = await cache.read(needs, nowMs);
      return readings.map(({ costUsd, token }) => ({ value: costUsd, token }));
    },
    sum,
    async fill(sums, nowMs) {
      await cache.fill(
        sums.map(({ item, value, token }) => ({ ...item, costUsd: value, token })),
        nowMs,
      );
    },
    failed,
  });
  const reads = createSharedReads({ keyOf, read, clock, waitMs });

  return {
    async prefetch(needs, nowMs) {
      const { found, late } = await reads.read(needs, nowMs);
      if (late) failed(undefined, `waiting ${waitMs} ms for an answer`);
      const costs = new Map<string, number>();
      for (const need of needs) {
        const cost = found.get(keyOf(need));
        (cost?.cached ? metrics.cacheHits : metrics.cacheMisses).inc();
        if (cost !== undefined) costs.set(need.accountId, cost.value);
      }
      return costs;
    },
  };
}

function keyOf({ accountId, windowStartMs }: WindowCostKey): string {
  return `${windowStartMs}:${accountId}`;
}
