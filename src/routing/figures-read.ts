import type { Account } from '../catalog/account.ts';
import { type Looked, nothingRead, type ReadFigures } from '../selection/context.ts';
import { windowStartMs } from '../selection/figures.ts';
import type { RoutingDependencies } from './dependencies.ts';

/** What figures are read by. */
export type Readers = Pick<RoutingDependencies, 'state' | 'windowCosts' | 'quotas' | 'metrics'>;

/** Reads the figures that a look at the pool missed, in one batch of each kind. What can't be read leaves its account open. */
export async function readMissing(looked: Looked, nowMs: number, readers: Readers): Promise<ReadFigures> {
  const { state, windowCosts, quotas } = readers;
  const [costs, uses] = await Promise.all([
    looked.windowCostsMissing.length === 0
      ? nothingRead.windowCosts
      : windowCosts.prefetch(
          distinct(looked.windowCostsMissing).map(({ id }) => ({
            accountId: id,
            windowStartMs: windowStartMs(state.figures(id), nowMs),
          })),
          nowMs,
        ),
    looked.quotasMissing.length === 0
      ? nothingRead.quotas
      : quotas.prefetch(
          distinct(looked.quotasMissing).map(({ id }) => id),
          nowMs,
        ),
  ]);
  return { windowCosts: costs, quotas: uses };
}

/** Counts what a look at the pool found known. */
export function countLooked(looked: Looked, { metrics }: Pick<Readers, 'metrics'>): void {
  if (looked.windowCostsKnown > 0) metrics.windowCosts.cacheHits.inc(looked.windowCostsKnown);
  if (looked.rpm) metrics.rpm.batches.inc();
}

/** A bound account may have been looked at twice: for itself, and in its pool. */
function distinct(accounts: readonly Account[]): readonly Account[] {
  return [...new Set(accounts)];
}
