import { Looked } from '../selection/context.ts';
import { opensAtMs } from '../selection/opening.ts';
import { fullVerdict, isCooling, isSpent, isWaitable } from '../selection/pipeline.ts';
import type { Verdict } from '../selection/verdict.ts';
import { contextOf, type Query } from './decide.ts';
import { modelSteps } from './model-steps.ts';
import type { PoolEntries } from './pool-entries.ts';

/** What the whole pool looks like to a request that found nothing in it. */
export interface Survey {
  /** Accounts by verdict, for the model asked for; of a caller that insists on the bound account, that account alone. */
  readonly counts: ReadonlyMap<Verdict, number>;
  /** The soonest that an account comes back by itself, for this model or a fallback. */
  readonly earliestMs: number | undefined;
  /** Some account is merely full or probing. */
  readonly full: boolean;
  /** Some account is cooling, spent, or was tried in this chain: time may help. */
  readonly exhausted: boolean;
}

/** Asks every account of the pool why it can't serve, for each model the request may have. Walks the pool; pure. */
export function surveyPool(query: Query, pools: PoolEntries): Survey {
  const { catalog, request, settings, nowMs } = query;
  const counts = new Map<Verdict, number>();
  let earliestMs: number | undefined;
  let full = false;
  let exhausted = false;
  const asked = query.requireSticky
    ? catalog.pool(request.groupId).filter(({ id }) => id === query.boundAccountId)
    : catalog.pool(request.groupId);
  for (const [index, step] of modelSteps(catalog, request, settings.defaultPlatform).entries()) {
    const context = contextOf(query, step, new Looked());
    for (const account of asked) {
      const entry = pools.entry(account, '', step);
      const verdict = fullVerdict(entry, context);
      if (index === 0) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
      full ||= isWaitable(verdict);
      const triedBefore = verdict === 'EXCLUDED' && !context.excluded.has(account.id);
      exhausted ||= isCooling(verdict) || isSpent(verdict) || triedBefore;
      const openMs = opensAtMs(entry, verdict, context);
      if (openMs !== undefined && openMs > nowMs) earliestMs = Math.min(earliestMs ?? openMs, openMs);
    }
  }
  return { counts, earliestMs, full, exhausted };
}
