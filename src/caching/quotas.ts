import type { Clock } from '../ports/clock.ts';
import type { Ledger, QuotaUse } from '../ports/ledger.ts';
import type { QuotaCache } from '../ports/quota-cache.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createThrottle } from '../telemetry/throttle.ts';
import { createReadThrough } from './read-through.ts';
import { createSharedReads } from './shared-reads.ts';

export interface QuotasOptions {
  readonly cache: QuotaCache;
  readonly ledger: Pick<Ledger, 'quotaUse'>;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
  /** How long a selection waits before it goes on without. Default 1 s. */
  readonly waitMs?: number;
}

export interface Quotas {
  /**
   * What accounts used of their quotas as of `nowMs`, of those that could be read: from the state store, else summed from the
   * ledger in one statement. An account left out stays open. Sums go back to the store before the promise resolves. Never
   * rejects.
   */
  prefetch(accountIds: readonly string[], nowMs: number): Promise<ReadonlyMap<string, QuotaUse>>;
}

/** A read begun before midnight does not serve a selection after it. */
interface Need {
  readonly accountId: string;
  readonly day: number;
}

const warnEveryMs = 60_000;
const dayMs = 86_400_000;

/** The prefetch of quota use for selections. */
export function createQuotas(options: QuotasOptions): Quotas {
  const { cache, ledger, clock, log, waitMs = 1_000 } = options;
  const throttle = createThrottle(clock, warnEveryMs);

  function failed(err: unknown, what: string): void {
    throttle((heldBack) => log.warn({ err, heldBack }, `quotas: ${what} failed`));
  }

  const read = createReadThrough<Need, QuotaUse>({
    keyOf,
    async readCache(needs, nowMs) {
      const readings = await cache.read(needs.map(accountOf), nowMs);
      return readings.map(({ use, token }) => ({ value: use, token }));
    },
    async sum(needs, nowMs) {
      try {
        const uses = await ledger.quotaUse(needs.map(accountOf), nowMs);
        const found = needs.map((need) => [keyOf(need), uses.get(need.accountId) ?? unused] as const);
        return new Map(found);
      } catch (err) {
        failed(err, 'the query');
        return new Map();
      }
    },
    async fill(sums, nowMs) {
      await cache.fill(
        sums.map(({ item, value, token }) => ({ accountId: item.accountId, use: value, token })),
        nowMs,
      );
    },
    failed,
  });
  const reads = createSharedReads({ keyOf, read, clock, waitMs });

  return {
    async prefetch(accountIds, nowMs) {
      const needs = accountIds.map((accountId) => ({ accountId, day: Math.floor(nowMs / dayMs) }));
      const { found, late } = await reads.read(needs, nowMs);
      if (late) failed(undefined, `waiting ${waitMs} ms for an answer`);
      const uses = new Map<string, QuotaUse>();
      for (const need of needs) {
        const use = found.get(keyOf(need));
        if (use !== undefined) uses.set(need.accountId, use.value);
      }
      return uses;
    },
  };
}

const unused: QuotaUse = { dailyUsd: 0, weeklyUsd: 0, totalUsd: 0 };

function accountOf({ accountId }: Need): string {
  return accountId;
}

function keyOf({ accountId, day }: Need): string {
  return `${day}:${accountId}`;
}
